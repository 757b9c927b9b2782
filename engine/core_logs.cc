#include <algorithm>

#include <fmt/format.h>

#include "engine/base/check.h"
#include "engine/base/diag.h"
#include "engine/cold_run.h"
#include "engine/entry.h"

namespace twofold::engine {
namespace {

// Two wanted offsets with more than this between them are read on their own.
constexpr std::uint64_t kGapBytesMax = 32 << 10;
constexpr std::size_t kAheadBytes = 1 << 20;  // read at once, of one log
constexpr std::size_t kPieceBytesMax = 8 << 20;

// About what `records` neighbours take.
std::uint64_t bytes_about(const SegmentRange& range, std::int64_t records) {
  const auto share = range.bytes / std::max<std::uint64_t>(range.records, 1) + 1;
  return share * static_cast<std::uint64_t>(records);
}

/// Stands where acknowledged bytes were destroyed: whoever reads here is told.
class DamagedSource final : public ColdSource {
 public:
  DamagedSource(Offset from, Offset upto) : from_(from), upto_(upto) {}
  Result<std::vector<StoredBatch>> read(LogId log, Offset, Offset, std::size_t) const override {
    Error error(Errc::data_damaged,
                fmt::format("offsets {} to {} of log {} were damaged on the device", from_.value(),
                            upto_.value() - 1, log.value()),
                fmt::format("read on from offset {}", upto_.value()));
    error.number = upto_.value();
    return error;
  }

 private:
  Offset from_;
  Offset upto_;
};

/// Finds the first batch of a segment that is new enough, then reads from there.
class TimeSource final : public ColdSource {
 public:
  TimeSource(std::shared_ptr<const Segment> segment, WallTime time)
      : segment_(std::move(segment)), time_(time) {}
  Result<std::vector<StoredBatch>> read(LogId log, Offset from, Offset upto,
                                        std::size_t bytes_max) const override {
    const auto found = segment_->find_time(log, time_);
    if (!found) return found.error();
    const auto begin = std::max(from, *found);
    if (begin >= upto) return std::vector<StoredBatch>{};
    return segment_->read(log, begin, upto, bytes_max);
  }

