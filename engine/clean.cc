#include "engine/clean.h"

#include <algorithm>
#include <string>

#include "engine/record_batch.h"

namespace twofold::engine {
namespace {

constexpr std::int16_t kClosed = 0x07 | 0x10 | 0x20;  // codec, transaction, control
constexpr std::int16_t kDeleteHorizon = 0x40;

bool is_closed(const BatchHeader& header) { return (header.attributes & kClosed) != 0; }

/// Judges records, batch by batch in the order of the log.
class Judge final : public BatchRewriter {
 public:
  explicit Judge(const CleanRules& rules) : rules_(rules) { found.all_clean = rules.all_clean; }

  std::optional<StoredBatch> rewrite(const StoredBatch& batch, const BatchHeader& header) override {
    found.read_bytes += batch.bytes.size();
    const auto verdict = is_closed(header) ? std::nullopt : judge(batch, header);
    if (!verdict) {
      found.all_clean = false;
      return batch;
    }
    const auto& [kept, new_horizon] = *verdict;
    const bool all = kept.size() == static_cast<std::size_t>(header.record_count);
    if (all && !kept.empty() && !new_horizon) return batch;
    changed = true;
    if (kept.empty()) return std::nullopt;
    return written(kept, new_horizon, batch, header);
  }

  bool changed = false;
  CleanedGroup found;

 private:
  struct Verdict {
    std::vector<StoredRecord> kept;
    bool new_horizon = false;
  };

  // Nullopt when the records do not parse.
  std::optional<Verdict> judge(const StoredBatch& batch, const BatchHeader& header) {
    const bool has_horizon = (header.attributes & kDeleteHorizon) != 0;
    const WallTime horizon = has_horizon ? WallTime{header.base_timestamp} : rules_.horizon;
    // What is deleted is deleted everywhere before: only then may the tombstone's time run.
    const bool timed = found.all_clean && header.last_offset() < rules_.upto;
    Verdict verdict;
    std::vector<Offset> removed;
    bool tombstones = false;
    BatchCursor cursor(batch.bytes, batch.base_seq);
    for (;;) {
      auto record = cursor.next();
      if (!record) return std::nullopt;
      if (!*record) break;
      StoredRecord& r = **record;
      if (r.offset < rules_.start) continue;
      if (!stays(r, timed && has_horizon && horizon <= rules_.now)) {
        removed.push_back(r.offset);
        continue;
      }
      tombstones = tombstones || (r.key && !r.value && r.offset < rules_.last);
      verdict.kept.push_back(std::move(r));
    }
    for (const Offset offset : removed) add_removed(offset);
    if (!tombstones || !timed) return verdict;
    verdict.new_horizon = !has_horizon;
    if (!found.tombstones_due || horizon < *found.tombstones_due) found.tombstones_due = horizon;
    return verdict;
  }

  bool stays(const StoredRecord& record, bool tombstones_go) const {
    if (record.offset >= rules_.upto || record.offset >= rules_.last) return true;
    if (!record.key) return false;
    const auto newest = rules_.map->newest(*record.key);
    if (newest && *newest > record.offset) return false;
    return record.value.has_value() || !tombstones_go;
  }

  void add_removed(Offset offset) {
    ++found.records_removed;
    auto& runs = found.removed;
    if (!runs.empty() && runs.back().second == offset) {
      runs.back().second = advance(offset, 1);
    } else {
      runs.emplace_back(offset, advance(offset, 1));
    }
  }

  // The same batch without the others. Times and sequence numbers stay what they were.
  StoredBatch written(const std::vector<StoredRecord>& kept, bool new_horizon,
                      const StoredBatch& batch, const BatchHeader& header) const {
    BatchMarks marks{header.attributes, header.producer_id, header.producer_epoch,
                     header.base_sequence, std::nullopt};
    if (new_horizon)
      marks.attributes = static_cast<std::int16_t>(marks.attributes | kDeleteHorizon);
    if ((marks.attributes & kDeleteHorizon) != 0)
      marks.base_timestamp = new_horizon ? rules_.horizon : WallTime{header.base_timestamp};
    BatchBuilder builder(Offset{header.base_offset}, marks);
    for (const StoredRecord& r : kept)
      builder.add(r.offset, NewRecord{r.key, r.value, r.headers, r.timestamp});
    auto bytes = std::make_shared<std::string>();
    builder.finish(*bytes, header.last_offset());
    return StoredBatch{bytes, *bytes, batch.base_seq};
  }

  const CleanRules& rules_;
};

// Whether cleaning would change anything. Most of what is clean stays clean: it is only read.
Result<> look_for_change(const DrainLog& group, Judge& judge) {
  const auto look = [&judge](const StoredBatch& batch) -> Result<bool> {
    static_cast<void>(judge.rewrite(batch, batch_header(batch.bytes)));
    return !judge.changed;
  };
  for (const auto& piece : group.plan.pieces()) {
    if (auto done = each_batch(group.log, piece, look, nullptr); !done) return done;
    if (judge.changed) break;
  }
  return {};
}

// What cannot be read is left where it is: the rest of the log goes on without it.
Result<CleanedGroup> left_alone(const Error& error, std::uint64_t read_bytes) {
  if (error.code != Errc::data_damaged) return error;
  CleanedGroup left;
  left.read_bytes = read_bytes;
  left.all_clean = false;
  return left;
}

}  // namespace

KeysSeen see_keys(const std::vector<StoredBatch>& batches, Offset from, Offset upto,
                  OffsetMap& map) {
  for (const StoredBatch& batch : batches) {
    const BatchHeader header = batch_header(batch.bytes);
    BatchCursor cursor(batch.bytes, batch.base_seq);
    cursor.skip_before(from);
    while (!is_closed(header)) {
      const auto record = cursor.next();
      if (!record || !*record) break;
      const StoredRecord& r = **record;
      if (r.offset < from) continue;
      if (r.offset >= upto) return {upto, false};
      if (r.key && !map.put(*r.key, r.offset)) return {r.offset, true};
    }
    from = std::max(from, advance(header.last_offset(), 1));
    if (from >= upto) return {upto, false};
  }
  return {from, false};
}

Result<CleanedGroup> clean_group(SegmentStore& store, std::uint64_t first_segment_id,
                                 std::uint64_t segment_bytes, const DrainLog& group,
                                 const CleanRules& rules, bool merge) {
  std::uint64_t looked_at = 0;
  if (!merge) {
    Judge judge(rules);
    const auto looked = look_for_change(group, judge);
    looked_at = judge.found.read_bytes;
    if (!looked) return left_alone(looked.error(), looked_at);
    if (!judge.changed) return std::move(judge.found);
  }
  Judge judge(rules);
  DrainLog rewritten = group;
  rewritten.rewriter = &judge;
  auto written =
      write_drain(store, first_segment_id, segment_bytes, {std::move(rewritten)}, Unreadable::fail);
  judge.found.read_bytes += looked_at;
  if (!written) return left_alone(written.error(), judge.found.read_bytes);
  judge.found.written = std::move(*written);
  judge.found.rewritten = true;
  return std::move(judge.found);
}

}  // namespace twofold::engine
