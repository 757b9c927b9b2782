#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queue/messages.h"

namespace twofold::queue {

struct BrowseItem {
  PartitionId partition;
  Offset offset;
  MessageState state;
  std::uint32_t receive_count;
  std::optional<Instant> visible_at;  ///< in flight and delayed
  std::string reason;                 ///< dead: why, when somebody said
  Instant first_received{0};          ///< 0: never, as far as is known
  bool revived = false;               ///< as in Delivered
  HeaderPatch patch{};                ///< edited headers
};

/// Why a message is where it is.
enum class Why {
  ready,
  paused,          ///< ready, but nothing goes out
  not_looked_at,   ///< reading ahead for groups and filter has not come to it
  group_held,      ///< an older message of its group is in flight or delayed
  partition_held,  ///< strict order: an older message of its partition is
  in_flight,
  delayed,
  dead,
  acked,
  before_start,  ///< older than where the queue began to read
  trimmed,       ///< its record is gone
  not_visible,   ///< stored, but a crash could still take it back
};
/// One message and what decides about it.
struct Explained {
  BrowseItem item;
  Why why;
  std::optional<BrowseItem> blocker{};  ///< of group_held and partition_held
  std::string holder{};                 ///< in flight: who received it, if that is known
  QueueConfig config;
  std::string topic;                       ///< the source topic; empty for an own log
  std::optional<engine::ReadPlan> plan{};  ///< of its record, unless that is gone
};

/// What a queue has made of a message, for those who count.
struct Progress {
  MessageState state;
  bool received;      ///< at least once, as far as is known
  bool before_start;  ///< older than where the queue began to read
};

/// Something that happened to a message.
struct MessageEvent {
  enum class Kind : std::uint8_t {
    received,
    acked,
    given_back,
    extended,
    delayed,
    died,
    released,  ///< it was handed out, but never arrived
    revived,
    edited
  };
  Kind kind;
  WallTime at;
  Instant due;  ///< received and extended: in flight until; given back, delayed: ready then; else 0
  std::string client{};  ///< received: who it was, if he said so
};
struct History {
  std::vector<MessageEvent> events;  ///< oldest first, none from before the broker started
  std::optional<WallTime> since{};   ///< what was before has been forgotten, too
};

/// How a queue stands, for whoever wonders why a receive is empty.
struct QueueView {
  QueueCounters counters;
  bool paused = false;
  bool has_ready = false;  ///< a receive would give something
  bool looking = false;    ///< reading ahead is under way
  std::optional<Instant> next_eligible{};
};

struct Browse {
  std::string queue;
  std::optional<MessageState> state{};  ///< absent: all but acked
  std::vector<Offset> from{};           ///< per partition; empty: the beginning
  std::size_t limit = 100;
  std::size_t bytes_max = 8 << 20;  ///< of records, about; there is always one
};
struct Browsed {
  std::vector<BrowseItem> items;
  std::vector<engine::ReadPlan> plans;
  std::vector<PartitionId> plan_partitions;
  std::string topic;
  std::vector<Offset> next;  ///< per partition; empty when everything was seen
};

}  // namespace twofold::queue