 private:
  std::shared_ptr<const Segment> segment_;
  WallTime time_;
};

}  // namespace

LogIndex* CoreImpl::find(LogId log) {
  const auto it = logs_.find(log);
  return it == logs_.end() ? nullptr : it->second.get();
}

const LogIndex& CoreImpl::at(LogId log) const {
  const auto it = logs_.find(log);
  TF_CHECK(it != logs_.end());
  return *it->second;
}

LogIndex& CoreImpl::at(LogId log) {
  auto* found = find(log);
  TF_CHECK(found != nullptr);
  return *found;
}

LogIndex& CoreImpl::find_or_make(LogId log) {
  auto& slot = logs_[log];
  if (!slot) slot = std::make_unique<LogIndex>(log);
  next_log_id_ = std::max(next_log_id_, log.value() + 1);
  return *slot;
}

void CoreImpl::open_log(LogId log, LogOptions options) {
  auto& index = find_or_make(log);
  index.options = options;
  index.opened = true;
}

void CoreImpl::drop_log(LogId log) {
  ahead_.drop(log);
  const auto it = logs_.find(log);
  if (it == logs_.end()) return;
  forget(*it->second, it->second->end);
  dropped_.push_back(std::move(it->second));
  logs_.erase(it);
}

void CoreImpl::listen(LogId log, LogListener& listener) {
  if (recovering_ && find(log) == nullptr) {
    diag(DiagLevel::error, "engine", "a log is read whose definition is lost; it stays empty",
         {
             {"log", std::to_string(log.value())}
    });
    find_or_make(log).opened = true;
  }
  at(log).listeners.push_back(&listener);
}

std::vector<std::pair<Offset, Offset>> CoreImpl::damaged(LogId log) const {
  return at(log).damaged;
}

void CoreImpl::unlisten(LogId log, LogListener& listener) {
  if (auto* index = find(log)) std::erase(index->listeners, &listener);
}

std::vector<LogPlace> CoreImpl::places(LogId log) const {
  const LogIndex& index = at(log);
  std::vector<LogPlace> places;
  for (const auto& s : index.sealed) {
    places.push_back({LogPlace::In::segment, s.segment->id().value(), s.range.first, s.range.upto,
                      s.range.bytes});
  }
  const std::size_t sealed = places.size();
  for (const Extent* e = index.extents_begin(); e != index.extents_end(); ++e) {
    if (places.size() == sealed || places.back().file != e->file)
      places.push_back({LogPlace::In::journal, e->file, e->first(), e->upto(), 0});
    places.back().upto = e->upto();
    places.back().bytes += e->bytes;
  }
  return places;
}

LogStatus CoreImpl::status(LogId log) const { return at(log).status(); }

// Bucket by bucket: the order of logs changes only with their number of buckets, and then a count
// begins anew.
std::uint64_t CoreImpl::stored_bytes() const {
  const std::size_t buckets = logs_.bucket_count();
  if (!stored_.is_under_way() || counted_buckets_ != buckets) {
    stored_.begin(stats_.block_bytes);
    next_bucket_ = 0;
    counted_buckets_ = buckets;
  }
  std::size_t left = kCountedAtOnce;
  for (; next_bucket_ < buckets && left > 0; ++next_bucket_) {
    --left;
    for (auto it = logs_.begin(next_bucket_); it != logs_.end(next_bucket_); ++it)
      stored_.add(it->second->bytes());
  }
  if (next_bucket_ == buckets) stored_.end();
  return stored_.bytes(stats_.block_bytes);
}

LogBacklog CoreImpl::backlog(LogId log, Offset from) const { return at(log).backlog(from); }

AppendedAt CoreImpl::appended_at(LogId log, Offset offset) const {
  return at(log).appended_at(offset);
}

void CoreImpl::trim(LogId log, Offset start, bool durable_decision) {
  auto& index = at(log);
  start = std::min(start, index.end);
  if (start <= index.start) return;
  if (durable_decision) {
    std::string payload;
    ByteWriter(payload).varint(start.value());
    note(EntryType::trim, log.value(), payload);
  }
  ahead_.forget_before(log, start);
  forget(index, start);
  if (!durable_decision) return;  // whoever decided by its own state knows already
  for (std::size_t i = 0; i < index.listeners.size(); ++i)
    index.listeners[i]->on_trimmed(log, start);
}

void CoreImpl::forget(LogIndex& log, Offset upto) {
  log.start = std::max(log.start, upto);
  std::vector<std::shared_ptr<const Segment>> emptied;
  extents_ -= log.drop_before(upto, emptied);
  for (const auto& segment : emptied) drop_range_of(segment);
}

void CoreImpl::drop_range_of(const std::shared_ptr<const Segment>& segment) {
  const auto it = segments_.find(segment->id());
  if (it == segments_.end()) return;
  if (--it->second.ranges > 0) return;
  // The file itself goes once no checkpoint names it any more.
  retired_.push_back(RetiredSegment{it->first, recovering_ ? replay_seq_ : sealed_seq_ + 1});
  segments_.erase(it);
}

Offset CoreImpl::first_appended_since(LogId log, WallTime time) const {
  const auto& index = at(log);
  for (const auto& s : index.sealed) {
    if (s.range.append_time >= time) return std::max(index.start, s.range.first);
  }
  const auto* e = std::partition_point(index.extents_begin(), index.extents_end(),
                                       [&](const Extent& x) { return x.append_ms < time.value(); });
  return e == index.extents_end() ? index.visible_end : std::max(index.start, e->first());
}

Offset CoreImpl::start_for_size(LogId log, std::uint64_t bytes) const {
  const auto& index = at(log);
  auto excess = index.bytes() > bytes ? index.bytes() - bytes : 0;
  Offset start = index.start;
  for (const auto& s : index.sealed) {
    if (s.range.bytes > excess) return start;
    excess -= s.range.bytes;
    start = s.range.upto;
  }
  for (const auto* e = index.extents_begin(); e != index.extents_end(); ++e) {
    if (e->bytes > excess || e->upto() > index.visible_end) return start;
    excess -= e->bytes;
    start = e->upto();
  }
  return start;
}

Offset CoreImpl::start_for_count(LogId log, std::uint64_t count) const {
  return at(log).start_for_count(count);
}

// In memory: a piece of its own. Not in memory: joins the run.
void CoreImpl::add_resident(ReadPlan& plan, ColdRun& cold, const Extent& e) const {
  JournalPosition block;
  auto slab = tail_.find(e.file, e.place, &block);
  if (!slab) return cold.add(e);
  cold.flush();
  const auto bytes =
      slab->bytes().substr(e.place - block.place + kEntryHeaderBytes, e.bytes - kEntryHeaderBytes);
  plan.add(ReadPlan::Piece{
      e.first(), e.upto(), StoredBatch{std::move(slab), bytes, Seq{e.base_seq}},
        nullptr, e.bytes
  });
}

ReadPlan CoreImpl::plan_read(LogId log, Offset from, std::size_t bytes_max) const {
  const auto& index = at(log);
  TF_CHECK(index.start <= from);
  ReadPlan plan(log);
  Offset limit = index.visible_end;  // a plan ends where damage begins: the next one says so
  for (const auto& [begin, upto] : index.damaged) {
    if (upto <= from) continue;
    limit = std::min(limit, begin);
    if (begin > from) continue;
    plan.add(ReadPlan::Piece{
        from, upto, StoredBatch{nullptr, {}, Seq{0}},
          std::make_shared<DamagedSource>(begin, upto),
        0
    });
    return plan;
  }
  const auto sealed = std::partition_point(index.sealed.begin(), index.sealed.end(),
                                           [&](const auto& s) { return s.range.upto <= from; });
  if (sealed != index.sealed.end()) {
    const auto& range = sealed->range;
    const auto bytes = std::min<std::uint64_t>({range.bytes, bytes_max, kPieceBytesMax});
    plan.add(ReadPlan::Piece{
        std::max(from, range.first), std::min(range.upto, limit), StoredBatch{nullptr, {}, Seq{0}},
        sealed->segment, static_cast<std::size_t>(std::max<std::uint64_t>(bytes, 1))
    });
    // The range may give less than all of itself: what follows it waits for the next read.
    return plan;
  }
  ColdRun cold{plan, world_.journal, {}, 0, from, from, 0, 0};
  std::size_t taken = 0;
  for (const auto* e = index.find(from); e != index.extents_end() && e->upto() <= limit; ++e) {
    add_resident(plan, cold, *e);
    taken += e->bytes;
    if (taken >= bytes_max) break;
  }
  cold.flush();
  return plan;
}

ReadPlan CoreImpl::plan_offsets(LogId log, const std::vector<Offset>& offsets) const {
  const auto& index = at(log);
  ReadPlan plan(log);
  ColdRun cold{plan, world_.journal, {}, 0, Offset{0}, Offset{0}, 0, 0};
  for (std::size_t i = 0; i < offsets.size();) {
    const Offset wanted = offsets[i];
    if (const auto* lost = index.damage_at(wanted)) {
      cold.flush();
      const auto& [from, upto] = *lost;
      plan.add(ReadPlan::Piece{
          wanted, upto, StoredBatch{nullptr, {}, Seq{0}},
          std::make_shared<DamagedSource>(from, upto), 0
      });
      while (i < offsets.size() && offsets[i] < upto) ++i;
      continue;
    }
    if (const StoredBatch* const ahead = ahead_.find(log, wanted)) {
      cold.flush();
      const Offset upto = advance(batch_header(ahead->bytes).last_offset(), 1);
      plan.add(ReadPlan::Piece{wanted, upto, *ahead, nullptr, ahead->bytes.size()});
      while (i < offsets.size() && offsets[i] < upto) ++i;
      continue;
    }
    const auto sealed = std::partition_point(index.sealed.begin(), index.sealed.end(),
                                             [&](const auto& s) { return s.range.upto <= wanted; });
    if (sealed != index.sealed.end() && sealed->range.first <= wanted) {
      std::size_t last = i;
      while (last + 1 < offsets.size() && offsets[last + 1] < sealed->range.upto &&
             bytes_about(sealed->range, distance(offsets[last], offsets[last + 1])) <= kGapBytesMax)
        ++last;
      const auto& range = sealed->range;
      const auto offsets_in = static_cast<std::uint64_t>(distance(range.first, range.upto));
      plan.add(ReadPlan::Piece{
          wanted, advance(offsets[last], 1), StoredBatch{nullptr, {}, Seq{0}},
             sealed->segment,
          range.bytes, range.records > 0 ? range.records : offsets_in
      });
      i = last + 1;
      continue;
    }
    const auto* e = index.find(wanted);
    if (e == index.extents_end()) break;
    if (e->first() <= wanted) add_resident(plan, cold, *e);
    do ++i;  // what lies before the extent is not stored any more
    while (i < offsets.size() && offsets[i] < (e->first() <= wanted ? e->upto() : e->first()));
  }
  cold.flush();
  return plan;
}

ReadPlan CoreImpl::plan_time(LogId log, WallTime time) const {
  const auto& index = at(log);
  for (const auto& s : index.sealed) {
    if (s.range.max_timestamp < time || s.range.upto <= index.start) continue;
    ReadPlan plan(log);
    plan.add(ReadPlan::Piece{
        std::max(index.start, s.range.first), s.range.upto, StoredBatch{nullptr, {}, Seq{0}},
        std::make_shared<TimeSource>(s.segment, time), 1
    });
    return plan;
  }
  for (const auto* e = index.extents_begin(); e != index.extents_end(); ++e) {
    if (e->upto() > index.visible_end) break;
    if (e->max_timestamp >= time.value())
      return plan_read(log, std::max(index.start, e->first()), 1);
  }
  return ReadPlan(log);
}

void CoreImpl::fetch(ReadPlan plan, Completion<std::vector<StoredBatch>> done) {
  const bool in_memory = plan.in_memory();
  auto work = [&core = world_.executor, plan = std::move(plan), done = std::move(done)]() mutable {
    core.post(
        [done = std::move(done), batches = plan.fetch()]() mutable { done(std::move(batches)); });
  };
  if (in_memory) return work();
  world_.pool.post(std::move(work));
}

void CoreImpl::study(ReadPlan plan, UniqueFunction<void(Result<std::vector<StoredBatch>>)> study,
                     UniqueFunction<void()> done) {
  world_.pool.post([&core = world_.executor, plan = std::move(plan), study = std::move(study),
                    done = std::move(done)]() mutable {
    study(plan.fetch());
    core.post(std::move(done));
  });
}

// The cache holds the newest blocks: what follows a cached batch is cached, too. Asked before a
// plan is made, because a reader of many small batches asks with each of them.
bool CoreImpl::is_cached(const LogIndex& log, Offset offset) const {
  if (!log.sealed.empty() && offset < log.sealed.back().range.upto) return false;
  const auto* const extent = log.find(offset);
  JournalPosition block;
  return extent != log.extents_end() && tail_.find(extent->file, extent->place, &block);
}

void CoreImpl::read_ahead(LogId log, Offset from, Offset done_before) {
  ahead_.forget_before(log, done_before);
  const LogIndex* const index = find(log);
  if (!index || reading_ahead_.contains(log)) return;
  if (ahead_.bytes_from(log, from) >= kAheadBytes / 2) return;
  const auto begin = ahead_.next_from(log, from);
  if (!begin || *begin >= index->visible_end || *begin < index->start) return;
  if (is_cached(*index, *begin)) return;
  ReadPlan plan = plan_read(log, *begin, kAheadBytes);
  if (plan.empty() || plan.in_memory()) return;
  reading_ahead_.insert(log);
  // Copies: a batch would hold on to all that was read with it.
  auto copies = std::make_shared<std::vector<StoredBatch>>();
  study(
      std::move(plan),
      [copies](const Result<std::vector<StoredBatch>>& batches) {
        if (!batches) return;  // said to whoever asks for it
        for (const StoredBatch& batch : *batches) {
          auto bytes = std::make_shared<const std::string>(batch.bytes);
          copies->push_back({bytes, *bytes, batch.base_seq});
        }
      },
      [this, log, copies, rewrites = index->rewrites] {
        reading_ahead_.erase(log);
        const LogIndex* const still = find(log);
        if (still && still->rewrites == rewrites) ahead_.add(log, *copies);
      });
}

std::optional<Seq> CoreImpl::last_seq(LogId log) const {
  const auto& index = at(log);
  if (index.placed_end != index.end) return std::nullopt;
  return Seq{index.last_seq};
}

Seq CoreImpl::seq_of(LogId log, Offset offset) const {
  const auto holds = [&](const Extent& e) { return e.first() <= offset && offset < e.upto(); };
  const auto place = [&](const Extent& e) {
    return Seq{e.base_seq + static_cast<std::uint64_t>(distance(e.first(), offset))};
  };
  if (const auto found = logs_.find(log); found != logs_.end()) {
    const auto& index = *found->second;
    const auto* e = index.find(offset);
    if (e != index.extents_end() && holds(*e)) return place(*e);
  }
  // Trimmed, or dropped with its log, before whoever wrote it was told.
  if (completing_ == nullptr) return Seq{0};
  for (const auto& batch : completing_->batches) {
    if (batch.log == log && holds(batch.extent)) return place(batch.extent);
  }
  return Seq{0};
}

}  // namespace twofold::engine
