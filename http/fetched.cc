#include "http/fetched.h"

#include "http/server_common.h"

namespace twofold::http {

namespace {

constexpr std::uint64_t kAnswersAtOnce = 4;  // one takes no more than this part of what is left

std::size_t bytes_of(const std::vector<engine::StoredBatch>& batches) {
  std::size_t bytes = 0;
  for (const engine::StoredBatch& batch : batches) bytes += batch.bytes.size();
  return bytes;
}

// What a stretch that left memory takes, about: of a segment only some of all that it names.
std::size_t bytes_about(const engine::ReadPlan::Piece& piece) {
  if (!piece.cold) return 0;
  const auto wanted = static_cast<std::uint64_t>(engine::distance(piece.from, piece.upto));
  if (wanted >= piece.records) return piece.bytes_max;
  return piece.bytes_max / piece.records * wanted + Share::kFree / 4;
}

std::size_t cold_bytes(const engine::ReadPlan& plan, std::size_t bytes_max) {
  std::size_t bytes = 0;
  for (const engine::ReadPlan::Piece& piece : plan.pieces())
    bytes += std::min(bytes_max, bytes_about(piece));
  return std::min(bytes, bytes_max);
}

engine::Salvaged salvage_into(Share& room, const engine::ReadPlan& plan, std::size_t bytes_max) {
  const std::uint64_t before = room.bytes();
  if (!room.grow_to(before + cold_bytes(plan, bytes_max))) {
    engine::Salvaged nothing;
    nothing.trouble = no_room_for_answer();
    nothing.cut = plan.pieces().front().from;
    return nothing;
  }
  engine::Salvaged salvaged = plan.salvage(bytes_max);
  room.settle(before + bytes_of(salvaged.batches));
  return salvaged;
}

}  // namespace

// On the thread that reads, so that what only waits for its turn takes nothing.
Result<std::vector<engine::StoredBatch>> fetch_into(Share& room, const engine::ReadPlan& plan) {
  const std::uint64_t before = room.bytes();
  if (!room.grow_to(before + cold_bytes(plan, SIZE_MAX))) return no_room_for_answer();
  auto batches = plan.fetch();
  room.settle(before + (batches ? bytes_of(*batches) : 0));
  return batches;
}

std::size_t answer_bytes(const Call& call, std::size_t wanted) {
  const std::uint64_t share = call.common.answers.room() / kAnswersAtOnce;
  return std::min<std::size_t>(wanted, std::max<std::uint64_t>(share, Share::kFree));
}

engine::Error no_room_for_answer() {
  return {engine::Errc::overloaded, "large answers take all memory there is for them",
          "ask again later, or for less"};
}

Task<Result<std::vector<engine::StoredBatch>>> fetch(Call& call, const engine::ReadPlan& plan) {
  if (plan.in_memory()) co_return plan.fetch();
  auto work = [&plan, &room = call.reply.room] { return fetch_into(room, plan); };
  co_return co_await run_on(call.broker().storage_pool, std::move(work));
}

Task<engine::Salvaged> salvage(Call& call, const engine::ReadPlan& plan, std::size_t bytes_max) {
  if (plan.in_memory()) co_return plan.salvage();
  auto work = [&plan, &room = call.reply.room, bytes_max] {
    return salvage_into(room, plan, bytes_max);
  };
  co_return co_await run_on(call.broker().storage_pool, std::move(work));
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
