#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/histogram.h"
#include "engine/base/random.h"
#include "engine/catalog_state.h"
#include "engine/checkpoint.h"
#include "engine/core.h"
#include "engine/drain.h"
#include "engine/format_version.h"
#include "engine/journal.h"
#include "engine/log_index.h"
#include "engine/machines.h"
#include "engine/open_block.h"
#include "engine/read_ahead.h"
#include "engine/scrub.h"
#include "engine/segment_store.h"
#include "engine/stored_count.h"
#include "engine/superblock.h"
#include "engine/tail_cache.h"

namespace twofold::engine {

struct CoreOptions {
  std::size_t gathered_bytes_max = 256 << 20;  ///< accepted, not yet written
  std::size_t tail_cache_bytes = 32 << 20;
  std::size_t read_ahead_bytes = 16 << 20;     ///< of cold batches, over all logs
  std::size_t extent_count_max = 700'000;      ///< index of journal-resident batches (32 MiB)
  std::uint64_t checkpoint_bytes = 128 << 20;  ///< of journal between two checkpoints
  /// A stop writes one if the one before took no longer than this, or to be read at the start.
  Duration last_checkpoint_max = std::chrono::seconds{2};
  std::uint32_t journal_files = 8;             ///< kept before the oldest are drained
  std::uint64_t segment_bytes = 64 << 20;
  std::size_t clean_map_bytes = 24 << 20;    ///< of keys that one pass of a cleaning holds
  std::uint64_t free_bytes_min = 256 << 20;  ///< below: publishes are refused
  std::uint64_t scrub_bytes = 0;  ///< of cold data verified at each housekeeping; 0: none
  Duration idle_seal{50};         ///< then an empty block bears witness to the last
  Duration housekeeping{1000};
  Durability durability_max = Durability::disk;  ///< what the file system below can promise
};

/// First field of a checkpoint's state.
inline constexpr std::uint64_t kSnapshotVersion = kCheckpointStateVersions.newest;
inline constexpr std::uint64_t kSnapshotVersionOldest = kCheckpointStateVersions.oldest;

/// Numbers for metrics and the start line.
struct CoreStats {
  std::uint64_t blocks = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t drained_bytes = 0;    ///< written a second time, to segments
  std::uint64_t rewritten_bytes = 0;  ///< survivors copied out of mostly dead segments
  std::uint64_t scrubbed_bytes = 0;   ///< cold bytes verified in the background
  std::uint64_t scrub_damage = 0;     ///< stretches found damaged by that
  std::uint64_t scrubs = 0;           ///< times that all of it was gone through
  std::uint64_t cleanings = 0;        ///< that came to their end
  std::uint64_t cleaned_read_bytes = 0;
  std::uint64_t cleaned_written_bytes = 0;
  std::uint64_t cleaned_records = 0;  ///< removed by them
  std::uint64_t replayed_blocks = 0;
  std::uint64_t damaged_blocks = 0;
  std::size_t logs = 0;
  std::size_t extents = 0;
  std::size_t segments = 0;
  std::size_t gathered_bytes = 0;
  std::size_t tail_cache_bytes = 0;
  std::uint64_t free_bytes = 0;
  bool full = false;
  bool failed = false;
};

/// One stretch of a log and the file that holds it, for those who look at a data directory.
struct LogPlace {
  enum class In { segment, journal };
  In in;
  std::uint64_t file;  ///< the number in its name
  Offset first;
  Offset upto;
  std::uint64_t bytes;  ///< of batches
};

/// Everything the core stands on. All of it outlives the core.
struct CoreWorld {
  CoreExecutor& executor;
  Executor& pool;
  Clock& clock;
  Random& random;
  FileSystem& files;
  Journal& journal;
  SegmentStore& segments;
  SuperblockStore& superblocks;
};

/// The core of one shard.
///
/// Sources: core_impl.cc commits, core_logs.cc logs and reading, core_recovery.cc start,
/// core_checkpoint.cc checkpoints and stop, core_drain.cc what retires from the journal,
/// core_clean.cc logs of which only the newest record of each key is kept, core_scrub.cc
/// verification of what is cold.
class CoreImpl final : public Core, public TimerTarget {
 public:
  CoreImpl(CoreWorld world, CoreOptions options);
  ~CoreImpl() override;

