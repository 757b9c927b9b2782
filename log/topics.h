#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/names.h"
#include "engine/core.h"
#include "log/topic_counters.h"

namespace twofold::log {

class Observer;

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

/// What becomes of old records: they go by age, size and number (retention), or all but the newest
/// of each key do (compaction), or both.
enum class Cleanup { delete_old, compact, compact_and_delete };

/// When a partition of a compacted topic is cleaned (engine/cleaning.h says what that does).
struct Compaction {
  Duration min_lag{0};                                 ///< younger records are not touched
  std::optional<Duration> max_lag;                     ///< none stays dirty for much longer
  Duration delete_retention = std::chrono::hours{24};  ///< of tombstones, once they are cleaned to
  double min_dirty_ratio = 0.5;                        ///< of the bytes that a cleaning would read

  friend bool operator==(const Compaction&, const Compaction&) = default;
};

struct TopicConfig {
  std::int32_t partitions = 1;
  std::optional<Duration> retention_time = std::chrono::hours{24 * 7};
  std::optional<std::uint64_t> retention_bytes;    ///< per partition; kept at least
  std::optional<std::uint64_t> retention_records;  ///< the same in records
  Cleanup cleanup = Cleanup::delete_old;
  Compaction compaction;
  Durability durability = Durability::disk;
  std::uint32_t record_bytes_max = 1 << 20;
  Duration dedup_window{0};  ///< how long deduplication ids are remembered; 0: there are none

  friend bool operator==(const TopicConfig&, const TopicConfig&) = default;
};

struct TopicInfo {
  std::string name;
  std::uint32_t id = 0;
  std::uint64_t version = 0;  ///< of the definition: the etag
  TopicConfig config;
  WallTime created{0};
  std::vector<LogId> logs;   ///< one per partition, in order
  bool was_created = false;  ///< by the call that answers with this
};

struct TopicRef {
  std::uint32_t id;
  std::int32_t partitions;
  const std::vector<LogId>* logs;  ///< by partition; valid until topics change
};

/// Which of its producer's records a record is. A producer numbers what it sends to a topic: one
/// more each time, whatever the partition. What it sends again is not stored again.
struct ProducedBy {
  std::string_view id;
  std::int32_t epoch = 0;
  std::int64_t seq = 0;
};
struct PublishRecord {
  engine::NewRecord record;
  std::optional<PartitionId> partition;  ///< else murmur2 of the key, else round robin by request
  std::optional<ProducedBy> producer{};
  /// A second record of this id within the topic's window is not stored, but answered as the first.
  std::optional<std::string_view> dedup_id{};
};
struct PartitionPosition {
  PartitionId partition;
  Offset offset;
  /// Of a group's reader: how many seeks had moved the group in this partition by then.
  std::uint64_t seeks = 0;

