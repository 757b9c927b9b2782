#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/histogram.h"
#include "http/metrics/text.h"

namespace twofold::http {

/// A number that one thread counts and any thread may read.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// The statuses this server answers with; anything else counts as the last.
inline constexpr std::array kStatuses = {101, 200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 408, 409, 410,
                                         412, 413, 414, 415, 422, 426, 429, 431, 500, 503, 507};

/// An operation as metrics call it: which dialect of the port it belongs to, and its name there.
struct OperationName {
  std::string_view api;
  std::string_view name;
};

/// What one operation did on one I/O thread.
struct OperationMetrics {
  std::array<Counter, kStatuses.size()> statuses;
  engine::DurationHistogram durations;
};

/// What a WebSocket is for: it looks on (/v1/inspect), or everything else.
enum class StreamKind : std::uint8_t { subscribe, inspect };

/// What the WebSockets of one kind did on one I/O thread.
struct StreamMetrics {
  Counter opened;
  Counter closed;
  Counter batches;   ///< frames of messages written, one for each receiver; of events
  Counter messages;  ///< and records in them; events
};

/// What one I/O thread counts. Written by that thread, read by whoever scrapes; no locks.
class LaneMetrics {
 public:
  explicit LaneMetrics(std::size_t operations);
  /// `operation` is the route's place in the table.
  void request(std::size_t operation, int status, std::chrono::nanoseconds took);

  const OperationMetrics& operation(std::size_t i) const { return operations_[i]; }
  std::size_t operations() const { return count_; }

  Counter connections_accepted;
  Counter connections_refused;
  Counter connections_closed;
  Counter heads_refused;
  Counter auth_failures;  ///< keys, tickets and signatures that were none of ours
  StreamMetrics& streams_of(StreamKind kind) { return streams[static_cast<std::size_t>(kind)]; }
  std::array<StreamMetrics, 2> streams;  ///< by StreamKind
  Counter stream_publishes;
  Counter stream_events_dropped;   ///< of inspections: told as numbers instead of one by one
  Counter stream_records_dropped;  ///< of topics: gone, or unreadable, when their turn came
  Counter records_answered;  ///< in answers; those of streams are theirs
  Counter bytes_sent;        ///< to clients: answers and streams
  engine::DurationHistogram loop_lag;  ///< how late its timer fires

 private:
  std::unique_ptr<OperationMetrics[]> operations_;
  std::size_t count_;
};

/// What the HTTP side has counted, summed over the threads; `names` are the operations.
void append_http_metrics(metrics::Text& out, std::span<const LaneMetrics* const> lanes,
                         std::span<const OperationName> names);
/// process_cpu_seconds_total and its siblings, of this process.
void append_process_metrics(metrics::Text& out);

}  // namespace twofold::http
