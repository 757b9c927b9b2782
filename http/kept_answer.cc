#include "http/kept_answer.h"

#include "engine/base/bytes.h"

namespace twofold::http {
namespace {

using engine::ByteReader;
using engine::ByteWriter;
using engine::Durability;
using engine::RequestAnswer;
using queue::Settled;

enum class Kind : std::uint8_t {
  published = 1,
  sent = 2,
  settled = 3,
  offsets = 4,
  starts = 5,
  number = 6,
  committed = 7
};

std::uint8_t number_of(Durability durability) {
  switch (durability) {
    case Durability::disk: return 0;
    case Durability::os: return 1;
    case Durability::memory: return 2;
  }
  __builtin_unreachable();
}

Durability durability_from(std::uint8_t number) {
  if (number == 1) return Durability::os;
  return number == 2 ? Durability::memory : Durability::disk;
}

std::uint8_t number_of(Settled settled) {
  switch (settled) {
    case Settled::acked: return 1;
    case Settled::already: return 2;
    case Settled::stale: return 3;
    case Settled::unknown: return 4;
    case Settled::ok: return 5;
    case Settled::too_long: return 6;
  }
  __builtin_unreachable();
}

Settled settled_from(std::uint8_t number) {
  switch (number) {
    case 1: return Settled::acked;
    case 2: return Settled::already;
    case 3: return Settled::stale;
    case 5: return Settled::ok;
    case 6: return Settled::too_long;
    default: return Settled::unknown;
  }
}

void begin(ByteWriter& out, Kind kind, Durability durability) {
  out.fixed(static_cast<std::uint8_t>(kind));
  out.fixed(number_of(durability));
}

/// Reads the bytes of an answer, and its records in order beside them.
class Recall {
 public:
  Recall(const RequestAnswer& answer, Kind kind) : answer_(answer), in(answer.bytes) {
    if (in.fixed<std::uint8_t>() != static_cast<std::uint8_t>(kind)) in.raw(UINT64_MAX);  // fails
    durability = durability_from(in.fixed<std::uint8_t>());
  }
  RequestAnswer::Record record() {
    if (next_ < answer_.records.size()) return answer_.records[next_++];
    in.raw(UINT64_MAX);
    return {engine::LogId{0}, engine::Offset{0}};
  }

 private:
  const RequestAnswer& answer_;
  std::size_t next_ = 0;

