#include <algorithm>
#include <cstring>
#include <string>

#include "engine/base/check.h"
#include "engine/base/diag.h"
#include "engine/clean.h"
#include "engine/cold_run.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kStudyBytes = 4 << 20;  // of the dirty part, read at once
constexpr std::size_t kPieceBytes = 4 << 20;  // held in memory while a group is rewritten

}  // namespace

/// A cleaning while it is under way: passes over the log, each with a map of its own.
struct CoreImpl::CleanTask {
  LogId log{0};
  CleanOrder order{Offset{0}, Duration{0}};
  Completion<Cleaned> done;
  Cleaned report{};
  WallTime began{0};
  bool waits = false;  // for a drain

  // the pass at hand
  std::shared_ptr<OffsetMap> map;
  Offset seen{0};        // the map knows the keys before it, from where the pass before ended
  bool full = false;     // of keys: another pass follows
  bool studied = false;  // the map is as it will be
  Offset at{0};          // groups before it are done
  bool all_clean = true;
  std::optional<WallTime> tombstones_due{};
};

/// What a step of a cleaning changes: the ranges that go, what takes their place, how clean it is
/// now.
struct CoreImpl::CleanEntry {
  std::vector<SegmentId> replaced;
  Offset resident_upto{0};  // extents that end at or before it go, too
  NewSegments segments;
  Offset holes_upto{0};                  // behind the last record that was dropped; 0: none was
  std::optional<CleaningStatus> status;  // at the end of a pass
};

struct CoreImpl::Studied {
  KeysSeen keys{Offset{0}};
  std::uint64_t bytes = 0;
  std::optional<Error> trouble;
};

struct CoreImpl::CleanedStep {
  Result<CleanedGroup> group;
  CleanEntry entry;
  Offset end;
};

CleaningStatus CoreImpl::cleaning(LogId log, Offset upto) const {
  return at(log).cleaning(std::min(upto, at(log).visible_end));
}

void CoreImpl::clean(LogId log, CleanOrder order, Completion<Cleaned> done) {
  if (cleaning_) return done(Error(Errc::overloaded, "another log is being cleaned"));
  if (failure_ || stopping_ || stopped_)
    return done(Error(Errc::shutting_down, "the broker is shutting down"));
  order.upto = std::min(order.upto, at(log).visible_end);
  cleaning_ = std::make_shared<CleanTask>();
  cleaning_->log = log;
  cleaning_->order = order;
  cleaning_->done = std::move(done);
  cleaning_->began = wall();
  clean_on();
}

// The next step, unless one is under way. Whatever is left of a pass is decided anew each time:
// between two steps the log may have been trimmed, drained or dropped.
void CoreImpl::clean_on() {
  if (!cleaning_) return;
  CleanTask& task = *cleaning_;
  LogIndex* const log = find(task.log);
  if (failure_ || stopping_ || stopped_)
    return end_cleaning(Error(Errc::shutting_down, "the broker is shutting down"));
  if (!log) return end_cleaning(Error(Errc::topic_not_found, "the log was dropped"));
  if (!task.map) {
    OffsetMap::Secret secret;
    const std::uint64_t words[] = {random(), random()};
    static_assert(sizeof words == sizeof secret);
    std::memcpy(secret.data(), words, sizeof secret);
    task.map = std::make_shared<OffsetMap>(options_.clean_map_bytes, secret);
    task.seen = std::max(log->cleaned_upto, log->start);
    task.full = task.studied = false;
    task.at = log->start;
    task.all_clean = true;
    task.tombstones_due.reset();
    ++task.report.passes;
  }
  if (!task.studied) return study_dirty();
  // The journal's own work comes first: it makes room for what is being written.
  if (!task.waits) drain_if_due();
  task.waits = draining_;
  if (!draining_) clean_next_group(*log);
}

// A drain has ended. One that failed is tried again first, and not at once.
void CoreImpl::clean_after_drain() {
  if (!cleaning_ || !cleaning_->waits || draining_) return;
  world_.executor.post([this, alive = alive_, task = std::weak_ptr(cleaning_)] {
    if (*alive && task.lock() == cleaning_ && cleaning_ && cleaning_->waits) clean_on();
  });
}

void CoreImpl::study_dirty() {
  CleanTask& task = *cleaning_;
  task.seen = std::max(task.seen, at(task.log).start);
  ReadPlan plan(task.log);
  if (task.seen < task.order.upto) plan = plan_read(task.log, task.seen, kStudyBytes);
  if (plan.empty()) {
    task.seen = std::max(task.seen, task.order.upto);
    task.studied = true;
    return clean_on();
  }
  auto seen = std::make_shared<Studied>();
  const Offset end = plan.pieces().back().upto;
  study(
      std::move(plan),
      [seen, map = task.map, from = task.seen, upto = task.order.upto, end](auto batches) {
        if (!batches) {
          seen->trouble = batches.error();
          return;
        }
        for (const StoredBatch& batch : *batches) seen->bytes += batch.bytes.size();
        seen->keys = see_keys(*batches, from, upto, *map);
        if (batches->empty()) seen->keys.upto = end;  // nothing is left of what the plan named
      },
      [this, alive = alive_, seen] {
        if (*alive) dirty_studied(*seen);
      });
}