  friend bool operator==(const PartitionPosition&, const PartitionPosition&) = default;
};
/// What must hold when a publish is carried out, or nothing is written. Not asked of a publish
/// whose records are all stored already: that it was carried out once is enough.
struct Expectation {
  /// The newest record of a key.
  struct KeyLast {
    std::optional<PartitionPosition> at{};  ///< absent: there is none
  };
  std::optional<Seq> last_seq{};  ///< of the topic's newest record, whatever the partition; 0: none
  /// Of the key that all records of the publish have.
  std::optional<KeyLast> key_last{};
};
struct Publish {
  std::string topic;
  std::vector<PublishRecord> records;  ///< views stay valid until the completion ran
  std::optional<Durability> durability;
  Expectation expect{};
  Via via = Via::rest;  ///< to be counted
};
struct PublishedRecord {
  PartitionId partition;
  LogId log;  ///< of that partition
  Offset offset;
  Seq seq;  ///< 0 of a duplicate whose first record left the journal
  bool duplicate = false;
};
struct Published {
  std::vector<PublishedRecord> records;  ///< in the order of the request
  Durability durability;
};

/// A publish that was looked at and can be carried out, in the same turn.
struct CheckedPublish {
  std::size_t bytes = 0;                              ///< to be admitted; 0: nothing is new
  std::vector<std::optional<PublishedRecord>> known;  ///< by record: where it is stored already
};

/// What a producer's records of a topic have come to.
struct ProducerView {
  std::string topic;
  std::int32_t epoch = 0;
  std::int64_t last_seq = -1;  ///< that no crash takes back; -1: none of the epoch
  std::optional<PartitionPosition> last_place{};  ///< of that record, while it is known
};
struct Read {
  std::string topic;
  std::vector<PartitionPosition> from;
  std::size_t bytes_max;      ///< in all, over the partitions
  bool skip_trimmed = false;  ///< else a trimmed position answers offset_trimmed
  std::size_t bytes_min = 1;  ///< a wait goes on until so much is there, but for bytes_max at most
  /// Something of every partition that has something, whatever bytes_max says: whoever merges them
  /// by seq must know what comes next in each.
  bool total_order = false;
};
struct ReadablePartition {
  PartitionId partition;
  Offset from;   ///< where this read begins (moved up when skip_trimmed)
  Offset start;  ///< oldest offset kept
  Offset end;    ///< one past the newest visible
  engine::ReadPlan plan;
};
struct Readable {
  /// As asked. A plan is empty at the end of a partition, or (but for total order) when bytes_max
  /// went to the others: these take turns in going first.
  std::vector<ReadablePartition> partitions;

  /// That the plans would read, in whole batches.
  std::size_t bytes() const;
  bool has_enough(const Read& read) const;
};

struct PartitionOffsets {
  PartitionId partition;
  engine::LogStatus status;
  engine::CleaningStatus cleaning{};
};

/// Memory that all topics together may take for what comes twice, and how many there may be.
struct TopicLimits {
  std::size_t producer_bytes_max = 64 << 20;
  std::size_t key_bytes_max = 64 << 20;       ///< newest records of keys, where they were asked for
  std::size_t waiting_bytes_max = 256 << 20;  ///< readers that wait, with each partition they read
  std::shared_ptr<engine::Names> names = std::make_shared<engine::Names>();  ///< shared with queues
};

/// A name over 1..N logs, written by key and read by offset.
///
/// Contract
///   publish  all records get offsets or none do; answers once the asked durability holds. Records
///            of one key keep their order; those without key and partition go together to one.
///   read     never shows what a crash could take back (unless the topic says `memory`).
///   retention looks at every partition every few seconds, by append time, bytes and number.
///   compaction keeps the newest record of each key; a topic that is compacted takes no record
///   without
///            a key. One partition at a time, off the core.
///   Names share one space with queues: `name_taken` when the other kind has it. A topic created
///   again under an old name is another topic: new id, new logs.
/// Errors    topic_not_found, partition_not_found, offset_trimmed (number: the oldest),
///           exists_with_other_config, etag_mismatch, message_too_large and key_missing (number of
///           these and of partition_not_found when publishing: the record's index, as of
///           out_of_order_sequence and producer_fenced), expectation_failed (actual: what is true),
///           invalid_request (a name, a configuration, or a position past the end), overloaded (a
///           limit of topics_limits.h or TopicLimits), too_many_names (creating), and what Core
///           refuses.
/// Threads   the core only; completions run there too.
class Topics final : public engine::LogListener, public engine::TimerTarget {
 public:
  explicit Topics(engine::Core& core, TopicLimits limits = {});
  ~Topics() override;

