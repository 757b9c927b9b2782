#include "http/fetched.h"

namespace twofold::http {

Task<Result<std::vector<engine::StoredBatch>>> fetch(Call& call, const engine::ReadPlan& plan) {
  if (plan.in_memory()) co_return plan.fetch();
  auto work = [&plan] { return plan.fetch(); };
  co_return co_await run_on(call.broker.storage_pool, std::move(work));
}

Task<engine::Salvaged> salvage(Call& call, const engine::ReadPlan& plan, std::size_t bytes_max) {
  if (plan.in_memory()) co_return plan.salvage();
  auto work = [&plan, bytes_max] { return plan.salvage(bytes_max); };
  co_return co_await run_on(call.broker.storage_pool, std::move(work));
}

RecordCursor::RecordCursor(std::vector<engine::StoredBatch> batches, engine::Offset from)
    : batches_(std::move(batches)), position_(from) {}

Result<const engine::StoredRecord*> RecordCursor::next() {
  for (;;) {
    while (records_) {
      if (batch_end_ <= position_) {
        records_.reset();
        break;
      }
      records_->skip_before(position_);
      auto record = records_->next();
      if (!record) return record.error();
      if (!*record) {
        records_.reset();
        position_ = std::max(position_, batch_end_);
        break;
      }
      if ((*record)->offset < position_) continue;
      record_ = **std::move(record);
      position_ = engine::advance(record_->offset, 1);
      return &*record_;
    }
    if (next_batch_ == batches_.size()) return nullptr;
    const engine::StoredBatch& batch = batches_[next_batch_++];
    batch_end_ = engine::advance(engine::batch_header(batch.bytes).last_offset(), 1);
    bytes_ += batch.bytes.size();
    records_.emplace(batch.bytes, batch.base_seq);
  }
}

}  // namespace twofold::http
