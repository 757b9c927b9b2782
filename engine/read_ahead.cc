#include "engine/read_ahead.h"

#include <algorithm>

#include "engine/record_batch.h"

namespace twofold::engine {

const StoredBatch* ReadAhead::find(LogId log, Offset offset) const {
  const auto found = logs_.find(log);
  if (found == logs_.end()) return nullptr;
  const Log& kept = found->second;
  const auto at = std::partition_point(kept.begin(), kept.end(),
                                       [offset](const Kept& one) { return one.upto <= offset; });
  return at != kept.end() && at->first <= offset ? &at->batch : nullptr;
}

void ReadAhead::add(LogId log, const std::vector<StoredBatch>& batches) {
  for (const StoredBatch& batch : batches) {
    const auto header = batch_header(batch.bytes);
    const Offset first{header.base_offset};
    Log& kept = logs_[log];
    if (!kept.empty() && first < kept.back().upto) continue;
    kept.push_back({batch, first, advance(header.last_offset(), 1)});
    bytes_ += batch.bytes.size();
  }
  while (bytes_ > bytes_max_ && !logs_.empty()) {
    auto other = logs_.begin();
    if (other->first == log && logs_.size() > 1) ++other;
    drop(LogId{other->first});
  }
}

std::optional<Offset> ReadAhead::next_from(LogId log, Offset from) const {
  const auto found = logs_.find(log);
  if (found == logs_.end()) return from;
  if (from < found->second.front().first) return std::nullopt;
  return std::max(from, found->second.back().upto);
}

std::size_t ReadAhead::bytes_from(LogId log, Offset from) const {
  const auto found = logs_.find(log);
  if (found == logs_.end()) return 0;
  std::size_t bytes = 0;
  for (auto at = found->second.rbegin(); at != found->second.rend() && at->upto > from; ++at)
    bytes += at->batch.bytes.size();
  return bytes;
}

void ReadAhead::forget_before(LogId log, Offset upto) {
  const auto found = logs_.find(log);
  if (found == logs_.end()) return;
  Log& kept = found->second;
  for (; !kept.empty() && kept.front().upto <= upto; kept.pop_front())
    bytes_ -= kept.front().batch.bytes.size();
  if (kept.empty()) logs_.erase(found);
}

void ReadAhead::drop(LogId log) { forget_before(log, Offset{INT64_MAX}); }

}  // namespace twofold::engine