void CoreImpl::dirty_studied(const Studied& studied) {
  CleanTask& task = *cleaning_;
  task.report.read_bytes += studied.bytes;
  stats_.cleaned_read_bytes += studied.bytes;
  if (studied.trouble) {
    const Offset behind{studied.trouble->number};
    const bool damaged = studied.trouble->code == Errc::data_damaged && behind > task.seen;
    if (!damaged) return end_cleaning(*studied.trouble);
    task.seen = behind;  // what was there supersedes nothing
    return clean_on();
  }
  task.seen = studied.keys.upto;
  task.full = studied.keys.full;
  task.studied = task.full || task.seen >= task.order.upto;
  clean_on();
}

// Neighbouring ranges that fit one segment together; then what is still in the journal. Nullopt
// when the pass has come to its end.
std::optional<DrainLog> CoreImpl::next_group(const LogIndex& log, CleanEntry& entry,
                                             std::uint64_t& bytes) const {
  const CleanTask& task = *cleaning_;
  DrainLog group{log.id,      ReadPlan(log.id), log.start, log.start,
                 WallTime{0}, std::nullopt,     nullptr};
  const auto first = std::partition_point(log.sealed.begin(), log.sealed.end(),
                                          [&](const auto& s) { return s.range.upto <= task.at; });
  for (auto s = first; s != log.sealed.end() && s->range.first < task.seen; ++s) {
    if (bytes > 0 && bytes + s->range.bytes > options_.segment_bytes) break;
    bytes += s->range.bytes;
    group.plan.add(ReadPlan::Piece{
        std::max(log.start, s->range.first), s->range.upto, StoredBatch{nullptr, {}, Seq{0}},
        s->segment, kPieceBytes
    });
    group.upto = s->range.upto;
    group.append_time = std::max(group.append_time, s->range.append_time);
    entry.replaced.push_back(s->segment->id());
  }
  if (!group.plan.empty()) return group;

  ColdRun cold{group.plan, world_.journal, {}, 0, Offset{0}, Offset{0}, 0};
  for (const auto* e = log.find(task.at); e != log.extents_end(); ++e) {
    if (e->first() >= task.seen || e->upto() > log.visible_end) break;
    if (bytes > 0 && bytes + e->bytes > options_.segment_bytes) break;
    bytes += e->bytes;
    add_resident(group.plan, cold, *e);
    if (cold.bytes >= kPieceBytes) cold.flush();
    group.upto = entry.resident_upto = e->upto();
    group.append_time = WallTime{e->append_ms};
  }
  cold.flush();
  if (group.plan.empty()) return std::nullopt;
  return group;
}

void CoreImpl::clean_next_group(LogIndex& log) {
  CleanTask& task = *cleaning_;
  CleanEntry entry;
  std::uint64_t bytes = 0;
  auto group = next_group(log, entry, bytes);
  if (!group) return end_pass(log);
  // What the journal holds is the log's end: a part of it cannot stay there when more follows.
  const auto* const next = log.find(group->upto);
  const bool amid = entry.resident_upto > Offset{0} && next != log.extents_end() &&
                    next->first() < task.seen && next->upto() <= log.visible_end;
  const bool small = entry.replaced.size() > 1 && bytes <= options_.segment_bytes / 2;
  draining_ = true;
  const CleanRules rules{task.map,      log.start,
                         task.seen,     advance(log.visible_end, -1),
                         task.began,    task.began + task.order.tombstones,
                         task.all_clean};
  const auto first_id = next_segment_id_;
  next_segment_id_ += 2 + bytes / options_.segment_bytes * 2;
  auto finish = [this, alive = alive_](CleanedStep step) {
    if (*alive) group_cleaned(std::move(step));
  };
  world_.pool.post([&core = world_.executor, &store = world_.segments, first_id,
                    segment_bytes = options_.segment_bytes, group = std::move(*group), rules,
                    merge = small || amid, entry = std::move(entry),
                    finish = std::move(finish)]() mutable {
    CleanedStep step{clean_group(store, first_id, segment_bytes, group, rules, merge),
                     std::move(entry), group.upto};
    if (step.group && step.group->rewritten) {
      auto opened = open_written(store, std::exchange(step.group->written.segments, {}));
      if (opened) {
        step.entry.segments = std::move(*opened);
      } else {
        step.group = opened.error();
      }
    }
    core.post([finish = std::move(finish), step = std::move(step)]() mutable {
      finish(std::move(step));
    });
  });
}