  /// Loads the newest checkpoint and replays the journal after it. Blocking; before anything else.
  /// `superblock` is the one on disk, with the incarnation of this start.
  Result<ReplayEnd> recover(Superblock superblock);
  /// Flushes, writes a checkpoint, unless the one before took too long, and the clean marker.
  /// `done` runs on the core.
  void stop(UniqueFunction<void()> done);
  CoreStats stats() const;
  /// Of all sealed segments. Goes through them: for metrics.
  std::uint64_t segment_bytes() const;
  /// Records that went to the device with one sync, of blocks that held any.
  const CountHistogram& block_records() const { return block_records_; }
  const std::optional<Error>& failure() const { return failure_; }
  const std::vector<DamagedBlocks>& damage() const { return damage_; }
  /// Where the records of a log are, oldest first.
  std::vector<LogPlace> places(LogId log) const;

  // Core
  Result<> admit(Admission kind, std::size_t bytes) override;
  Offset append(LogId log, const NewRecord& record) override;
  Offset append_batch(LogId log, std::string_view batch) override;
  void note(EntryType type, std::uint32_t owner, std::string_view payload) override;
  void on_commit(Durability durability, Completion<Durability> done) override;
  LogId new_log_id() override { return LogId{next_log_id_++}; }
  void open_log(LogId log, LogOptions options) override;
  void drop_log(LogId log) override;
  void listen(LogId log, LogListener& listener) override;
  void unlisten(LogId log, LogListener& listener) override;
  LogStatus status(LogId log) const override;
  std::uint64_t stored_bytes() const override;
  void trim(LogId log, Offset start, bool durable_decision) override;
  AppendedAt appended_at(LogId log, Offset offset) const override;
  LogBacklog backlog(LogId log, Offset from) const override;
  Offset first_appended_since(LogId log, WallTime time) const override;
  Offset start_for_size(LogId log, std::uint64_t bytes) const override;
  Offset start_for_count(LogId log, std::uint64_t count) const override;
  CleaningStatus cleaning(LogId log, Offset upto) const override;
  void clean(LogId log, CleanOrder order, Completion<Cleaned> done) override;
  ReadPlan plan_read(LogId log, Offset from, std::size_t bytes_max) const override;
  ReadPlan plan_offsets(LogId log, const std::vector<Offset>& offsets) const override;
  ReadPlan plan_time(LogId log, WallTime time) const override;
  void fetch(ReadPlan plan, Completion<std::vector<StoredBatch>> done) override;
  void study(ReadPlan plan, UniqueFunction<void(Result<std::vector<StoredBatch>>)> study,
             UniqueFunction<void()> done) override;
  void read_ahead(LogId log, Offset from, Offset done_before) override;
  Seq seq_of(LogId log, Offset offset) const override;
  std::optional<Seq> last_seq(LogId log) const override;
  std::vector<std::pair<Offset, Offset>> damaged(LogId log) const override;
  Catalog& catalog() override { return catalog_; }
  TimerWheel& timers() override;
  /// While the journal is replayed, the time at which it was written: what rooms schedule then is
  /// due soon, wherever the clock stands afterwards.
  Instant now() const override {
    return recovering_ && sealed_at_ ? sealed_at_->instant : world_.clock.now();
  }
  WallTime wall() const override { return world_.clock.wall(); }
  std::uint64_t random() override { return world_.random.next_u64(); }
  CoreExecutor& executor() override { return world_.executor; }
  void attach_machine(EntryType type, StateMachine& machine) override;

  void on_timer(std::uint32_t owner, std::uint64_t token, Instant now) override;

