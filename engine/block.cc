#include "engine/block.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/format_version.h"

namespace twofold::engine {
namespace {

constexpr std::uint32_t kMagic = 0x4B4C4254;  // "TBLK"
constexpr std::uint16_t kVersion = 2;
constexpr std::uint16_t kVersionWithoutWall = 1;  // broker time stood for the calendar's
static_assert(kBlockVersions.oldest == kVersionWithoutWall && kBlockVersions.newest == kVersion);
constexpr std::size_t kCrcPlace = kBlockHeaderBytes - 4;

bool header_verifies(std::string_view bytes) {
  if (bytes.size() < kBlockHeaderBytes) return false;
  const char* b = bytes.data();
  return load_le<std::uint32_t>(b) == kMagic &&
         load_le<std::uint32_t>(b + kCrcPlace) == crc32c({b, kCrcPlace});
}

JournalPosition position_in(const char* header) {
  const auto lsn = load_le<std::uint64_t>(header + 32);
  return {static_cast<std::uint32_t>(lsn >> 32), static_cast<std::uint32_t>(lsn)};
}

}  // namespace

std::size_t BlockHeader::stored_bytes() const {
  return align_block(kBlockHeaderBytes + payload_bytes);
}

void write_block_header(char* block, BlockHeader& h) {
  const auto padded = std::string_view(block, h.stored_bytes()).substr(kBlockHeaderBytes);
  h.payload_crc = crc32c(padded);
  std::memset(block, 0, kBlockHeaderBytes);
  store_le(block, kMagic);
  store_le(block + 4, kVersion);
  store_le(block + 8, h.stream_id);
  store_le(block + 16, h.incarnation);
  store_le(block + 24, h.seq);
  store_le(block + 32, std::uint64_t{h.position.file} << 32 | h.position.place);
  store_le(block + 40, h.durable_seq);
  store_le(block + 48, h.sealed_at.instant.value());
  store_le(block + 56, h.payload_bytes);
  store_le(block + 60, h.entries);
  store_le(block + 64, h.prev_block_crc);
  store_le(block + 68, h.payload_crc);
  store_le(block + 72, h.sealed_at.wall.value());
  h.header_crc = crc32c({block, kCrcPlace});
  store_le(block + kCrcPlace, h.header_crc);
}

std::optional<BlockHeader> read_block_header(std::string_view bytes) {
  if (!header_verifies(bytes)) return std::nullopt;
  const char* b = bytes.data();
  const auto version = load_le<std::uint16_t>(b + 4);
  if (!kBlockVersions.has(version)) return std::nullopt;
  const auto instant = load_le<std::int64_t>(b + 48);
  const auto wall = version == kVersionWithoutWall ? instant : load_le<std::int64_t>(b + 72);
  return BlockHeader{
      load_le<std::uint64_t>(b + 8),        load_le<std::uint64_t>(b + 16),
      load_le<std::uint64_t>(b + 24),       position_in(b),
      load_le<std::uint64_t>(b + 40),       ClockReading{Instant{instant}, WallTime{wall}},
      load_le<std::uint32_t>(b + 56),       load_le<std::uint32_t>(b + 60),
      load_le<std::uint32_t>(b + 64),       load_le<std::uint32_t>(b + 68),
      load_le<std::uint32_t>(b + kCrcPlace)
  };
}

std::optional<OtherBlockVersion> other_block_version(std::string_view bytes) {
  if (!header_verifies(bytes)) return std::nullopt;
  const auto version = load_le<std::uint16_t>(bytes.data() + 4);
  if (kBlockVersions.has(version)) return std::nullopt;
  return OtherBlockVersion{version, load_le<std::uint64_t>(bytes.data() + 8),
                           position_in(bytes.data())};
}

bool verify_block_payload(const BlockHeader& header, std::string_view block) {
  if (block.size() < header.stored_bytes()) return false;
  const auto padded = block.substr(kBlockHeaderBytes, header.stored_bytes() - kBlockHeaderBytes);
  return crc32c(padded) == header.payload_crc;
}

Slab::Slab(std::size_t bytes)
    : data_(static_cast<char*>(std::aligned_alloc(kBlockAlignment, bytes))), size_(bytes) {
  TF_CHECK(bytes % kBlockAlignment == 0);
  if (data_ == nullptr) throw std::bad_alloc();
}

Slab::~Slab() { std::free(data_); }

}  // namespace twofold::engine
