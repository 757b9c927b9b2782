#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/random.h"
#include "http/trace/span.h"

namespace twofold::http::trace {

struct TracerOptions {
  double ratio = 0;  ///< of requests that belong to no trace: how many begin one, 0 to 1
  std::size_t spans_max = 4'096;  ///< that wait for the exporter
};

/// Decides what is traced and keeps what is until somebody takes it away.
///
/// Contract  A request that belongs to a trace is followed if that trace is sampled, else not; one
///           that belongs to none begins one with the chance `ratio`. What finds no room is dropped
///           and counted: nobody waits for an exporter.
/// Memory    spans_max spans, of about 500 bytes, and 32 for each link.
/// Threads   any; the lock is held to move one span in, or all of them out.
class Tracer {
 public:
  Tracer(engine::Random& random, TracerOptions options);

  /// The span of a request of that route (route_index) with that parent; null: none is wanted.
  std::shared_ptr<Span> begin(std::size_t route, const std::optional<Context>& parent);
  /// Likewise of what is no request of its own, as a frame of a stream. `name` is static text.
  std::shared_ptr<Span> begin(Operation operation, std::string_view name,
                              const std::optional<Context>& parent);
  /// It ends now.
  void end(Span&& span);

  /// Takes up to `max` spans. Waits until there are so many, or for `patience`, or for stop().
  std::vector<Span> take(std::size_t max, std::chrono::milliseconds patience);
  /// Nobody waits in take() any more.
  void stop();
  /// Waits that long, or until stop(); false: somebody has said stop.
  bool pause(std::chrono::milliseconds patience);

  /// What the exporter has to say of the spans that it took.
  void exported(std::uint64_t spans) { exported_ += spans; }
  void lost(std::uint64_t spans) { lost_ += spans; }

  struct Counts {
    std::uint64_t exported = 0;
    std::uint64_t full = 0;  ///< dropped: no room
    std::uint64_t lost = 0;  ///< dropped: the collector did not take them
  };
  Counts counts() const { return {exported_.load(), full_.load(), lost_.load()}; }

 private:
  struct Traced {
    Operation operation = Operation::none;
    std::string_view name;
  };
  std::optional<Context> fresh() const;

  engine::Random& random_;
  const TracerOptions options_;
  std::vector<Traced> routes_;  // by route_index
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::vector<Span> ended_;
  std::size_t wanted_ = 0;  // how many somebody waits for
  bool stopping_ = false;
  std::atomic<std::uint64_t> exported_{0};
  std::atomic<std::uint64_t> full_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace twofold::http::trace
