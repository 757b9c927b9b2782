#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/names.h"
#include "engine/core.h"

namespace twofold::queue {

using engine::Completion;
using engine::Durability;
using engine::Duration;
using engine::Instant;
using engine::LogId;
using engine::Offset;
using engine::PartitionId;
using engine::Result;
using engine::Seq;
using engine::WallTime;

/// A topic's logs, resolved by whoever knows topics, and where delivery begins in each.
struct QueueSource {
  std::string topic;
  std::vector<LogId> logs;            ///< in partition order
  std::vector<Offset> start_offsets;  ///< same length

  friend bool operator==(const QueueSource&, const QueueSource&) = default;
};

/// Whose turn it is.
///   none    the oldest that is ready.
///   fair    as none, but of messages never delivered the group with the fewest in flight goes
///           first, round robin among equals: a busy tenant does not starve the others.
///   key     the messages of a group go out one after the other: while one is in flight or delayed,
///           those of its group behind it wait ("blocked"), and nobody else.
///   strict  so do all messages of a partition.
/// A message's group is its header `twofold-group`, else its key; without both it is alone.
enum class Order { none, fair, key, strict };

/// Within what a deduplication id is unique.
enum class DedupScope { queue, group };

struct QueueConfig {
  Duration visibility_timeout = std::chrono::seconds{30};
  Duration delay{0};               ///< of every message sent; own log only
  Duration receive_wait{0};        ///< when a receive does not say
  std::uint32_t max_receives = 0;  ///< 0: without end
  /// A queue; empty: the dead state in place. While there is no such queue nothing dies of
  /// max_receives.
  std::string dead_letter{};
  std::optional<Duration> retention{};  ///< own log only; absent: until acked
  Durability durability = Durability::disk;
  std::uint32_t record_bytes_max = 1 << 20;
  Order order = Order::none;
  DedupScope dedup_scope = DedupScope::queue;       ///< own log only, as the window
  Duration dedup_window = std::chrono::minutes{5};  ///< how long an id is remembered
  /// A message without an id has that of its content (SendMessage::content_id). FIFO queues only.
  bool dedup_content = false;
  Duration backoff_min{0};  ///< a nack without a delay waits this long, twice as long each time
  Duration backoff_max{0};  ///< up to this
  /// How long acked messages can be replayed. Of an attached queue that is what its topic keeps.
  Duration retain_acked{0};
  bool paused = false;  ///< nothing goes out
  /// What a stream that breaks off had in hand goes back at once; else when its time is over.
  bool release_on_disconnect = true;
  std::string filter{};  ///< only what it matches is delivered; fixed at creation

  friend bool operator==(const QueueConfig&, const QueueConfig&) = default;
};

/// O(1) to read. "blocked" waits for an older message of its group or partition.
struct QueueCounters {
  std::uint64_t ready = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t delayed = 0;
  std::uint64_t blocked = 0;
  std::uint64_t dead = 0;
};

struct QueueInfo {
  std::string name;
  std::uint32_t id = 0;
  std::uint64_t version = 0;  ///< of the definition: the etag
  QueueConfig config;
  std::optional<QueueSource> source;
  std::optional<LogId> own_log;
  WallTime created{0};
  std::string extension;  ///< what a protocol keeps of it besides; opaque here
  QueueCounters counters;
  std::uint64_t backlog_bytes = 0;  ///< of the batches that still hold something unacked (about)
  std::optional<WallTime> backlog_oldest;  ///< when the first of those was appended (about)
  bool was_created = false;
};

/// What all queues together may take, and how many there may be. A message that waits takes
/// nothing; one that was received, is delayed or dead takes 24 to 150 bytes, and counts twice while
/// it holds others of its group up.
struct QueueLimits {
  std::uint64_t marked_max = 50'000'000;
  /// What all ordered and fair queues may remember of messages before they are received, in units
  /// of 16 bytes: one to fifteen a message. Past it a partition reads ahead less.
  std::uint64_t ahead_max = 32 << 20;
  std::size_t ahead_of_partition = 4 << 20;
  std::size_t ahead_of_late_partition = 64 << 10;  ///< when all together remember that much already
  /// What edited headers of waiting messages may take in all, in bytes.
  std::uint64_t edits_max = 64 << 20;
  std::shared_ptr<engine::Names> names = std::make_shared<engine::Names>();  ///< shared with topics
};

}  // namespace twofold::queue