  /// Creates, or answers with what exists when the configuration is the same. With `create_only`
  /// an existing topic is exists_with_other_config. Durable when it answers.
  void create(std::string name, TopicConfig config, bool create_only, Completion<TopicInfo> done);
  /// Replaces the configuration (partitions cannot change). `expected` is the etag, if given.
  void configure(std::string name, TopicConfig config, std::optional<std::uint64_t> expected,
                 Completion<TopicInfo> done);
  /// What create() and configure() would answer, with nothing done. A topic that would be new has
  /// no id, no logs and version 0. Errors: theirs, but for what the core refuses.
  Result<TopicInfo> preview_create(const std::string& name, const TopicConfig& config,
                                   bool create_only) const;
  Result<TopicInfo> preview_configure(const std::string& name, const TopicConfig& config,
                                      std::optional<std::uint64_t> expected) const;
  void remove(std::string name, Completion<TopicInfo> done);
  Result<TopicInfo> find(const std::string& name) const;
  /// The cheap half of find(): O(log topics) whatever the number of partitions.
  std::optional<TopicRef> resolve(std::string_view name) const;
  /// Null when there is no such topic (any more). Valid until the topic is removed.
  const std::string* name_of(std::uint32_t id) const;
  /// Called with the id of each topic that was removed, live and on replay. At most one.
  void when_removed(std::function<void(std::uint32_t id)> heard);
  std::vector<TopicInfo> list(const std::string& after, std::size_t limit) const;

  /// `decided` hears of the places in the turn in which they are given, if anything is written or
  /// was before.
  void publish(Publish publish, Completion<Published> done,
               engine::Decided<Published> decided = {});
  /// publish() in pieces, for whoever writes more in the same turn: check() changes nothing,
  /// write() does what was checked and cannot fail, named() is for the commit's completion. check()
  /// of a publish that expects something of a key needs learn() first: `done` may come later, and
  /// what was learned may be gone again by then.
  bool knows(const Publish& publish) const;
  void learn(const Publish& publish, Completion<void> done);
  Result<CheckedPublish> check(const Publish& publish) const;
  Published write(const Publish& publish, const CheckedPublish& checked);
  Published named(Published published, Durability reached) const;
  /// Answers a check that failed: what is said to be true must be durable first.
  void refuse(const Publish& publish, engine::Error error, Completion<Published> done);
  /// By topic; empty when nothing is known of it.
  std::vector<ProducerView> producer(std::string_view id) const;
  /// Answers at once when there is anything to read; otherwise once something arrives, or with
  /// empty plans at `deadline`. Returns a ticket for cancel(), 0 when already answered.
  std::uint64_t read(Read read, Instant deadline, Completion<Readable> done);
  /// A reader went away: its completion is dropped without being called.
  void cancel(std::uint64_t ticket);
  /// Answers all waiting readers empty (draining).
  void release_waiters();
  std::size_t waiting() const;

  Result<std::vector<PartitionOffsets>> offsets(const std::string& topic) const;
  /// For each partition a plan that begins at the first batch that may hold `time`; the caller
  /// scans it for the first record at or after `time`, and takes the end when there is none.
  Result<std::vector<ReadablePartition>> plan_time(const std::string& topic, WallTime time) const;
  /// Forgets records before each offset. Durable when it answers.
  void trim(std::string topic, std::vector<PartitionPosition> before,
            Completion<std::vector<PartitionOffsets>> done,
            engine::Decided<std::vector<PartitionOffsets>> decided = {});

  /// One topic at one moment, for those who draw its past.
  struct Sample {
    const std::string& name;
    std::uint64_t appended;  ///< records that its logs ever had
  };
  /// Topics whose readers saw new records since they were last taken: their ids, up to `max`.
  std::vector<std::uint32_t> take_stirred(std::size_t max);
  /// The topic that a log is of.
  std::optional<std::uint32_t> topic_of(LogId log) const;
  /// nullopt when there is no such topic (any more).
  std::optional<Sample> sample(std::uint32_t id) const;
  /// Nothing, when there is no such topic (any more).
  TopicCounters counters(std::uint32_t id) const;
  /// From now on tells `observer` of topics that come and go, or nobody (null).
  void observe(Observer* observer);

  // engine::LogListener, engine::TimerTarget
  void on_visible(LogId log, Offset end) override;
  void on_removed(LogId log, const engine::OffsetRuns& removed) override;
  void on_trimmed(LogId log, Offset start) override;
  void on_timer(std::uint32_t owner, std::uint64_t token, Instant now) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twofold::log
