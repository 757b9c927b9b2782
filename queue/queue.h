#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/dedup.h"
#include "queue/definition.h"
#include "queue/delivery.h"
#include "queue/due_heap.h"
#include "queue/message_groups.h"
#include "queue/traffic.h"

namespace twofold::queue {

using engine::DedupIds;

/// What a receiver asked for, names resolved.
struct Wanted {
  std::size_t max;
  std::size_t bytes_max;
  std::optional<Duration> visibility_timeout;
  std::string attempt_id{};
  std::string client{};
};

/// A receiver that waits. Its place in the line is its place in Queue::waiters.
struct Waiter {
  std::uint64_t ticket;
  Wanted wanted;
  Completion<Received> done;
  bool hasty = false;  ///< waits only until reading ahead has come to its end
};
using Waiters = std::list<Waiter>;

struct Queue;

/// Of an own log that keeps acked messages for a while: where its floor was, and when.
struct Retained {
  /// Oldest first; of those that are older than messages are kept only the newest.
  std::vector<std::pair<Instant, Offset>> floors;
  bool armed = false;
};

/// Delivery over one log.
struct Partition {
  Partition(LogId of, Offset start) : log(of), delivery(start), trimmed(start) {}

  LogId log;
  Delivery delivery;
  /// Of an ordered or fair queue: whose turn it is, for messages before `looked_at`.
  std::unique_ptr<MessageGroups> groups;
  Offset looked_at{0};     // where reading ahead for groups and filter has come to
  bool looking = false;    // a read ahead is under way
  bool look_turn = false;  // what was cut and what was never read take turns
  std::uint32_t look = 0;  // counts beginnings anew: what was read for an older one is dropped
  Offset wide_hole{0};     // reading ahead waits here until delivery has come to it
  std::uint32_t removals = 0;  // times that a cleaning has dropped records
  std::unique_ptr<DedupIds> ids;
  Alarm alarm;
  Offset given_to{0};  // where the last receive ended
  std::unique_ptr<Retained> retained;
  Offset trimmed;               // own log: it forgot what lies before
  std::uint64_t accounted = 0;  // of its marked messages, in the sum over all queues
  std::uint64_t accounted_ahead = 0;
  std::uint64_t accounted_edits = 0;
  bool expiry_posted = false;  // a storm goes on in a later turn

  /// What nobody will ask for any more, whatever crashes, lies before it.
  Offset floor() const {
    const auto held = groups ? groups->first_held() : std::nullopt;
    return held ? std::min(delivery.floor(), *held) : delivery.floor();
  }
  bool has_ready() const {
    if (!groups) return delivery.has_ready();
    return groups->has_ready() || (!groups->ordered() && delivery.has_ready_again());
  }
  /// As Delivery says it, but for those that wait behind others of their group.
  MessageView view(Offset o) const {
    MessageView view = delivery.view(o);
    if (view.state == MessageState::ready && groups && groups->blocker(o))
      view.state = MessageState::blocked;
    return view;
  }
  QueueCounters counters() const {
    QueueCounters counters = delivery.counters();
    if (!groups) return counters;
    counters.blocked = std::min(groups->blocked(), counters.ready);
    counters.ready -= counters.blocked;
    return counters;
  }
};

/// What an operation says about the deduplication ids.
void apply_ids(const Queue& queue, Partition& partition, const Op& op);
/// What one says about how long acked messages are kept.
void apply_floor(const Queue& queue, Partition& partition, const Op& op);

/// What a receive with an attempt id has given, for the case that its answer got lost.
struct Attempt {
  using Order = std::list<std::pair<std::string, Instant>>;

  Instant visible_at;
  std::vector<std::string> receipts;
  std::uint32_t nonce;    ///< of all these receipts
  Order::iterator place;  ///< among all of the queue
};
struct Attempts {
  std::unordered_map<std::string, Attempt> by_id;
  Attempt::Order order;  // by id, oldest first: until when each can be repeated
};

/// Dead messages on their way to the dead letter queue: one read at a time for each queue.
struct Moves {
  bool running = false;
  bool again = false;       // something died meanwhile: begin anew when done
  bool one_by_one = false;  // a read of several failed: find out which one it was
  std::size_t partition = 0;
  Offset from{0};
};

/// One queue. What few queues need at a time is allocated when they do: a hundred thousand idle
/// ones cost some hundred bytes each.
struct Queue {
  std::string name;
  std::uint64_t version;
  Definition definition;
  std::vector<Partition> partitions;
  std::unique_ptr<Waiters> waiters;
  std::unique_ptr<Moves> moves;
  std::shared_ptr<const RecordFilter> filter;
  std::unique_ptr<Attempts> attempts;
  mutable std::unique_ptr<Traffic> traffic;  // once anything happens: it is no part of what it is
  std::size_t first = 0;  // the partition that the next receive begins with
  bool sparse = false;    // its topic was cleaned before it came there: only reading shows the holes
  bool retention_armed = false;
  bool ids_armed = false;
  bool attempts_armed = false;

  std::uint32_t id() const { return definition.id; }
  const QueueConfig& config() const { return definition.config; }
  bool attached() const { return definition.source.has_value(); }
  bool grouped() const { return config().order != Order::none; }
  /// Messages are looked at before they can be delivered.
  bool looks_ahead() const { return grouped() || hides_unseen(); }
  /// What was not looked at is not there yet: it may not match the filter, or be a hole.
  bool hides_unseen() const { return filter || sparse; }
  bool looking() const;
  bool has_ready() const;
  bool has_ready_again() const;
  QueueCounters counters() const;
  /// The next moment a message may come free.
  std::optional<Instant> next_eligible();
};

inline bool Queue::has_ready_again() const {
  return std::any_of(partitions.begin(), partitions.end(), [](const Partition& partition) {
    return partition.delivery.has_ready_again();
  });
}

inline bool Queue::looking() const {
  return std::any_of(partitions.begin(), partitions.end(),
                     [](const Partition& partition) { return partition.looking; });
}

inline bool Queue::has_ready() const {
  for (const Partition& partition : partitions)
    if (partition.has_ready()) return true;
  return false;
}

inline QueueCounters Queue::counters() const {
  QueueCounters sum;
  for (const Partition& partition : partitions) {
    const QueueCounters one = partition.counters();
    sum.ready += one.ready;
    sum.blocked += one.blocked;
    sum.in_flight += one.in_flight;
    sum.delayed += one.delayed;
    sum.dead += one.dead;
  }
  return sum;
}

inline std::optional<Instant> Queue::next_eligible() {
  std::optional<Instant> next;
  for (Partition& partition : partitions) {
    const auto due = partition.delivery.next_due();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

}  // namespace twofold::queue
