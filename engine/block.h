#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/ids.h"

namespace twofold::engine {

/// Everything on disk starts and ends on this boundary, so that no sector is shared between an
/// acknowledged block and a later one.
inline constexpr std::size_t kBlockAlignment = 4096;
constexpr std::size_t align_block(std::size_t n) {
  return (n + kBlockAlignment - 1) / kBlockAlignment * kBlockAlignment;
}

/// Where a block stands: a journal file's number and the place of its first byte there.
struct JournalPosition {
  std::uint32_t file = 0;
  std::uint32_t place = 0;
  friend auto operator<=>(const JournalPosition&, const JournalPosition&) = default;
};

/// The header of a journal block, 96 bytes, little endian:
///
///    0       4        6       8           16            24     32      40
///   +-------+--------+-------+-----------+-------------+------+-------+-------------+
///   | magic |version | flags | stream_id | incarnation | seq  | lsn   | durable_seq |
///   +-------+--------+-------+-----------+-------------+------+-------+-------------+
///   48        56           60       64               68            72     80      92
///   +--------+------------+--------+----------------+-------------+------+-------+------------+
///   | instant| payload_len| entries| prev_block_crc | payload_crc | wall | zero  | header_crc |
///   +--------+------------+--------+----------------+-------------+------+-------+------------+
///
/// lsn          (file << 32) | place: a block that was written elsewhere does not verify here.
/// durable_seq  the newest block known to be on the device when this one was sealed. A later block
///              that says so is the witness which tells damage from a torn tail.
/// instant      broker time when the block was sealed.
/// wall         what the calendar said then. Replay takes append times, and what has passed since,
/// from
///              these two and nothing from the clock it runs under.
/// prev_block_crc  header_crc of the block before. payload_crc covers the entries and the zero
///              padding up to the next multiple of 4096.
struct BlockHeader {
  std::uint64_t stream_id;
  std::uint64_t incarnation;
  std::uint64_t seq;
  JournalPosition position;
  std::uint64_t durable_seq;
  ClockReading sealed_at;
  std::uint32_t payload_bytes;
  std::uint32_t entries;
  std::uint32_t prev_block_crc;
  std::uint32_t payload_crc;
  std::uint32_t header_crc;  // set by write_block_header

  std::size_t stored_bytes() const;
};

inline constexpr std::size_t kBlockHeaderBytes = 96;

/// Fills in both checksums. `block` is the whole padded block, payload in place.
void write_block_header(char* block, BlockHeader& header);

/// The header at the start of `bytes`; nullopt when there is none that verifies. Says nothing about
/// the payload.
std::optional<BlockHeader> read_block_header(std::string_view bytes);

/// A header that verifies, but of a version that this program does not read.
struct OtherBlockVersion {
  std::uint16_t version;
  std::uint64_t stream_id;
  JournalPosition position;
};
std::optional<OtherBlockVersion> other_block_version(std::string_view bytes);

/// Whether the payload that follows the header in `block` (padded) is what was sealed.
bool verify_block_payload(const BlockHeader& header, std::string_view block);

/// Memory for one block, aligned for direct writes. Immutable once sealed; kept for readers.
class Slab {
 public:
  explicit Slab(std::size_t bytes);
  ~Slab();
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  char* data() { return data_; }
  std::string_view bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }

 private:
  char* data_;
  std::size_t size_;
};

}  // namespace twofold::engine
