#include "log/producer_notes.h"

#include <limits>

#include "log/topics_limits.h"

namespace twofold::log {
namespace {

constexpr std::uint8_t kWrote = 1;
constexpr std::uint8_t kForget = 2;
constexpr std::size_t kPlaceBytesMin = 6;

engine::Error damaged() {
  return {engine::Errc::data_damaged, "a producer's journal entry does not parse"};
}

engine::Result<ProducerNote> decode_wrote(engine::ByteReader& in) {
  const engine::Instant at{in.varint()};
  const auto id = ProducerId::from_bytes(in.bytes());
  const std::uint64_t topic = in.uvarint();
  const std::uint64_t partition = in.uvarint();
  const std::uint64_t epoch = in.uvarint();
  auto batch = read_batch(in);
  if (!id || !batch || !in.done()) return damaged();
  if (topic > std::numeric_limits<std::uint32_t>::max()) return damaged();
  if (partition > static_cast<std::uint64_t>(kPartitionsMax)) return damaged();
  if (epoch > std::numeric_limits<std::int32_t>::max()) return damaged();
  const ProducerScope scope{static_cast<std::uint32_t>(topic),
                            static_cast<std::int32_t>(partition) - 1};
  return ProducerNote(ProducedAt{
      {*id, scope, static_cast<std::int32_t>(epoch), *std::move(batch)},
      at
  });
}

}  // namespace

std::string encode_wrote(const ProducedNote& note, engine::Instant at) {
  std::string payload;
  engine::ByteWriter out(payload);
  out.fixed(kWrote);
  out.varint(at.value());
  out.bytes(note.id.bytes());
  out.uvarint(note.scope.topic);
  out.uvarint(static_cast<std::uint64_t>(note.scope.partition + 1));
  out.uvarint(static_cast<std::uint64_t>(note.epoch));
  write_batch(out, note.batch);
  return payload;
}

std::string encode_forget(engine::Instant upto) {
  std::string payload;
  engine::ByteWriter out(payload);
  out.fixed(kForget);
  out.varint(upto.value());
  return payload;
}

engine::Result<ProducerNote> decode_producer_note(std::string_view payload) {
  engine::ByteReader in(payload);
  const auto kind = in.fixed<std::uint8_t>();
  if (kind == kWrote) return decode_wrote(in);
  if (kind != kForget) return damaged();
  const engine::Instant upto{in.varint()};
  if (!in.done()) return damaged();
  return ProducerNote(ForgetIdle{upto});
}

void write_batch(engine::ByteWriter& out, const ProducedBatch& batch) {
  out.uvarint(static_cast<std::uint64_t>(batch.first_seq));
  out.uvarint(static_cast<std::uint64_t>(batch.count));
  out.uvarint(batch.places.size());
  for (const ProducedPlace& place : batch.places) {
    out.uvarint(static_cast<std::uint64_t>(place.partition.value()));
    out.uvarint(static_cast<std::uint64_t>(place.offset.value()));
    out.fixed(place.crc);
  }
}

std::optional<ProducedBatch> read_batch(engine::ByteReader& in) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t first = in.uvarint();
  const std::uint64_t count = in.uvarint();
  const std::size_t places = in.count(kPlaceBytesMin);
  if (!in.ok() || count == 0 || first > kMost - count) return std::nullopt;
  if (places != 1 && places != count) return std::nullopt;
  ProducedBatch batch{static_cast<std::int64_t>(first), static_cast<std::int64_t>(count), {}};
  batch.places.reserve(places);
  for (std::size_t i = 0; i < places; ++i) {
    const std::uint64_t partition = in.uvarint();
    const std::uint64_t offset = in.uvarint();
    const auto crc = in.fixed<std::uint32_t>();
    if (partition >= static_cast<std::uint64_t>(kPartitionsMax) || offset > kMost)
      return std::nullopt;
    batch.places.push_back({engine::PartitionId{static_cast<std::int32_t>(partition)},
                            engine::Offset{static_cast<std::int64_t>(offset)}, crc});
  }
  if (!in.ok()) return std::nullopt;
  return batch;
}

}  // namespace twofold::log
