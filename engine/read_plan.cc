#include "engine/read_plan.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/record_batch.h"

namespace twofold::engine {

bool ReadPlan::in_memory() const {
  return std::all_of(pieces_.begin(), pieces_.end(), [](const Piece& p) { return !p.cold; });
}

Result<std::vector<StoredBatch>> ReadPlan::fetch() const {
  std::vector<StoredBatch> batches;
  for (const auto& piece : pieces_) {
    if (!piece.cold) {
      batches.push_back(piece.batch);
      continue;
    }
    auto read = piece.cold->read(log_, piece.from, piece.upto, piece.bytes_max);
    // What was found before the trouble is sound: the reader gets it now and the trouble next time.
    if (!read && !batches.empty()) break;
    if (!read) return read.error();
    if (read->empty()) continue;  // nothing of this stretch is left
    std::move(read->begin(), read->end(), std::back_inserter(batches));
    // A source may stop at its byte limit. Going on with the next piece would hide the difference.
    const auto end = advance(batch_header(batches.back().bytes).last_offset(), 1);
    if (end < piece.upto) break;
  }
  return batches;
}

}  // namespace twofold::engine