void CoreImpl::group_cleaned(CleanedStep step) {
  draining_ = false;
  TF_CHECK(cleaning_ != nullptr);
  CleanTask& task = *cleaning_;
  if (!step.group) return end_cleaning(step.group.error());
  LogIndex* const log = find(task.log);
  if (failure_ || stopped_ || !log) {
    remove_unnamed(step.entry.segments);
    return clean_on();
  }
  CleanedGroup& group = *step.group;
  task.at = step.end;
  task.all_clean = group.all_clean;
  if (group.tombstones_due &&
      (!task.tombstones_due || *group.tombstones_due < *task.tombstones_due))
    task.tombstones_due = group.tombstones_due;
  task.report.read_bytes += group.read_bytes;
  task.report.written_bytes += group.written.bytes;
  task.report.removed += group.records_removed;
  stats_.cleaned_read_bytes += group.read_bytes;
  stats_.cleaned_written_bytes += group.written.bytes;
  if (group.rewritten) {
    stats_.cleaned_records += group.records_removed;
    // Whoever reads them as a queue is done with them in the same commit.
    if (!group.removed.empty()) {
      step.entry.holes_upto = group.removed.back().second;
      for (std::size_t i = 0; i < log->listeners.size(); ++i)
        log->listeners[i]->on_removed(task.log, group.removed);
    }
    note_cleaning(task.log, step.entry);
    apply_cleaning(*log, step.entry);
  }
  clean_on();
}

// The whole part before `seen` is clean now.
void CoreImpl::end_pass(LogIndex& log) {
  CleanTask& task = *cleaning_;
  const WallTime due = task.tombstones_due.value_or(WallTime{0});
  CleanEntry entry;
  entry.status.emplace();
  entry.status->cleaned_upto = task.seen;
  entry.status->cleaned_at = wall();
  entry.status->tombstones_due = due;
  note_cleaning(task.log, entry);
  apply_cleaning(log, entry);
  task.report.upto = task.seen;
  task.map.reset();
  if (!task.full) return end_cleaning(std::nullopt);
  // Others wait for the core, too.
  world_.executor.post([this, alive = alive_] {
    if (*alive) clean_on();
  });
}

void CoreImpl::end_cleaning(std::optional<Error> trouble) {
  const auto task = std::move(cleaning_);
  if (bytes_replaced_ >= options_.segment_bytes) {
    bytes_replaced_ = 0;
    checkpoint_wanted_ = true;  // until then the old segments take room
    touch();
  }
  if (trouble) return task->done(std::move(*trouble));
  ++stats_.cleanings;
  task->done(task->report);
}

void CoreImpl::note_cleaning(LogId log, const CleanEntry& entry) {
  std::string payload;
  ByteWriter out(payload);
  out.uvarint(entry.replaced.size());
  for (const SegmentId id : entry.replaced) out.fixed(id.value());
  out.varint(entry.resident_upto.value());
  write_segments(out, entry.segments);
  out.varint(entry.holes_upto.value());
  out.fixed<std::uint8_t>(entry.status ? 1 : 0);
  if (entry.status) {
    out.varint(entry.status->cleaned_upto.value());
    out.varint(entry.status->cleaned_at.value());
    out.varint(entry.status->tombstones_due->value());
  }
  note(EntryType::log_cleaned, log.value(), payload);
}

void CoreImpl::apply_cleaning(LogIndex& log, const CleanEntry& entry) {
  std::erase_if(log.sealed, [&](const SealedRange& s) {
    const auto id = s.segment->id();
    if (std::find(entry.replaced.begin(), entry.replaced.end(), id) == entry.replaced.end())
      return false;
    bytes_replaced_ += s.range.bytes;
    drop_range_of(s.segment);
    return true;
  });
  extents_ -= log.drop_extents_before(entry.resident_upto);
  add_segments(entry.segments);
  if (entry.holes_upto > Offset{0}) {
    ++log.rewrites;
    ahead_.drop(log.id);
  }
  log.holes_upto = std::max(log.holes_upto, entry.holes_upto);
  if (!entry.status) return;
  log.cleaned_upto = entry.status->cleaned_upto;
  log.cleaned_at = entry.status->cleaned_at;
  log.tombstones_due = *entry.status->tombstones_due;
}

Result<> CoreImpl::replay_cleaning(LogId id, std::string_view payload) {
  ByteReader in(payload);
  CleanEntry entry;
  for (auto n = in.count(8); n > 0; --n) entry.replaced.emplace_back(in.fixed<std::uint64_t>());
  entry.resident_upto = Offset{in.varint()};
  auto segments = read_segments(in);
  if (!segments) return segments.error();
  entry.segments = std::move(*segments);
  entry.holes_upto = Offset{in.varint()};
  if (in.fixed<std::uint8_t>() != 0) {
    entry.status.emplace();
    entry.status->cleaned_upto = Offset{in.varint()};
    entry.status->cleaned_at = WallTime{in.varint()};
    entry.status->tombstones_due = WallTime{in.varint()};
  }
  if (!in.done()) return Error(Errc::data_damaged, "an entry about a cleaning does not parse");
  if (LogIndex* const log = find(id)) {
    apply_cleaning(*log, entry);
  } else {
    add_segments(entry.segments);  // of a log dropped later in the block: nothing of it is kept
  }
  return {};
}

}  // namespace twofold::engine
