#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/executor.h"
#include "engine/base/ids.h"
#include "engine/catalog.h"
#include "engine/cleaning.h"
#include "engine/durability.h"
#include "engine/read_plan.h"
#include "engine/record.h"
#include "engine/state_machine.h"
#include "engine/timers.h"

namespace twofold::engine {

template <class T>
using Completion = UniqueFunction<void(Result<T>)>;

/// Hears in the turn of a write what it will be answered with, but for what only the commit tells
/// (places in the total order, the durability reached).
template <class T>
using Decided = UniqueFunction<void(const T&)>;

/// What kind of work asks to be admitted: consuming must go on where publishing has to stop.
enum class Admission { publish, consume };

/// Hears about one log: topics wake their readers, queues their receivers.
class LogListener {
 public:
  virtual ~LogListener() = default;
  /// Records before `end` may be shown from now on.
  virtual void on_visible(LogId log, Offset end) = 0;
  /// Records before `start` are gone (retention, trim).
  virtual void on_trimmed(LogId log, Offset start) = 0;
  /// A cleaning is about to drop these records: they can still be read now, and never again.
  virtual void on_removed(LogId, const OffsetRuns&) {}
};

/// Says which records of a log still matter, so that draining and rewriting drop the others.
class Liveness {
 public:
  virtual ~Liveness() = default;
  virtual bool is_live(LogId log, Offset offset) const = 0;
  /// How many of [from, upto) are live. Rooms that can count faster do.
  virtual std::int64_t live_in(LogId log, Offset from, Offset upto) const;
};

struct LogOptions {
  Durability visible_at = Durability::disk;  ///< records show themselves once this holds
  const Liveness* liveness = nullptr;        ///< null: every record from the start offset on lives
};

/// Numbers of one log that everybody may ask for.
struct LogStatus {
  Offset start;             ///< oldest offset kept
  Offset visible_end;       ///< one past the newest offset that readers may see
  Offset end;               ///< one past the newest offset given out
  std::uint64_t bytes;      ///< of batches kept
  WallTime oldest_append;   ///< append time of the oldest kept batch (0 when empty)
  std::size_t segments = 0;          ///< sealed ones that hold some of it
};

/// What lies before a reader of one log: the unit in which lag is told, whoever reads.
struct LogBacklog {
  std::int64_t records;    ///< offsets up to the visible end
  std::uint64_t bytes;     ///< of the batches that hold them, about
  WallTime oldest_append;  ///< of about the first of them (0 when there are none)
};

/// When records were appended: those from the one asked about up to `upto`, all at once.
struct AppendedAt {
  WallTime at;
  Offset upto;
};

/// The one thread that decides. Rooms call it while running on it, and write through it.
///
/// Contract
///   one turn, one commit   everything written (append, note, catalog) between entering and leaving
///                          the core lands in one journal block: kept whole or not at all.
///   admit()                comes first and may refuse; after it the turn must go through.
///   on_commit()            runs once this turn's block holds the asked durability, in commit order;
///                          or with storage_failed: the outcome is then unknown.
///   visibility             readers see a record only once its log's durability class holds for it.
/// Units     bytes and milliseconds. Threads: the core only, except executor() and clock().
class Core {
 public:
  virtual ~Core() = default;

  // -- writing ---------------------------------------------------------------------------------
  /// Errors: overloaded, storage_full (publish only), storage_failed, shutting_down (publish only).
  virtual Result<> admit(Admission kind, std::size_t bytes) = 0;
  /// Gives the record its offset. Small appends to one log in one block share one batch.
  virtual Offset append(LogId log, const NewRecord& record) = 0;
  /// Appends a whole verified batch as it is; its base offset is set here.
  virtual Offset append_batch(LogId log, std::string_view batch) = 0;
  /// Journals a state change that the caller has made.
  virtual void note(EntryType type, std::uint32_t owner, std::string_view payload) = 0;
  virtual void on_commit(Durability durability, Completion<Durability> done) = 0;

