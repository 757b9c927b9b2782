#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/read_plan.h"
#include "engine/record_batch.h"
#include "http/call.h"

namespace twofold::http {

/// Fetches a plan's batches: here when they are in memory, else on the storage pool.
Task<Result<std::vector<engine::StoredBatch>>> fetch(Call& call, const engine::ReadPlan& plan);

/// As fetch(), but goes on behind what cannot be read. See ReadPlan::salvage() for `bytes_max`.
Task<engine::Salvaged> salvage(Call& call, const engine::ReadPlan& plan,
                               std::size_t bytes_max = SIZE_MAX);

/// Walks the records of fetched batches in offset order, from `from` on.
class RecordCursor {
 public:
  RecordCursor(std::vector<engine::StoredBatch> batches, engine::Offset from);

  /// The next record, nullptr after the last; an error when a batch is damaged. The pointer and its
  /// views last until the next call but one for the record, as long as the cursor for its bytes.
  Result<const engine::StoredRecord*> next();
  /// Nothing before `offset` is wanted any more.
  void skip_before(engine::Offset offset) { position_ = std::max(position_, offset); }
  /// Where a reader goes on after what next() has given: past the end of a batch whose tail is
  /// gone, once that batch was finished.
  engine::Offset position() const { return position_; }
  /// Bytes of the batches that were begun.
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<engine::StoredBatch> batches_;
  std::size_t next_batch_ = 0;
  std::optional<engine::BatchCursor> records_;
  engine::Offset batch_end_{0};
  engine::Offset position_;
  std::optional<engine::StoredRecord> record_;
  std::size_t bytes_ = 0;
};

}  // namespace twofold::http
