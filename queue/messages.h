#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/read_plan.h"
#include "queue/config.h"
#include "queue/header_patch.h"
#include "queue/op.h"

namespace twofold::queue {

/// Where a message stands.
enum class MessageState { ready, in_flight, delayed, blocked, dead, acked };
/// Which message of a queue.
struct MessageId {
  PartitionId partition;
  Offset offset;
  friend auto operator<=>(const MessageId&, const MessageId&) = default;
};

/// What stands in the answer to a duplicate when the first had no token: the time of its record.
inline Token time_token(WallTime time) {
  Token token{};
  engine::store_be(token.data() + 8, static_cast<std::uint64_t>(time.value()));
  return token;
}
/// That time; nullopt: it is a token of the sender's.
inline std::optional<WallTime> time_in(const Token& token) {
  if (engine::load_be<std::uint64_t>(token.data()) != 0) return std::nullopt;
  return WallTime{static_cast<std::int64_t>(engine::load_be<std::uint64_t>(token.data() + 8))};
}

struct SendMessage {
  engine::NewRecord record;
  std::optional<Duration> delay{};       ///< else the queue's
  std::optional<WallTime> deliver_at{};  ///< instead of delay
  /// A second message of this id within the window is not stored, but answered as the first was.
  std::optional<std::string_view> dedup_id{};
  /// What the caller wants to find again in the answer to a duplicate; zeros: time_token().
  Token token{};
  /// Its id in a queue that goes by content, when it has none of its own: whoever sends has the
  /// time to digest it, the core has not.
  std::optional<std::string_view> content_id{};
};
struct Send {
  std::string queue;
  std::vector<SendMessage> messages;  ///< views stay valid until the completion ran
  std::optional<Durability> durability{};
  bool makes_fair = false;  ///< a queue without an order becomes fair, in the same commit
};
struct SentMessage {
  Offset offset;
  Seq seq;  ///< 0 of a duplicate whose first was sealed before
  bool duplicate = false;
  Token token{};  ///< of the first message of the id
};
struct Sent {
  std::vector<SentMessage> messages;
  Durability durability;
  LogId log{0};  ///< of the queue
};

struct Receive {
  std::string queue;
  std::size_t max = 1;
  std::size_t bytes_max = 8 << 20;
  std::optional<Duration> visibility_timeout{};
  /// A receive with the id of an earlier one, within five minutes, gives the same messages under
  /// the same receipts, and their timeout begins anew, also when it has passed and nobody else got
  /// one. Empty: none.
  std::string attempt_id{};
  std::string client{};  ///< who asks: for people who look who received what
};
struct Delivered {
  PartitionId partition;
  Offset offset;
  std::string receipt;  ///< opaque; only the newest of a message counts
  std::uint32_t receive_count;
  Instant visible_at;
  Instant first_received;  ///< in this queue
  bool revived = false;    ///< redriven or replayed: its time to live is over, and means nothing
  HeaderPatch patch{};     ///< edited headers
};
struct Received {
  std::vector<Delivered> messages;      ///< in delivery order
  std::vector<engine::ReadPlan> plans;  ///< their records: one plan per log that was touched
  std::vector<PartitionId> plan_partitions;
  std::string topic;  ///< the source topic; empty for an own log
  QueueCounters counters;
  std::optional<Instant> next_eligible;  ///< when empty: the next moment a message may come free
  bool paused = false;                   ///< when empty: nothing goes out at all
};

/// A send that was looked at and can be carried out, in the same turn.
struct CheckedSend {
  std::size_t bytes = 0;  ///< to be admitted
};
/// Receipts that were looked at, and what they delete, in the same turn.
struct CheckedAck {
  std::uint32_t queue = 0;
  std::size_t bytes = 0;                    ///< to be admitted, to consume
  std::size_t messages = 0;                 ///< a message named twice counts once
  std::vector<Runs> acked{};                ///< by partition
  std::vector<engine::Instant> received{};  ///< when each was delivered
};

/// Which receipts of a message count. Standard queues of Amazon SQS take every one; here a message
/// in flight has one holder, so only a protocol that must asks for `any`.
enum class Receipts {
  newest,  ///< the newest delivery, also when its timeout has passed and nobody else got it
  any,     ///< every one
  held,    ///< the newest delivery while its timeout runs (FIFO queues of Amazon SQS)
};

enum class Settled { acked, already, stale, unknown, ok, too_long };
struct NackItem {
  std::string receipt;
  std::optional<Duration> delay{};  ///< absent: the queue's backoff
  bool dead = false;
  std::string reason{};
};
struct ExtendItem {
  std::string receipt;
  Duration visibility_timeout;
  /// The longest that the message may be held in all, from this receive on; past it: too_long.
  std::optional<Duration> total_max{};
};

}  // namespace twofold::queue