  // -- logs ------------------------------------------------------------------------------------
  virtual LogId new_log_id() = 0;
  /// Opens a log, new or recovered. Called from catalog watchers, so the same on replay.
  virtual void open_log(LogId log, LogOptions options) = 0;
  /// Forgets the log and everything in it.
  virtual void drop_log(LogId log) = 0;
  virtual void listen(LogId log, LogListener& listener) = 0;
  virtual void unlisten(LogId log, LogListener& listener) = 0;
  virtual LogStatus status(LogId log) const = 0;
  /// Of batches kept, in all logs. Looks at some more of them with each call (stored_count.h).
  virtual std::uint64_t stored_bytes() const = 0;
  /// What a reader has not read who has come to `from`. O(log batches).
  virtual LogBacklog backlog(LogId log, Offset from) const = 0;
  /// About when the record was appended: of sealed segments, the newest of a stretch. O(log batches).
  virtual AppendedAt appended_at(LogId log, Offset offset) const = 0;
  /// Forgets records before `start`; journaled only when `durable_decision` (a retention or trim
  /// that the state machines cannot derive again).
  virtual void trim(LogId log, Offset start, bool durable_decision) = 0;
  /// The newest offset such that everything before it was appended before `time` (retention).
  virtual Offset first_appended_since(LogId log, WallTime time) const = 0;
  /// The newest start offset that leaves at least `bytes` in the log: what goes are whole batches.
  virtual Offset start_for_size(LogId log, std::uint64_t bytes) const = 0;
  /// The newest start offset that leaves at least `count` visible records in the log.
  virtual Offset start_for_count(LogId log, std::uint64_t count) const = 0;

  // -- cleaning (cleaning.h) -------------------------------------------------------------------
  /// How clean the part of a log before `upto` is.
  virtual CleaningStatus cleaning(LogId log, Offset upto) const = 0;
  /// Cleans a log, in steps between which everything else goes on; `done` runs on the core when it
  /// has come to its end. One at a time: overloaded while another is under way. What was done before
  /// an error stays done.
  virtual void clean(LogId log, CleanOrder order, Completion<Cleaned> done) = 0;

  // -- reading ---------------------------------------------------------------------------------
  /// Visible records from `from` on: whole batches, at least one, then up to `bytes_max`.
  /// Empty when `from` is at the visible end. Requires start <= from.
  virtual ReadPlan plan_read(LogId log, Offset from, std::size_t bytes_max) const = 0;
  /// Exactly the batches that hold `offsets` (ascending). What is damaged is a piece that says so:
  /// best salvaged.
  virtual ReadPlan plan_offsets(LogId log, const std::vector<Offset>& offsets) const = 0;
  /// A plan that begins with the first batch whose newest timestamp is at or after `time`.
  virtual ReadPlan plan_time(LogId log, WallTime time) const = 0;
  /// Fetches off the core and comes back to it.
  virtual void fetch(ReadPlan plan, Completion<std::vector<StoredBatch>> done) = 0;
  /// Fetches off the core and lets `study` look at it there; then `done` runs on the core.
  virtual void study(ReadPlan plan,
                     UniqueFunction<void(Result<std::vector<StoredBatch>>)> study,
                     UniqueFunction<void()> done) = 0;
  /// A reader of `log` has come to `from` and needs nothing before `done_before` any more: what
  /// comes next is fetched from the device before he asks, if it has to come from there.
  virtual void read_ahead(LogId log, Offset from, Offset done_before) = 0;
  /// The place of a record in the total order, once its block is sealed. Inside on_commit's
  /// completion it is known even when the log or the record is gone already; else 0 for those.
  virtual Seq seq_of(LogId log, Offset offset) const = 0;
  /// The place of the newest record that the log was ever given, kept or not; 0: none. nullopt while
  /// that record waits for its block to be sealed and has no place yet.
  virtual std::optional<Seq> last_seq(LogId log) const = 0;
  /// Stretches whose bytes were destroyed: nothing in them will ever be read again.
  virtual std::vector<std::pair<Offset, Offset>> damaged(LogId log) const = 0;

  // -- the rest of the world -------------------------------------------------------------------
  virtual Catalog& catalog() = 0;
  virtual TimerWheel& timers() = 0;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
  virtual std::uint64_t random() = 0;
  virtual CoreExecutor& executor() = 0;
  /// Must be called before recovery. `type` is one that rooms above note.
  virtual void attach_machine(EntryType type, StateMachine& machine) = 0;
};

}  // namespace twofold::engine