 private:
  struct InFlight {
    std::uint64_t seq = 0;
    std::vector<CommitWaiter> waiters;
    std::vector<PlacedBatch> batches;
    std::size_t bytes = 0;
    bool witness = false;  // an empty block: needs no witness of its own
  };
  struct SegmentState {
    std::shared_ptr<const Segment> segment;
    std::uint64_t file_bytes = 0;
    std::size_t ranges = 0;
    bool unyielding = false;  // little lives in it, in batches that must stay whole
  };
  struct RetiredSegment {
    SegmentId id;
    std::uint64_t block_seq;
  };
  struct DrainTask;
  struct DrainResult;
  using NewSegments =
      std::vector<std::pair<std::shared_ptr<const Segment>, std::vector<SegmentRange>>>;
  struct CleanTask;
  struct CleanedStep;
  struct CleanEntry;
  struct Studied;
  static constexpr std::uint32_t kWitnessOwner = 1;
  static constexpr std::uint32_t kHousekeepingOwner = 2;

  // core_impl.cc: the commit path
  void touch();
  void end_turn();
  void update_alarm();
  void maybe_seal();
  void seal();
  void block_written(std::uint64_t seq);
  void block_durable(Result<> outcome);
  void show(const InFlight& flight, Durability reached);
  void complete(InFlight& flight, Durability reached);
  void fail(const Error& error);
  void witness_if_idle(std::uint64_t seq);
  void witness_if_calendar_moved();
  void housekeeping();

  // core_logs.cc
  LogIndex* find(LogId log);
  const LogIndex& at(LogId log) const;
  LogIndex& at(LogId log);
  LogIndex& find_or_make(LogId log);
  void forget(LogIndex& log, Offset upto);
  void drop_range_of(const std::shared_ptr<const Segment>& segment);
  struct ColdRun;
  void add_resident(ReadPlan& plan, ColdRun& cold, const Extent& extent) const;
  bool is_cached(const LogIndex& log, Offset offset) const;

  // core_recovery.cc
  Result<> load_checkpoint(const Superblock& superblock, ReplayStart& start);
  Result<> restore(std::string_view bytes);
  void pass_to(ClockReading sealed_at);
  Result<std::shared_ptr<const Segment>> open_recovered(SegmentId id);
  Result<> replay_block(const ReplayedBlock& block);
  Result<> replay_entry(const struct Entry& entry, const ReplayedBlock& block, std::size_t at);
  void replay_batch(const struct Entry& entry, const ReplayedBlock& block, std::size_t at);
  void drop_unclaimed_logs();
  void pass_over_damage(const ReplayEnd& end);
  void tell_damage() const;

  // core_checkpoint.cc
  void checkpoint_if_due();
  void start_checkpoint();
  void write_checkpoint();
  std::string snapshot() const;
  void checkpoint_done(Result<Superblock> stored);
  void release_storage();
  void finish_stop();

  // core_scrub.cc
  void scrub_if_due();
  void scrub_done(Result<ScrubStep> step);

  // core_drain.cc
  void drain_if_due();
  void inspect_if_due();
  void start_drain(std::uint32_t cutoff, std::optional<SegmentId> replaced);
  void plan_extents_before(const LogIndex& log, std::uint32_t cutoff, ReadPlan& plan) const;
  void run_drain(DrainTask task);
  void drain_done(DrainResult result);
  void apply_drain(std::uint32_t cutoff, std::uint64_t replaced, const NewSegments& segments);
  Result<> replay_drain(std::string_view payload);
  std::vector<SegmentId> mostly_dead_segments() const;
  static Result<NewSegments> open_written(SegmentStore& store, std::vector<DrainedSegment> written);
  static void write_segments(ByteWriter& out, const NewSegments& segments);
  Result<NewSegments> read_segments(ByteReader& in);
  void add_segments(const NewSegments& segments);
  void remove_unnamed(const NewSegments& segments);

