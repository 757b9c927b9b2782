#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core.h"
#include "engine/dedup.h"

namespace twofold::engine {

/// What a client names a request by, so that asking twice carries it out once: a hash of the key it
/// chose, and a hash of everything it asked for.
struct RequestKey {
  IdHash key{};
  IdHash fingerprint{};
};

/// How a request was answered: bytes that mean something to whoever answers, and the records that
/// the answer speaks of, whose places in the total order are known once their block is sealed.
struct RequestAnswer {
  struct Record {
    LogId log;
    Offset offset;
    Seq seq{0};
    friend bool operator==(const Record&, const Record&) = default;
  };
  std::string bytes;
  std::vector<Record> records;
};

struct RequestLimits {
  Duration window = std::chrono::minutes{10};  ///< how long a request is remembered
  std::size_t bytes_max = 64 << 20;            ///< of memory, for all of them
};

/// Requests that were carried out, for a window of time.
///
/// Contract
///   remember()  in the turn of the writes that the request led to: the journal keeps both or
///               neither.
///   finish()    once the request is answered. Until then it is running.
///   find()      what became of a request: nothing yet, running, answered, or that the key belongs
///               to another request. As long as it runs, whatever the window.
///   room()      comes before the writes: past `bytes_max` no further request with a key is taken.
///               What was promised is kept; nothing is forgotten before its time.
/// What is remembered `until_restart` is not journaled: for answers about what no restart survives.
/// Errors    room(): overloaded.
/// Memory    about 150 bytes a request and 10 to 20 for each record in its answer.
/// Threads   the core only.
class Requests final : public StateMachine, public TimerTarget {
 public:
  enum class State { unknown, running, answered, other_request };
  enum class Kept { durably, until_restart };
  struct Found {
    State state = State::unknown;
    RequestAnswer answer{};
  };

  Requests(Core& core, RequestLimits limits);

  Found find(const RequestKey& request) const;
  Result<> room(std::size_t answer_bytes);
  void remember(const RequestKey& request, const RequestAnswer& answer, Kept kept = Kept::durably);
  /// Changes what is remembered `until_restart`.
  void answer(const RequestKey& request, const RequestAnswer& answer);
  void finish(const RequestKey& request);
  /// It came to nothing: of what is remembered `until_restart`.
  void forget(const RequestKey& request);

  std::size_t size() const { return requests_.size(); }
  std::size_t bytes() const { return bytes_; }
  /// Lines that wait for the end of their window.
  std::size_t listed() const { return order_.size(); }

  // StateMachine, TimerTarget
  Result<> apply(std::uint32_t owner, std::string_view payload, Instant at) override;
  void snapshot(ByteWriter& out) const override;
  Result<> restore(ByteReader& in) override;
  void recovered(Instant now) override;
  void on_timer(std::uint32_t owner, std::uint64_t token, Instant now) override;

 private:
  struct Hasher {
    std::size_t operator()(const IdHash& id) const;
  };
  struct Remembered {
    IdHash fingerprint{};
    Instant at{0};
    bool running = false;
    Kept kept = Kept::durably;
    std::string answer{};  // encoded
    bool listed = false;   // in order_: it will be forgotten by its age
  };
  static std::size_t bytes_of(const Remembered& request);
  void add(const IdHash& key, Remembered request);
  using ById = std::unordered_map<IdHash, Remembered, Hasher>;
  void list(const IdHash& key, Remembered& request);
  void drop(ById::iterator request);
  /// Forgets what was remembered at or before `upto`.
  void forget_upto(Instant upto);
  void forget_expired(Instant now);
  void arm();
  void place(std::vector<RequestAnswer::Record>& records) const;

  Core& core_;
  const RequestLimits limits_;
  ById requests_;
  // Oldest first. What runs and is not journaled is not in it: it may come to nothing, or outlast
  // the window.
  std::deque<std::pair<Instant, IdHash>> order_;
  std::size_t bytes_ = 0;
  bool armed_ = false;
};

}  // namespace twofold::engine