 public:
  ByteReader in;
  Durability durability = Durability::disk;
};

void write(ByteWriter& out, RequestAnswer& answer, const log::Published& published) {
  out.uvarint(published.records.size());
  for (const log::PublishedRecord& record : published.records) {
    const auto partition = static_cast<std::uint64_t>(record.partition.value());
    out.uvarint(partition << 1 | (record.duplicate ? 1 : 0));
    answer.records.push_back({record.log, record.offset, record.seq});
  }
}

void read(Recall& from, log::Published& published) {
  for (std::size_t n = from.in.count(1); n > 0; --n) {
    const std::uint64_t both = from.in.uvarint();
    const auto record = from.record();
    published.records.push_back({engine::PartitionId{static_cast<std::int32_t>(both >> 1)},
                                 record.log, record.offset, record.seq, (both & 1) != 0});
  }
}

void write(ByteWriter& out, RequestAnswer& answer, const queue::Sent& sent) {
  out.uvarint(sent.log.value());
  out.uvarint(sent.messages.size());
  for (const queue::SentMessage& message : sent.messages) {
    out.fixed(static_cast<std::uint8_t>(message.duplicate ? 1 : 0));
    answer.records.push_back({sent.log, message.offset, message.seq});
  }
}

void read(Recall& from, queue::Sent& sent) {
  sent.log = engine::LogId{static_cast<std::uint32_t>(from.in.uvarint())};
  for (std::size_t n = from.in.count(1); n > 0; --n) {
    const bool duplicate = from.in.fixed<std::uint8_t>() != 0;
    const auto record = from.record();
    sent.messages.push_back({record.offset, record.seq, duplicate});
  }
}

}  // namespace

RequestAnswer keep(const log::Published& published) {
  RequestAnswer answer;
  ByteWriter out(answer.bytes);
  begin(out, Kind::published, published.durability);
  write(out, answer, published);
  return answer;
}

template <>
log::Published recall(const RequestAnswer& answer) {
  Recall from(answer, Kind::published);
  log::Published published{{}, from.durability};
  read(from, published);
  return published;
}

RequestAnswer keep(const queue::Sent& sent) {
  RequestAnswer answer;
  ByteWriter out(answer.bytes);
  begin(out, Kind::sent, sent.durability);
  write(out, answer, sent);
  return answer;
}

template <>
queue::Sent recall(const RequestAnswer& answer) {
  Recall from(answer, Kind::sent);
  queue::Sent sent{{}, from.durability, engine::LogId{0}};
  read(from, sent);
  return sent;
}

RequestAnswer keep(const std::vector<Settled>& settled) {
  RequestAnswer answer;
  ByteWriter out(answer.bytes);
  begin(out, Kind::settled, Durability::disk);
  out.uvarint(settled.size());
  for (const Settled one : settled) out.fixed(number_of(one));
  return answer;
}

template <>
std::vector<Settled> recall(const RequestAnswer& answer) {
  Recall from(answer, Kind::settled);
  std::vector<Settled> settled;
  for (std::size_t n = from.in.count(1); n > 0; --n)
    settled.push_back(settled_from(from.in.fixed<std::uint8_t>()));
  return settled;
}

RequestAnswer keep(const std::vector<log::CommittedOffset>& offsets) {
  RequestAnswer answer;
  ByteWriter out(answer.bytes);
  begin(out, Kind::offsets, Durability::disk);
  out.uvarint(offsets.size());
  for (const log::CommittedOffset& offset : offsets) {
    out.bytes(offset.topic);
    out.uvarint(static_cast<std::uint64_t>(offset.partition.value()));
    out.uvarint(static_cast<std::uint64_t>(offset.offset.value()));
  }
  return answer;
}

template <>
std::vector<log::CommittedOffset> recall(const RequestAnswer& answer) {
  Recall from(answer, Kind::offsets);
  std::vector<log::CommittedOffset> offsets;
  for (std::size_t n = from.in.count(3); n > 0; --n) {
    std::string topic(from.in.bytes());
    const engine::PartitionId partition{static_cast<std::int32_t>(from.in.uvarint())};
    const engine::Offset offset{static_cast<std::int64_t>(from.in.uvarint())};
    offsets.push_back({std::move(topic), partition, offset});
  }
  return offsets;
}

RequestAnswer keep(const std::vector<log::PartitionOffsets>& starts) {
  RequestAnswer answer;
  ByteWriter out(answer.bytes);
  begin(out, Kind::starts, Durability::disk);
  out.uvarint(starts.size());
  for (const log::PartitionOffsets& one : starts) {
    out.uvarint(static_cast<std::uint64_t>(one.partition.value()));
    out.varint(one.status.start.value());
    out.varint(one.status.visible_end.value());
  }
  return answer;
}

template <>
std::vector<log::PartitionOffsets> recall(const RequestAnswer& answer) {
  Recall from(answer, Kind::starts);
  std::vector<log::PartitionOffsets> starts;
  for (std::size_t n = from.in.count(3); n > 0; --n) {
    const engine::PartitionId partition{static_cast<std::int32_t>(from.in.uvarint())};
    const engine::Offset start{from.in.varint()};
    const engine::Offset end{from.in.varint()};
    starts.push_back({
        partition, {start, end, end, 0, engine::WallTime{0}}
    });
  }
  return starts;
}

RequestAnswer keep(std::uint64_t number) {
  RequestAnswer answer;
  ByteWriter out(answer.bytes);
  begin(out, Kind::number, Durability::disk);
  out.uvarint(number);
  return answer;
}

template <>
std::uint64_t recall(const RequestAnswer& answer) {
  return Recall(answer, Kind::number).in.uvarint();
}

RequestAnswer keep(const Committed& committed) {
  RequestAnswer answer;
  ByteWriter out(answer.bytes);
  begin(out, Kind::committed, committed.durability);
  out.uvarint(committed.published.size());
  for (const log::Published& published : committed.published) write(out, answer, published);
  out.uvarint(committed.sent.size());
  for (const queue::Sent& sent : committed.sent) write(out, answer, sent);
  out.uvarint(committed.acked.size());
  for (const std::size_t acked : committed.acked) out.uvarint(acked);
  return answer;
}

template <>
Committed recall(const RequestAnswer& answer) {
  Recall from(answer, Kind::committed);
  Committed committed;
  committed.durability = from.durability;
  for (std::size_t n = from.in.count(1); n > 0; --n)
    read(from, committed.published.emplace_back(log::Published{{}, from.durability}));
  for (std::size_t n = from.in.count(2); n > 0; --n)
    read(from, committed.sent.emplace_back(queue::Sent{{}, from.durability, engine::LogId{0}}));
  for (std::size_t n = from.in.count(1); n > 0; --n)
    committed.acked.push_back(static_cast<std::size_t>(from.in.uvarint()));
  return committed;
}

}  // namespace twofold::http