  // core_clean.cc
  void clean_on();
  void study_dirty();
  void clean_after_drain();
  void dirty_studied(const Studied& studied);
  std::optional<DrainLog> next_group(const LogIndex& log, CleanEntry& entry,
                                     std::uint64_t& bytes) const;
  void clean_next_group(LogIndex& log);
  void group_cleaned(CleanedStep step);
  void end_pass(LogIndex& log);
  void end_cleaning(std::optional<Error> trouble);
  void note_cleaning(LogId log, const CleanEntry& entry);
  void apply_cleaning(LogIndex& log, const CleanEntry& entry);
  Result<> replay_cleaning(LogId log, std::string_view payload);

  CoreWorld world_;
  const CoreOptions options_;
  TimerWheel timers_;
  CatalogState catalog_;
  Machines machines_;

  OpenBlock open_;
  std::optional<InFlight> in_flight_;
  const InFlight* completing_ = nullptr;  // whose waiters are being told
  bool turn_scheduled_ = false;
  bool seal_wanted_empty_ = false;
  std::optional<Instant> alarm_;
  std::optional<Error> failure_;
  std::uint64_t sealed_seq_ = 0;
  std::optional<ClockReading> sealed_at_;  // the newest block, in this run or an earlier one
  std::uint64_t durable_seq_ = 0;
  std::uint32_t last_header_crc_ = 0;
  JournalPosition end_position_;
  std::uint64_t record_seq_ = 1;

  std::unordered_map<LogId, std::unique_ptr<LogIndex>> logs_;
  mutable StoredCount stored_;
  mutable std::size_t next_bucket_ = 0;      // of logs_, while a count is under way
  mutable std::size_t counted_buckets_ = 0;  // of that count
  std::vector<std::unique_ptr<LogIndex>> dropped_;  // until the open block no longer names them
  std::uint32_t next_log_id_ = 1;
  std::uint64_t next_segment_id_ = 1;
  std::size_t extents_ = 0;
  TailCache tail_;
  ReadAhead ahead_;
  std::unordered_set<LogId> reading_ahead_;
  std::map<SegmentId, SegmentState> segments_;
  std::vector<RetiredSegment> retired_;

  Superblock superblock_;
  std::optional<PendingCheckpoint> checkpoint_;  // taken, not yet stored
  std::uint64_t checkpoint_id_ = 0;              // of the last one, stored or not
  Instant checkpoint_since_{0};
  Duration checkpoint_took_{0};  // the last one, from the snapshot to the superblock, or to read it
  std::uint64_t bytes_since_checkpoint_ = 0;
  bool checkpoint_wanted_ = false;
  bool checkpoint_writing_ = false;
  bool draining_ = false;  // segments are written: by a drain or a step of a cleaning
  std::shared_ptr<CleanTask> cleaning_;
  std::uint64_t bytes_replaced_ = 0;  // by cleanings, since the newest checkpoint
  int unreadable_drains_ = 0;         // in a row
  Instant last_inspection_{0};
  std::uint64_t inspected_at_ = 0;      // bytes drained by then
  std::vector<SegmentId> mostly_dead_;  // found then, not gone yet
  bool scrubbing_ = false;
  std::optional<Instant> next_scrub_;
  std::optional<SegmentId> scrub_segment_;  // while a pass goes on
  ScrubPlace scrub_place_;
  UniqueFunction<void()> stopping_;
  bool stopped_ = false;

  bool recovering_ = false;
  std::uint64_t replay_seq_ = 0;
  std::unordered_set<LogId> seen_since_damage_;  // only while recovering, as the next
  std::uint64_t records_lost_ = 0;
  std::uint64_t last_record_block_ = 0;
  bool after_damage_ = false;
  std::vector<DamagedBlocks> damage_;
  bool full_ = false;
  std::uint64_t free_bytes_ = 0;
  CoreStats stats_;
  CountHistogram block_records_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace twofold::engine
