#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "engine/base/bytes.h"
#include "log/producers.h"

namespace twofold::log {

/// What the journal keeps of producers: the payload of an EntryType::producer entry.
///
///   wrote   1 u8 | at varint | id bytes | topic uvarint | partition + 1 uvarint | epoch uvarint |
///           batch
///   forget  2 u8 | upto varint
/// batch is first_seq uvarint | count uvarint | places uvarint x { partition uvarint, offset
/// uvarint, crc u32 }. "bytes" is a uvarint length and that many bytes; an id begins with `n` (a
/// name follows) or `k` (8 bytes, little endian). The entry's owner is the topic's id, 0 of a
/// forget.
struct ProducedAt {
  ProducedNote note;
  engine::Instant at;
};
struct ForgetIdle {
  engine::Instant upto;
};
using ProducerNote = std::variant<ProducedAt, ForgetIdle>;

std::string encode_wrote(const ProducedNote& note, engine::Instant at);
std::string encode_forget(engine::Instant upto);
/// Error: data_damaged.
engine::Result<ProducerNote> decode_producer_note(std::string_view payload);

void write_batch(engine::ByteWriter& out, const ProducedBatch& batch);
/// nullopt when it does not parse.
std::optional<ProducedBatch> read_batch(engine::ByteReader& in);

}  // namespace twofold::log
