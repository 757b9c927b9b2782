#include "engine/drain.h"

#include <algorithm>
#include <string>

#include "engine/base/check.h"
#include "engine/record_batch.h"

namespace twofold::engine {
namespace {

/// Spreads batches over segments of a bounded size.
class SegmentSplitter {
 public:
  SegmentSplitter(SegmentStore& store, std::uint64_t first_id, std::uint64_t bytes_max)
      : store_(store), next_id_(first_id), bytes_max_(bytes_max) {}

  Result<> add(LogId log, const StoredBatch& batch, WallTime append_time) {
    if (writer_ && writer_->bytes() >= bytes_max_) {
      if (auto done = finish(); !done) return done;
    }
    if (!writer_) {
      auto created = store_.create(SegmentId{next_id_});
      if (!created) return created.error();
      writer_ = std::move(*created);
    }
    outcome.bytes += batch.bytes.size();
    return writer_->add(log, batch, append_time);
  }

  Result<> finish() {
    if (!writer_) return {};
    auto ranges = writer_->finish();
    if (!ranges) return ranges.error();
    outcome.segments.push_back(DrainedSegment{SegmentId{next_id_}, std::move(*ranges)});
    ++next_id_;
    writer_.reset();
    return {};
  }

  DrainOutcome outcome;

 private:
  SegmentStore& store_;
  std::uint64_t next_id_;
  const std::uint64_t bytes_max_;
  std::unique_ptr<SegmentWriter> writer_;
};

bool all_live(const DrainLog& log, const BatchHeader& header) {
  if (header.base_offset < log.start.value()) return false;
  if (header.last_offset() >= log.upto) return false;
  if (!log.live) return true;
  const Offset base{header.base_offset};
  const auto first = std::lower_bound(log.live->begin(), log.live->end(), base);
  const auto last = std::upper_bound(first, log.live->end(), header.last_offset());
  return last - first == header.record_count;
}

bool is_wanted(const DrainLog& log, Offset offset) {
  if (offset < log.start || offset >= log.upto) return false;
  return !log.live || std::binary_search(log.live->begin(), log.live->end(), offset);
}

// The records of `batch` that live, in a batch of their own with the same base. Empty when none do.
Result<std::string> survivors(const DrainLog& log, const StoredBatch& batch,
                              const BatchHeader& header) {
  BatchBuilder builder(Offset{header.base_offset});
  BatchCursor cursor(batch.bytes, batch.base_seq);
  for (;;) {
    auto record = cursor.next();
    if (!record) return record.error();
    if (!*record) break;
    const auto& r = **record;
    if (!is_wanted(log, r.offset)) continue;
    builder.add(r.offset, NewRecord{r.key, r.value, r.headers, r.timestamp});
  }
  std::string out;
  if (!builder.empty()) builder.finish(out, header.last_offset());
  return out;
}

bool is_plain(const BatchHeader& header) {
  constexpr std::int16_t kCodecTransactionControl = 0x07 | 0x10 | 0x20;
  return (header.attributes & kCodecTransactionControl) == 0 && header.producer_id < 0;
}

Result<> drain_batch(SegmentSplitter& out, const DrainLog& log, const StoredBatch& batch) {
  const auto header = batch_header(batch.bytes);
  const bool nothing_wanted = header.last_offset() < log.start ||
                              header.base_offset >= log.upto.value();
  if (nothing_wanted) return {};
  if (log.rewriter) {
    const auto kept = log.rewriter->rewrite(batch, header);
    return kept ? out.add(log.log, *kept, log.append_time) : Result<>();
  }
  // Batches with a producer's marks or a codec stay whole: their bytes are not ours to change.
  if (all_live(log, header) || !is_plain(header)) return out.add(log.log, batch, log.append_time);
  auto rest = survivors(log, batch, header);
  if (!rest) return rest.error();
  if (rest->empty()) return {};
  auto bytes = std::make_shared<std::string>(std::move(*rest));
  return out.add(log.log, StoredBatch{bytes, *bytes, batch.base_seq}, log.append_time);
}

Result<> drain_piece(SegmentSplitter& out, const DrainLog& log, const ReadPlan::Piece& piece,
                     Unreadable unreadable) {
  std::function<void(Offset, Offset)> damaged;
  if (unreadable == Unreadable::leave_out) {
    damaged = [&](Offset from, Offset upto) {
      out.outcome.damaged.emplace_back(log.log, std::pair(from, upto));
    };
  }
  const auto copy = [&](const StoredBatch& batch) -> Result<bool> {
    if (auto done = drain_batch(out, log, batch); !done) return done.error();
    return true;
  };
  return each_batch(log.log, piece, copy, damaged);
}

Result<> drain_all(SegmentSplitter& out, const std::vector<DrainLog>& logs,
                   Unreadable unreadable) {
  for (const auto& log : logs) {
    for (const auto& piece : log.plan.pieces()) {
      if (auto done = drain_piece(out, log, piece, unreadable); !done) return done;
    }
  }
  return out.finish();
}

}  // namespace

Result<> each_batch(LogId log, const ReadPlan::Piece& piece,
                    const std::function<Result<bool>(const StoredBatch&)>& visit,
                    const std::function<void(Offset, Offset)>& damaged) {
  for (Offset from = piece.from; from < piece.upto;) {
    ReadPlan rest(log);
    rest.add(ReadPlan::Piece{from, piece.upto, piece.batch, piece.cold, piece.bytes_max});
    const auto batches = rest.fetch();
    if (!batches) {
      const auto& error = batches.error();
      if (error.code != Errc::data_damaged || !damaged) return error;
      const auto upto = error.number > from.value() ? Offset{error.number} : piece.upto;
      damaged(from, std::min(upto, piece.upto));
      from = upto;
      continue;
    }
    if (batches->empty()) return {};  // nothing of it is left
    for (const auto& batch : *batches) {
      const auto more = visit(batch);
      if (!more) return more.error();
      if (!*more) return {};
    }
    const auto end = advance(batch_header(batches->back().bytes).last_offset(), 1);
    TF_CHECK(end > from);
    from = end;
  }
  return {};
}

Result<DrainOutcome> write_drain(SegmentStore& store, std::uint64_t first_segment_id,
                                 std::uint64_t segment_bytes, const std::vector<DrainLog>& logs,
                                 Unreadable unreadable) {
  SegmentSplitter out(store, first_segment_id, segment_bytes);
  if (auto done = drain_all(out, logs, unreadable); !done) {
    // It is tried again under other numbers: what stayed would fill a disk that may be full already.
    for (const auto& made : out.outcome.segments) (void)store.remove(made.id).has_value();
    return done.error();
  }
  return std::move(out.outcome);
}

}  // namespace twofold::engine
