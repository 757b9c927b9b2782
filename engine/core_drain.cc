#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/diag.h"
#include "engine/core_impl.h"
#include "engine/drain.h"

namespace twofold::engine {
namespace {

constexpr std::uint64_t kMostlyDead = 4;                  // less than a quarter lives
constexpr std::uint64_t kRewriteBytesMin = 1 << 20;
// How often segments are looked at for what can go: now and then, and when that many bytes of
// segments were written since, so that a fast device does not fill with what is dead.
constexpr Duration kInspectEvery = std::chrono::seconds{10};
constexpr std::uint64_t kInspectSegments = 4;
constexpr std::size_t kDrainPieceBytes = 4 << 20;
// As many drains in a row must have met bytes that cannot be read, a second apart at least, before
// those are given up.
constexpr int kUnreadableDrainsMax = 5;
constexpr std::int64_t kLiveStep = 64;

// Mostly whole stretches live or are dead: only where they mix is each offset asked for.
void append_live(const Liveness& liveness, LogId log, Offset from, Offset upto,
                 std::vector<Offset>& live) {
  while (from < upto) {
    const auto end = std::min(upto, advance(from, kLiveStep));
    const auto alive = liveness.live_in(log, from, end);
    const bool all = alive == distance(from, end);
    for (; from < end && alive > 0; from = advance(from, 1)) {
      if (all || liveness.is_live(log, from)) live.push_back(from);
    }
    from = end;
  }
}

}  // namespace

struct CoreImpl::DrainTask {
  std::uint32_t cutoff;      // journal files before this are emptied
  std::uint64_t replaced;    // or this segment; 0: none
  std::vector<DrainLog> logs;
};

struct CoreImpl::DrainResult {
  std::uint32_t cutoff;
  std::uint64_t replaced;
  Result<DrainOutcome> outcome;
  NewSegments segments;
};

void CoreImpl::drain_if_due() {
  if (draining_ || failure_ || stopping_ || stopped_) return;
  const auto oldest = world_.journal.oldest_file();
  const auto current = world_.journal.current_file();
  const bool many_files = current - oldest + 1 > options_.journal_files;
  if (many_files || extents_ > options_.extent_count_max) {
    // A quarter of what is kept goes at once: fewer, larger segments.
    const auto step = std::max<std::uint32_t>(1, options_.journal_files / 4);
    const auto cutoff = std::min(current, oldest + step);
    if (cutoff > oldest) return start_drain(cutoff, std::nullopt);
  }
  inspect_if_due();
  while (!mostly_dead_.empty()) {
    const SegmentId id = mostly_dead_.back();
    mostly_dead_.pop_back();
    if (segments_.contains(id)) return start_drain(0, id);
  }
}

// Looking at every range takes a while: not at every turn of the housekeeping.
void CoreImpl::inspect_if_due() {
  if (!mostly_dead_.empty()) return;
  const std::uint64_t written = stats_.drained_bytes - inspected_at_;
  const bool many = written >= kInspectSegments * options_.segment_bytes;
  if (!many && now() - last_inspection_ < kInspectEvery) return;
  last_inspection_ = now();
  inspected_at_ = stats_.drained_bytes;
  mostly_dead_ = mostly_dead_segments();
}

// One never-acked message must not pin a whole segment: what lives moves, the file goes. Ranges that
// begin before a log's start, or belong to queues, live only in part.
std::vector<SegmentId> CoreImpl::mostly_dead_segments() const {
  std::map<SegmentId, std::uint64_t> live;
  for (const auto& [id, log] : logs_) {
    for (const auto& s : log->sealed) {
      const auto from = std::max(log->start, s.range.first);
      const auto whole = std::max<std::uint64_t>(s.range.records, 1);
      const auto* liveness = log->options.liveness;
      const auto alive = static_cast<std::uint64_t>(
          liveness ? liveness->live_in(id, from, s.range.upto) : distance(from, s.range.upto));
      live[s.segment->id()] += s.range.bytes * std::min(alive, whole) / whole;
    }
  }
  std::vector<SegmentId> dead;
  for (const auto& [id, state] : segments_) {
    if (state.file_bytes < std::min(kRewriteBytesMin, options_.segment_bytes / 4)) continue;
    if (state.unyielding && live[id] > 0) continue;
    if (live[id] * kMostlyDead < state.file_bytes) dead.push_back(id);
  }
  return dead;
}

void CoreImpl::start_drain(std::uint32_t cutoff, std::optional<SegmentId> replaced) {
  DrainTask task{cutoff, replaced ? replaced->value() : 0, {}};
  for (const auto& [id, log] : logs_) {
    DrainLog part{id, ReadPlan(id), log->start, log->start, WallTime{0}, std::nullopt};
    if (replaced) {
      for (const auto& s : log->sealed) {
        if (s.segment->id() != *replaced) continue;
        part.plan.add(ReadPlan::Piece{std::max(log->start, s.range.first), s.range.upto,
                                      StoredBatch{nullptr, {}, Seq{0}}, s.segment,
                                      static_cast<std::size_t>(s.range.bytes) + 1});
        part.upto = s.range.upto;
        part.append_time = s.range.append_time;
      }
    } else {
      plan_extents_before(*log, cutoff, part.plan);
      const auto* e = log->extents_begin();
      while (e != log->extents_end() && e->file < cutoff) {
        part.upto = e->upto();
        part.append_time = WallTime{e->append_ms};
        ++e;
      }
    }
    if (part.plan.empty()) continue;
    if (const auto* liveness = log->options.liveness) {
      const auto from = std::max(log->start, part.plan.pieces().front().from);
      const auto alive = liveness->live_in(id, from, part.upto);
      if (alive == 0) continue;
      if (alive < distance(from, part.upto)) {
        part.live.emplace();
        append_live(*liveness, id, from, part.upto, *part.live);
      }
    }
    task.logs.push_back(std::move(part));
  }
  std::sort(task.logs.begin(), task.logs.end(),
            [](const auto& a, const auto& b) { return a.log < b.log; });
  draining_ = true;
  run_drain(std::move(task));
}

// All extents in files before `cutoff`, in pieces small enough to hold a few of in memory.
void CoreImpl::plan_extents_before(const LogIndex& log, std::uint32_t cutoff,
                                   ReadPlan& plan) const {
  for (const auto* e = log.extents_begin(); e != log.extents_end() && e->file < cutoff;) {
    std::vector<Journal::Stretch> stretches;
    const auto* const first = e;
    std::size_t bytes = 0;
    for (; e != log.extents_end() && e->file == first->file && bytes < kDrainPieceBytes; ++e) {
      stretches.push_back(Journal::Stretch{e->place, e->bytes, e->upto()});
      bytes += e->bytes;
    }
    plan.add(ReadPlan::Piece{first->first(), (e - 1)->upto(), StoredBatch{nullptr, {}, Seq{0}},
                             world_.journal.stored(first->file, std::move(stretches)), bytes});
  }
}

void CoreImpl::run_drain(DrainTask task) {
  // Numbers are given here, on the core; a crash before the note leaves files that nobody names.
  const auto first_id = next_segment_id_;
  std::uint64_t bytes = 0;
  for (const auto& log : task.logs) {
    for (const auto& piece : log.plan.pieces()) bytes += piece.bytes_max;
  }
  next_segment_id_ += 2 + bytes / options_.segment_bytes * 2;
  auto finish = [this, alive = alive_](DrainResult result) {
    if (*alive) drain_done(std::move(result));
  };
  auto work = [&core = world_.executor, &store = world_.segments, first_id,
               segment_bytes = options_.segment_bytes, task = std::move(task),
               unreadable = unreadable_drains_ < kUnreadableDrainsMax ? Unreadable::fail
                                                                      : Unreadable::leave_out,
               finish = std::move(finish)]() mutable {
    DrainResult result{task.cutoff, task.replaced,
                       write_drain(store, first_id, segment_bytes, task.logs, unreadable), {}};
    if (result.outcome) {
      auto opened = open_written(store, std::exchange(result.outcome->segments, {}));
      if (opened) {
        result.segments = std::move(*opened);
      } else {
        result.outcome = opened.error();
      }
    }
    core.post([finish = std::move(finish), result = std::move(result)]() mutable {
      finish(std::move(result));
    });
  };
  world_.pool.post(std::move(work));
}

// All of them or, when one cannot be opened, none: those are then removed again.
Result<CoreImpl::NewSegments> CoreImpl::open_written(SegmentStore& store,
                                                     std::vector<DrainedSegment> written) {
  NewSegments segments;
  for (auto& made : written) {
    auto segment = store.open(made.id);
    if (!segment) {
      for (const auto& other : written) (void)store.remove(other.id).has_value();
      return segment.error();
    }
    segments.emplace_back(std::move(*segment), std::move(made.ranges));
  }
  return segments;
}

// Written by what ended after the broker did: no note names these files any more.
void CoreImpl::remove_unnamed(const NewSegments& segments) {
  world_.pool.post([&store = world_.segments, segments] {
    for (const auto& [segment, ranges] : segments) (void)store.remove(segment->id()).has_value();
  });
}

void CoreImpl::drain_done(DrainResult result) {
  draining_ = false;
  if (!result.outcome) {
    diag(DiagLevel::warn, "engine", "draining failed, will be tried again",
         {{"error", result.outcome.error().detail}});
    if (result.outcome.error().code == Errc::data_damaged) ++unreadable_drains_;
    mostly_dead_.clear();  // not at once
    return;  // a cleaning that waits goes on with the next housekeeping
  }
  if (failure_ || stopped_) return remove_unnamed(result.segments);
  unreadable_drains_ = 0;
  (result.replaced != 0 ? stats_.rewritten_bytes : stats_.drained_bytes) += result.outcome->bytes;
  std::string payload;
  ByteWriter out(payload);
  out.fixed(result.cutoff);
  out.fixed(result.replaced);
  write_segments(out, result.segments);
  out.uvarint(result.outcome->damaged.size());
  for (const auto& [id, range] : result.outcome->damaged) {
    out.fixed(id.value());
    out.varint(range.first.value());
    out.varint(range.second.value());
    if (auto* log = find(id)) log->damaged.push_back(range);
  }
  note(EntryType::segment_added, 0, payload);
  const bool rewritten = result.replaced != 0;
  const auto before = segments_.find(SegmentId{result.replaced});
  const bool yielded = before == segments_.end() ||
                       result.outcome->bytes < before->second.file_bytes / 2;
  apply_drain(result.cutoff, result.replaced, result.segments);
  for (const auto& [segment, ranges] : result.segments) {
    const auto made = segments_.find(segment->id());
    if (made != segments_.end()) made->second.unyielding = rewritten && !yielded;
  }
  // Until then neither journal files nor segments can be given back.
  if (!rewritten || mostly_dead_.empty()) checkpoint_wanted_ = true;
  if (rewritten) drain_if_due();
  clean_after_drain();
}

void CoreImpl::write_segments(ByteWriter& out, const NewSegments& segments) {
  out.uvarint(segments.size());
  for (const auto& [segment, ranges] : segments) {
    out.fixed(segment->id().value());
    out.uvarint(ranges.size());
    for (const auto& range : ranges) {
      out.fixed(range.log.value());
      out.varint(range.first.value());
      out.varint(range.upto.value());
      out.uvarint(range.bytes);
      out.varint(range.max_timestamp.value());
      out.varint(range.append_time.value());
      out.uvarint(range.records);
    }
  }
}

// What a segment that is missing held is damage from now on.
Result<CoreImpl::NewSegments> CoreImpl::read_segments(ByteReader& in) {
  NewSegments segments;
  for (auto n = in.count(9); n > 0 && in.ok(); --n) {
    const SegmentId id{in.fixed<std::uint64_t>()};
    std::vector<SegmentRange> ranges;
    for (auto m = in.count(10); m > 0 && in.ok(); --m) {
      const LogId log{in.fixed<std::uint32_t>()};
      const Offset first{in.varint()};
      const Offset upto{in.varint()};
      const auto bytes = in.uvarint();
      const WallTime max_timestamp{in.varint()};
      const WallTime append_time{in.varint()};
      ranges.push_back(
          SegmentRange{log, first, upto, bytes, max_timestamp, append_time, in.uvarint()});
    }
    if (!in.ok()) break;
    auto segment = open_recovered(id);
    if (!segment) return segment.error();
    if (*segment) {
      segments.emplace_back(std::move(*segment), std::move(ranges));
      continue;
    }
    for (const auto& range : ranges) {
      if (auto* log = find(range.log)) log->damaged.emplace_back(range.first, range.upto);
    }
  }
  return segments;
}

void CoreImpl::apply_drain(std::uint32_t cutoff, std::uint64_t replaced,
                           const NewSegments& segments) {
  for (auto& [id, log] : logs_) {
    if (cutoff > 0) extents_ -= log->drop_files_before(cutoff);
    if (replaced == 0) continue;
    std::erase_if(log->sealed, [&](const SealedRange& s) {
      if (s.segment->id().value() != replaced) return false;
      drop_range_of(s.segment);
      return true;
    });
  }
  add_segments(segments);
}

void CoreImpl::add_segments(const NewSegments& segments) {
  for (const auto& [segment, ranges] : segments) {
    auto& state = segments_[segment->id()];
    state.segment = segment;
    state.file_bytes = segment->file_bytes();
    next_segment_id_ = std::max(next_segment_id_, segment->id().value() + 1);
    for (const auto& range : ranges) {
      auto* log = find(range.log);
      if (log == nullptr || range.upto <= log->start) continue;
      const auto place = std::partition_point(
          log->sealed.begin(), log->sealed.end(),
          [&](const SealedRange& s) { return s.range.first < range.first; });
      log->sealed.insert(place, SealedRange{range, segment});
      ++state.ranges;
    }
    if (state.ranges == 0) {
      retired_.push_back(RetiredSegment{segment->id(), recovering_ ? replay_seq_ : sealed_seq_ + 1});
      segments_.erase(segment->id());
    }
  }
}

Result<> CoreImpl::replay_drain(std::string_view payload) {
  ByteReader in(payload);
  const auto cutoff = in.fixed<std::uint32_t>();
  const auto replaced = in.fixed<std::uint64_t>();
  auto segments = read_segments(in);
  if (!segments) return segments.error();
  for (auto n = in.count(6); n > 0 && in.ok(); --n) {
    auto* log = find(LogId{in.fixed<std::uint32_t>()});
    const Offset from{in.varint()};
    const Offset upto{in.varint()};
    if (log != nullptr && in.ok()) log->damaged.emplace_back(from, upto);
  }
  if (!in.done()) return Error(Errc::data_damaged, "a segment entry does not parse");
  apply_drain(cutoff, replaced, *segments);
  return {};
}

}  // namespace twofold::engine
