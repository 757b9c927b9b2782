#include "engine/open_block.h"

#include <cstring>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/entry.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kKeptCapacity = 4 << 20;

}  // namespace

Offset OpenBlock::append(LogIndex& log, const NewRecord& record) {
  const auto more = record_bytes_max(record);
  auto& batch = batches_[static_cast<std::size_t>(open_batch_for(log, more))];
  const Offset offset = log.end;
  batch.builder.add(offset, record);
  log.end = advance(log.end, 1);
  batch.upto = log.end;
  bytes_ += more;
  return offset;
}

Offset OpenBlock::append_batch(LogIndex& log, std::string_view whole) {
  const auto header = batch_header(whole);
  const Offset base = log.end;
  log.end = advance(log.end, header.last_offset_delta + 1);
  std::string bytes(whole);
  store_be<std::int64_t>(bytes.data(), base.value());
  bytes_ += bytes.size() + kEntryHeaderBytes;
  batches_.push_back(OpenBatch{&log, log.id, BatchBuilder(base), std::move(bytes), log.end});
  log.open_batch = -1;
  return base;
}

std::int32_t OpenBlock::open_batch_for(LogIndex& log, std::size_t more_bytes) {
  if (log.open_batch >= 0) {
    const auto& open = batches_[static_cast<std::size_t>(log.open_batch)];
    if (open.builder.bytes() + more_bytes <= kCoalescedBytesMax) return log.open_batch;
  }
  log.open_batch = static_cast<std::int32_t>(batches_.size());
  batches_.push_back(OpenBatch{&log, log.id, BatchBuilder(log.end), {}, log.end});
  bytes_ += kEntryHeaderBytes + kBatchHeaderBytes;
  return log.open_batch;
}

void OpenBlock::note(EntryType type, std::uint32_t owner, std::string_view payload) {
  const Entry entry{type, owner, 0, 0, payload};
  write_entry(type == EntryType::catalog ? catalog_ : notes_, entry);
  bytes_ += entry.stored_bytes();
  ++entries_;
}

std::size_t OpenBlock::stored_bytes() const { return align_block(kBlockHeaderBytes + bytes_); }

SealResult OpenBlock::seal(const BlockPlan& plan, std::uint64_t stream_id,
                           std::uint64_t incarnation, ClockReading now, std::uint64_t record_seq) {
  SealResult out{};
  payload_.clear();
  payload_.append(catalog_);
  out.batches.reserve(batches_.size());
  for (const auto& batch : batches_) {
    batch.log->open_batch = -1;
    out.batches.push_back(place(batch, plan, now.wall, record_seq));
    record_seq += out.batches.back().extent.last_delta + 1;
  }
  payload_.append(notes_);

  BlockHeader header{stream_id,
                     incarnation,
                     plan.seq,
                     plan.position,
                     plan.durable_seq,
                     now,
                     static_cast<std::uint32_t>(payload_.size()),
                     entries_ + static_cast<std::uint32_t>(batches_.size()),
                     plan.prev_block_crc,
                     0,
                     0};
  auto slab = std::make_shared<Slab>(header.stored_bytes());
  std::memcpy(slab->data() + kBlockHeaderBytes, payload_.data(), payload_.size());
  const auto used = kBlockHeaderBytes + payload_.size();
  std::memset(slab->data() + used, 0, slab->size() - used);
  write_block_header(slab->data(), header);

  batches_.clear();
  catalog_.clear();
  notes_.clear();
  if (payload_.capacity() > kKeptCapacity) payload_ = std::string();
  entries_ = 0;
  bytes_ = 0;
  out.block = SealedBlock{std::move(slab), plan.seq, plan.position};
  out.header_crc = header.header_crc;
  out.next_record_seq = record_seq;
  return out;
}

PlacedBatch OpenBlock::place(const OpenBatch& batch, const BlockPlan& plan, WallTime now,
                             std::uint64_t record_seq) {
  const auto at = payload_.size();
  payload_.resize(at + kEntryHeaderBytes);
  if (batch.whole.empty()) {
    batch.builder.finish(payload_);
  } else {
    payload_.append(batch.whole);
  }
  const auto bytes = std::string_view(payload_).substr(at + kEntryHeaderBytes);
  const auto stored = batch_header(bytes);
  const Entry entry{EntryType::batch, batch.id.value(), stored.base_offset, record_seq, bytes};
  write_entry_header(payload_.data() + at, entry);

  Extent extent{};
  extent.base = stored.base_offset;
  extent.base_seq = record_seq;
  extent.max_timestamp = stored.max_timestamp;
  extent.append_ms = append_time(*batch.log, now).value();
  extent.last_delta = static_cast<std::uint32_t>(stored.last_offset_delta);
  extent.file = plan.position.file;
  extent.place = plan.position.place + static_cast<std::uint32_t>(kBlockHeaderBytes + at);
  extent.bytes = static_cast<std::uint32_t>(entry.stored_bytes());
  return PlacedBatch{batch.id, extent};
}

}  // namespace twofold::engine
