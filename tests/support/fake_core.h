#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/manual_executor.h"
#include "engine/base/random.h"
#include "engine/core.h"

namespace twofold::tests {

using engine::Durability;
using engine::Duration;
using engine::EntryType;
using engine::Instant;
using engine::LogId;
using engine::Offset;
using engine::Seq;
using engine::WallTime;

/// One stored batch and what a log remembers of it.
struct FakeBatch {
  Offset base;
  Offset upto;
  Seq seq;
  WallTime appended;
  WallTime newest;
  std::shared_ptr<const std::string> bytes;
};

/// What a room wrote, in the order of writing.
struct FakeNote {
  EntryType type;
  std::uint32_t owner;
  std::string payload;
};
struct FakeDefinition {
  std::string key;
  std::optional<std::string> value;  // absent: removed
};
using FakeEntry = std::variant<FakeNote, FakeDefinition>;

/// What outlives a FakeCore: only what was committed, and the last checkpoint.
struct FakeDisk {
  struct Log {
    std::deque<FakeBatch> batches;
    Offset start{0};
    Offset end{0};
  };
  std::map<LogId, Log> logs;
  std::vector<FakeEntry> entries;                     // since the checkpoint
  std::map<std::string, engine::Document> documents;  // at the checkpoint
  std::map<EntryType, std::string> snapshots;
  std::uint64_t next_seq = 1;
  std::uint32_t next_log = 1;
  std::uint64_t lives = 0;  // of cores over it: each has its own random numbers
};

class FakeCatalog;

/// The core as rooms see it, in memory, with every outside event in the hands of the test.
///
///   commit()   what was written since the last commit becomes durable: listeners hear of it, then
///              completions run. Until then nothing shows; a crash before it loses it all.
///   pass(time) moves the clock, firing timers on the way.
///   A crash is destroying rooms and core; a restart is a new FakeCore over the same FakeDisk, the
///   rooms on it, and recover().
/// Threads  the test's.
class FakeCore final : public engine::Core {
 public:
  FakeCore(FakeDisk& disk, engine::ManualClock& clock);
  ~FakeCore() override;

  // -- what the test decides ---------------------------------------------------------------------
  /// Replays the disk into the rooms; with an empty disk, only tells them that they may start.
  void recover();
  void commit();
  /// As commit(), but the sync fails: completions get storage_failed and nothing is kept.
  void fail_commit();
  /// Runs what was posted (fetches among it) until nothing is left.
  void run() { executor_.run_until_idle(); }
  /// Runs the oldest of it; false when there is nothing.
  bool step() { return executor_.step(); }
  void pass(Duration time);
  /// Snapshots of all machines replace the entries so far. Everything must have been committed.
  void checkpoint();
  std::string snapshot(EntryType type) const;
  /// From now on this kind of work is refused with `code`; absent: admitted again.
  void refuse(engine::Admission kind, std::optional<engine::Errc> code);
  std::size_t uncommitted() const { return pending_.size(); }
  /// What cleaning() answers from now on, and the cleanings that were asked for: the test ends them.
  std::map<LogId, engine::CleaningStatus> cleanness;
  struct Cleaning {
    LogId log;
    engine::CleanOrder order;
    engine::Completion<engine::Cleaned> done;
  };
  std::vector<Cleaning> cleanings;
  /// What a cleaning does to a log: listeners hear of it, then these records are gone.
  void remove(LogId log, const std::vector<Offset>& offsets);
  /// Destroys the bytes of the batches in [from, upto).
  void damage(LogId log, Offset from, Offset upto);

  // -- engine::Core
  // --------------------------------------------------------------------------------
  engine::Result<> admit(engine::Admission kind, std::size_t bytes) override;
  Offset append(LogId log, const engine::NewRecord& record) override;
  Offset append_batch(LogId log, std::string_view batch) override;
  void note(EntryType type, std::uint32_t owner, std::string_view payload) override;
  void on_commit(Durability durability, engine::Completion<Durability> done) override;
  LogId new_log_id() override;
  void open_log(LogId log, engine::LogOptions options) override;
  void drop_log(LogId log) override;
  void listen(LogId log, engine::LogListener& listener) override;
  void unlisten(LogId log, engine::LogListener& listener) override;
  engine::LogStatus status(LogId log) const override;
  std::uint64_t stored_bytes() const override { return 0; }
  engine::AppendedAt appended_at(LogId log, Offset offset) const override;
  engine::LogBacklog backlog(LogId log, Offset from) const override;
  void trim(LogId log, Offset start, bool durable_decision) override;
  Offset first_appended_since(LogId log, WallTime time) const override;
  Offset start_for_size(LogId log, std::uint64_t bytes) const override;
  Offset start_for_count(LogId log, std::uint64_t count) const override;
  engine::CleaningStatus cleaning(LogId log, Offset upto) const override;
  void clean(LogId log, engine::CleanOrder order, engine::Completion<engine::Cleaned> done) override;
  engine::ReadPlan plan_read(LogId log, Offset from, std::size_t bytes_max) const override;
  engine::ReadPlan plan_offsets(LogId log, const std::vector<Offset>& offsets) const override;
  engine::ReadPlan plan_time(LogId log, WallTime time) const override;
  void study(engine::ReadPlan plan,
             engine::UniqueFunction<void(engine::Result<std::vector<engine::StoredBatch>>)> study,
             engine::UniqueFunction<void()> done) override;
  void read_ahead(LogId, Offset, Offset) override {}
  void fetch(engine::ReadPlan plan,
             engine::Completion<std::vector<engine::StoredBatch>> done) override;
  Seq seq_of(LogId log, Offset offset) const override;
  std::optional<Seq> last_seq(LogId log) const override;
  std::vector<std::pair<Offset, Offset>> damaged(LogId id) const override {
    return log(id).damaged;
  }
  engine::Catalog& catalog() override;
  engine::TimerWheel& timers() override { return timers_; }
  Instant now() const override { return clock_.now(); }
  WallTime wall() const override { return clock_.wall(); }
  std::uint64_t random() override { return random_.next_u64(); }
  engine::CoreExecutor& executor() override { return executor_; }
  void attach_machine(EntryType type, engine::StateMachine& machine) override;

 private:
  friend class FakeCatalog;
  struct Log {
    std::deque<FakeBatch> batches;
    Offset start{0};
    Offset durable_start{0};
    Offset visible_end{0};
    Offset end{0};
    engine::LogOptions options;
    std::vector<engine::LogListener*> listeners;
    std::vector<std::pair<Offset, Offset>> damaged;  // whole batches, in order
  };
  Log& log(LogId id);
  const Log& log(LogId id) const;
  engine::WallTime append_time(LogId id);
  Offset store(LogId id, FakeBatch batch, std::int64_t records);
  engine::ReadPlan::Piece piece(const FakeBatch& batch, Offset from, std::size_t bytes_max) const;
  void write_to_disk();
  void show();

  FakeDisk& disk_;
  engine::ManualClock& clock_;
  engine::ManualExecutor executor_;
  engine::SeededRandom random_;
  engine::TimerWheel timers_;
  std::unique_ptr<FakeCatalog> catalog_;
  std::map<LogId, Log> logs_;
  std::map<LogId, Log> dropped_;  // whoever wrote there may still ask for a seq
  std::map<EntryType, engine::StateMachine*> machines_;
  std::vector<FakeEntry> pending_;
  std::vector<std::pair<Durability, engine::Completion<Durability>>> waiting_;
  std::map<engine::Admission, engine::Errc> refused_;
  std::uint64_t next_seq_;
  std::uint32_t next_log_;
};

}  // namespace twofold::tests
