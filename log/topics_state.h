#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "log/key_index.h"
#include "log/producers.h"
#include "log/topic_document.h"
#include "log/topic_ids.h"
#include "log/topics.h"
#include "log/waiters.h"

namespace twofold::log {

/// The timer that sweeps retention; readers' tickets begin at 1.
inline constexpr std::uint64_t kSweepToken = 0;
/// And the one that looks for partitions to clean.
inline constexpr std::uint64_t kCompactionToken = ~std::uint64_t{0};

/// How many offsets there are from one to another that is no smaller.
inline std::uint64_t records_between(Offset from, Offset to) {
  return static_cast<std::uint64_t>(to.value() - from.value());
}

/// A topic while it exists. What it stores per partition is one number; everything else about a
/// partition is the core's.
struct Topic {
  TopicDefinition definition;
  std::uint64_t version = 0;
  std::uint32_t next_keyless = 0;  ///< partition of the next request's records without key
  std::uint32_t next_reader = 0;   ///< which of its partitions the next read begins with
  TopicCounters counters;
};

/// Inside of Topics, for topics*.cc only.
struct Topics::State {
  using ByName = std::map<std::string, Topic, std::less<>>;

  State(Topics& owner, engine::Core& the_core, TopicLimits limits);

  // -- what exists: changed by the catalog watcher only, so live and on replay alike (topics.cc)
  void define(std::string_view name, const engine::Document& document);
  void undefine(std::string_view name);
  Result<ByName::value_type*> find(std::string_view name);
  void answer_when_durable(TopicInfo info, Completion<TopicInfo> done);

  // -- publishing (topics_publish.cc)
  Result<std::size_t> bytes_to_admit(const Topic& topic, const Publish& publish,
                                     const CheckedPublish& checked) const;
  // -- what comes twice, and what is expected (topics_known.cc)
  class Lookup;
  Result<> find_known(const Topic& topic, const Publish& publish, CheckedPublish& checked);
  Result<> check_expected(const Topic& topic, const Publish& publish);
  /// The partition of the key that all records of a publish have.
  Result<PartitionId> partition_of(const Topic& topic, const Publish& publish) const;
  /// What is true now of what a publish expected.
  engine::Error with_truth(const Topic& topic, const Publish& publish, engine::Error error);
  void remember(const Topic& topic, const Publish& publish, const Published& published);
  /// nullopt while the newest record waits for its place.
  std::optional<Seq> last_seq(const Topic& topic) const;

  // -- reading (topics_read.cc)
  Result<Readable> attempt(const Read& read);
  Result<> check_waiting_room(std::size_t logs) const;
  /// After `place` of what a reader found was looked at again, up to `end`.
  bool may_have_enough(const Read& read, Waiters::Found& found, std::size_t place,
                       Offset end) const;
  void answer(std::uint64_t ticket);
  void refuse_readers_of(const Topic& topic, const std::string& name);

  // -- retention (topics_retention.cc)
  void count_retained(const TopicConfig& config, bool added);
  void schedule_sweep();
  void sweep();
  void expire(Topic& topic, LogId log);

  // -- compaction (topics_compaction.cc)
  struct Dirtiest {
    double urgency = 0;
    LogId log{0};
    engine::CleanOrder order{Offset{0}, Duration{0}};
  };
  void count_compacted(std::uint32_t topic, const TopicConfig& config);
  void look_for_dirt_after(Duration pause);
  void look_for_dirt();
  void compare(const Compaction& compaction, LogId log, Dirtiest& dirtiest) const;
  void clean(const Dirtiest& dirtiest);
  Duration shortest_pace() const;

  Topics& self;
  engine::Core& core;
  ByName topics;
  std::map<std::uint32_t, ByName::value_type*> by_id;
  std::size_t partitions = 0;
  std::function<void(std::uint32_t)> removed;
  Observer* observer = nullptr;
  std::unordered_map<LogId, std::uint32_t> topic_of;  ///< ids, by log
  std::unordered_set<std::uint32_t> stirred;          ///< ids of topics with new records
  Waiters waiters;
  Producers producers;
  TopicIds ids;
  KeyIndex keys;
  const std::size_t waiting_bytes_max;
  const std::shared_ptr<engine::Names> names;

  std::size_t partitions_retained = 0;  ///< that a sweep has to look at
  bool sweep_scheduled = false;
  std::uint32_t sweep_topic = 0;  ///< where the next sweep goes on
  std::size_t sweep_partition = 0;

  std::set<std::uint32_t> compacted;  ///< ids of those topics
  std::optional<Instant> next_look;
  bool cleaning = false;
  std::uint32_t look_topic = 0;  ///< where the next look goes on
  std::size_t look_partition = 0;
};

}  // namespace twofold::log
