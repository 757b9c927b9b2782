#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/ids.h"
#include "engine/state_machine.h"

namespace twofold::engine {

/// One item inside a journal block or a segment: a header of 32 bytes, then the payload.
///
///    0        4     5      6        8        12       16             24           32
///   +--------+-----+------+--------+--------+--------+--------------+------------+---------...
///   | len u32|type |flags | shard  | owner  | crc    | base_offset  | base_seq   | payload
///   +--------+-----+------+--------+--------+--------+--------------+------------+---------...
///
/// len      payload bytes.        owner  log, queue or group the entry speaks to.
/// crc      CRC-32C of the header with this field zero, then of the payload; a batch carries its own
///          checksum, so for type batch only its first 21 bytes (which that does not cover) follow.
/// base_offset, base_seq  of a batch: place in its log and in the total order; otherwise 0.
/// Little endian; flags and unused fields are zero and checked.
struct Entry {
  EntryType type;
  std::uint32_t owner;
  std::int64_t base_offset;
  std::uint64_t base_seq;
  std::string_view payload;

  std::size_t stored_bytes() const;
};

inline constexpr std::size_t kEntryHeaderBytes = 32;
inline constexpr std::size_t kEntryPayloadMax = 128u << 20;

/// Appends header and payload to `out`.
void write_entry(std::string& out, const Entry& entry);
/// Writes the 32 header bytes for a payload that is already in place.
void write_entry_header(char* out, const Entry& entry);

/// Reads the entry at the start of `bytes` and verifies it, a batch inside included.
/// Errors: data_damaged.
Result<Entry> read_entry(std::string_view bytes);

/// What can be known of a batch entry whose payload does not verify: its header does, so the log it
/// belonged to and its length are sure. nullopt when not even that.
struct DamagedEntry {
  LogId log;
  Offset base;
  std::size_t stored_bytes;
};
std::optional<DamagedEntry> read_damaged_batch(std::string_view bytes);

}  // namespace twofold::engine
