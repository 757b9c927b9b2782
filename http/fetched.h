#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/read_plan.h"
#include "engine/record_batch.h"
#include "http/call.h"

namespace twofold::http {

/// How large an answer may become whose client would take `wanted`: less where many are under way.
std::size_t answer_bytes(const Call& call, std::size_t wanted);

/// What there is no memory for now, and will be when other answers have gone.
engine::Error no_room_for_answer();

/// Fetches a plan's batches: here when they are in memory, else on the storage pool, if there is
/// room for them in the account of answers: they are the answer's from then on, until it says how
/// large it has become (Share::settle). Without room nothing is read, and the error is
/// no_room_for_answer().
Task<Result<std::vector<engine::StoredBatch>>> fetch(Call& call, const engine::ReadPlan& plan);

/// The same without a call, for whoever has a share of the account. Blocking; not on the core.
Result<std::vector<engine::StoredBatch>> fetch_into(Share& room, const engine::ReadPlan& plan);

/// As fetch(), but goes on behind what cannot be read. See ReadPlan::salvage() for `bytes_max`.
/// Without room nothing is read: the trouble is no_room_for_answer(), and the cut where the plan
/// begins.
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
