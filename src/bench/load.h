#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/stopwatch.h"
#include "src/bench/dial.h"
#include "src/bench/http_text.h"
#include "src/config/outcome.h"

namespace twofold::bench {

/// One answer. `body` is valid during the call only.
struct Reply {
  int status;
  std::string_view body;
  std::chrono::nanoseconds latency;  // from the moment the request was due
};

/// What a workload says and hears. Lanes are connections, numbered from 0.
class Driver {
 public:
  virtual ~Driver() = default;
  /// The next request of a lane; empty when it has nothing more to send in this run.
  virtual std::string_view next(std::size_t lane) = 0;
  /// Answers come in the order of the lane's requests. A refusal ends the run with its reason.
  virtual Outcome<Done> answered(std::size_t lane, const Reply& reply) = 0;
};

/// Many connections driven by one thread with as few instructions as possible, because the broker
/// under test has to share the machine with it: requests are written as they come from the driver,
/// answers are cut out of the stream without being parsed, and one event costs two system calls.
class Load {
 public:
  struct Options {
    std::size_t depth = 1;       // unanswered requests on one connection
    std::optional<double> rate;  // requests a second over all lanes: open loop
    std::function<void()> every_second;
    std::function<bool()> stopped;  // asked about ten times a second; true ends the run early
    /// Asked about a hundred times a second. True ends the run at once: what is unanswered stays so,
    /// and the connections are of no further use.
    std::function<Outcome<bool>()> over;
  };

  Load() = default;
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Each connection has a buffer of `read_bytes` at first; it grows with the answers.
  Outcome<Done> connect(const Target& target, std::size_t lanes, std::size_t read_bytes = 64 << 10);

  /// Until the driver has no next request for any lane and everything is answered. Refuses when a
  /// connection breaks, when nothing was answered for 30 s, and when the driver did. A server that
  /// announces with an answer that it closes the connection gets a new one.
  Outcome<Done> run(Driver& driver, const Options& options);

  // While a run goes on, from Options::over.
  /// The driver has a request for a lane again that had none.
  Outcome<Done> resume(std::size_t lane) { return refill(lane); }
  /// From now on the lanes from `first` on are an open loop. They must be idle.
  void pace(double rate, std::size_t first);

 private:
  struct Pace {
    double rate;
    std::size_t first;  // lanes before this are closed loops all the same
    std::chrono::nanoseconds begin;
    std::uint64_t issued = 0;

    std::chrono::nanoseconds due() const {
      return begin + std::chrono::nanoseconds(
                         static_cast<std::int64_t>(static_cast<double>(issued) * 1e9 / rate));
    }
  };
  struct Lane {
    Link link;
    std::string out;  // what the socket did not take yet
    std::vector<char> in;
    std::size_t in_used = 0;
    std::deque<std::chrono::nanoseconds> due;  // of the unanswered requests
    bool waits_to_write = false;
  };

  Outcome<Done> turn();
  Outcome<Done> refill(std::size_t lane);
  Outcome<Done> refill_due();
  bool is_paced(std::size_t lane) const { return pace_ && lane >= pace_->first; }
  Outcome<bool> issue(std::size_t lane, std::chrono::nanoseconds due);
  Outcome<Done> flush(Lane& lane);
  Outcome<Done> read(std::size_t lane);
  Outcome<Done> cut_answers(std::size_t lane);
  Outcome<Done> reconnect(std::size_t lane);
  std::chrono::nanoseconds patience() const;
  /// True when the run is over.
  Outcome<bool> look_around();

  int poller_ = -1;
  Target target_;
  std::vector<Lane> lanes_;

  // Of one run.
  Driver* driver_ = nullptr;
  const Options* options_ = nullptr;
  engine::Stopwatch clock_;
  std::optional<Pace> pace_;
  std::deque<std::size_t> idle_;  // open loop: lanes that could take a request
  std::size_t unanswered_ = 0;
  bool stopping_ = false;
  std::chrono::nanoseconds last_answer_{};
  std::chrono::nanoseconds next_look_{};
  int looks_ = 0;
};

}  // namespace twofold::bench
