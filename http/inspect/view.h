#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/unique_function.h"
#include "engine/core.h"
#include "http/inspect/ring.h"
#include "log/groups.h"
#include "log/observer.h"
#include "log/topics.h"
#include "queue/observer.h"
#include "queue/queues.h"

namespace twofold::http::inspect {

/// What is looked at: names, which need not exist. Empty ones are not asked about.
struct Spec {
  std::string topic;
  std::string queue;
  std::vector<std::string> groups;

  friend auto operator<=>(const Spec&, const Spec&) = default;
};

/// What a view looks at it with. On the core only.
struct World {
  engine::Core& core;
  log::Topics& topics;
  log::Groups& groups;
  queue::Queues& queues;
};

/// Records whose beginnings are to be shown: planned on the core, fetched elsewhere.
struct WantedRecords {
  std::vector<engine::ReadPlan> plans;
  std::vector<engine::PartitionId> plan_partitions;
  std::vector<log::PartitionPosition> places;  // in a snapshot: by partition, ascending
};

/// Everything about what is looked at, as it was between two events.
struct Snapshot {
  struct Topic {
    log::TopicInfo info;
    std::vector<log::PartitionOffsets> partitions;
    WantedRecords recent;
  };
  struct Queue {
    queue::QueueInfo info;
    queue::Browsed browsed;
    std::vector<std::string> holders;     ///< of browsed.items
    std::vector<engine::LogStatus> logs;  ///< by partition
    std::optional<WantedRecords> recent;  ///< of its own log
  };
  std::uint64_t seq = 0;  ///< of the last event that is in it
  Counts counts{};
  engine::WallTime wall{0};
  engine::Instant now{0};
  std::optional<Topic> topic;  ///< absent: there is none of that name
  std::optional<Queue> queue;
  std::vector<std::optional<log::GroupInfo>> groups;  ///< as asked; absent: nobody knows it
};

/// The few numbers of it that say where everything stands.
struct Totals {
  std::optional<queue::QueueCounters> queue;
  std::vector<log::PartitionOffsets> partitions;
  std::vector<std::optional<log::GroupInfo>> groups;
};

/// The next events for somebody.
struct Pulled {
  bool needs_snapshot = false;  ///< what comes next is not here, or makes no sense without one
  bool forgotten = false;       ///< it is not here
  std::vector<Event> events;    ///< numbered on from where he was
  std::uint64_t upto = 0;       ///< everything up to here is dealt with
  std::uint64_t newest = 0;
  Counts counts{};         ///< up to `upto`
  WantedRecords appended;  ///< to the topic
  WantedRecords sent;      ///< to the queue's own log
  std::optional<Totals> totals{};
  engine::WallTime wall{0};
};

/// What happens to one topic, one queue and some groups, for those who look at just these: they
/// share the numbers and the memory of the last events.
///
/// Contract  deliveries, acks and commits are told when they are made; a crash may take them back.
///           A record is told of once readers may see it. Each event tells of one message; what
///           happens to very many in one turn (a purge, a replay of everything) is not told one by
///           one: a new snapshot is.
/// Memory    Ring, and a few numbers per partition.
/// Threads   the core only.
class View final : public engine::LogListener {
 public:
  static constexpr std::uint64_t kBurstMax = 5'000;  ///< events of one change

  View(World world, Spec spec);
  ~View() override;
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  const Spec& spec() const { return spec_; }
  std::uint64_t newest() const { return ring_.newest(); }
  bool has_all_after(std::uint64_t seq) const { return ring_.has_all_after(seq); }
  Counts counts_upto(std::uint64_t seq) const { return ring_.counts_upto(seq); }
  Snapshot snapshot() const;
  /// At most `max` events after `after`; with `skip` what is beyond them counts as dealt with.
  Pulled pull(std::uint64_t after, std::size_t max, bool skip) const;
  /// Calls `wake` once, when there is something after `after`: perhaps at once. A listener waits
  /// once: what it asked before is forgotten.
  void when_news(const void* listener, std::uint64_t after, engine::UniqueFunction<void()> wake);
  void forget(const void* listener);

  // What happens: told by the Inspector, whoever it is about.
  void on_change(const queue::ChangedAt& at, const queue::Op& op, const queue::Circumstances& with);
  void on_due(const queue::ChangedAt& at, const queue::Runs& ready);
  void on_log_trimmed(const std::string& queue, engine::Offset start);
  void on_purged(const std::string& queue, std::uint64_t messages);
  void on_queue(const std::string& queue, EventType what);
  void on_topic(const std::string& topic, bool exists);
  void on_offsets(const log::GroupNote& note, std::string_view member);
  void on_members(const std::string& group);

  // engine::LogListener
  void on_visible(engine::LogId log, engine::Offset end) override;
  void on_trimmed(engine::LogId log, engine::Offset start) override;

 private:
  struct Place {
    bool of_queue;
    std::int32_t partition;
    engine::Offset told;  // records before it were told of
  };
  struct Members {
    std::map<std::string, std::pair<std::string, std::vector<std::int32_t>>> by_id;
    std::int32_t generation = 0;
    std::string state;
    friend bool operator==(const Members&, const Members&) = default;
  };

  void listen_to_topic();
  void listen_to_queue();
  void listen_to(engine::LogId log, bool of_queue, std::int32_t partition);
  void stop_listening(bool of_queue);
  void tell(Event event);
  void tell_resync();
  void tell_appended(Place& place, engine::Offset end);
  /// Readers may be told of a delivery before of the record: the record comes first here.
  void catch_up(engine::PartitionId partition);
  template <class Op>
  void tell_of_each(const queue::ChangedAt& at, const Op& op, EventType type, Event like);
  EventType due_type(const queue::Delivery& delivery, engine::Offset offset) const;
  std::optional<std::uint32_t> group_of(const std::string& group) const;
  void tell_offsets(std::uint32_t group, const std::vector<log::GroupOffset>& offsets,
                    EventType type, std::string_view member);
  Members members_of(const std::string& group) const;
  Event event(EventType type) const;
  engine::WallTime wall_of(engine::Instant at) const;

  Totals totals() const;
  std::vector<std::optional<log::GroupInfo>> group_infos() const;
  std::optional<Snapshot::Topic> topic_part() const;
  std::optional<Snapshot::Queue> queue_part() const;
  void want(WantedRecords& wanted, bool of_queue, std::int32_t partition,
            std::vector<engine::Offset> offsets) const;
  void want_appended(Pulled& pulled) const;

  const World world_;
  const Spec spec_;
  Ring ring_;
  std::unordered_map<engine::LogId, Place> logs_;
  std::vector<engine::LogId> topic_logs_;                        // by partition
  std::optional<engine::LogId> own_log_;                         // of the queue
  std::vector<Members> members_;                                 // by group
  std::map<const void*, engine::UniqueFunction<void()>> wakes_;  // by listener
};

}  // namespace twofold::http::inspect
