#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/segment_store.h"

namespace twofold::engine {

/// Every byte of a segment file that is not an entry. Little endian; unused bytes are zero.
///
///     0 +----------------------+  file header, 64 bytes
///    64 +----------------------+  footer A, 64 bytes; its table is table A
///   128 +----------------------+  entries (engine/entry.h) of type batch, sorted by (log, offset)
///       +----------------------+  table A: 80 bytes for each log, ascending
///       +----------------------+  index: for each log its items of 24 bytes
///       +----------------------+  table B: the same bytes as table A
///       +----------------------+  footer B, 64 bytes; its table is table B; the file ends here
///
/// Either footer with its table finds everything. Without both, the entries still say it all but
/// the append times (each batch's newest timestamp then stands in): they are scanned.
/// The file is written from 128 on, then [0, 128), then synced, and only then has its name.

inline constexpr std::uint32_t kSegmentMagic = 0x47455354;  // "TSEG"
inline constexpr std::uint32_t kFooterMagic = 0x544F4F46;   // "FOOT"
inline constexpr std::uint16_t kSegmentVersion = 1;
inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::size_t kFooterBytes = 64;
inline constexpr std::size_t kTableItemBytes = 80;
inline constexpr std::size_t kIndexItemBytes = 24;
inline constexpr std::uint64_t kEntriesBegin = kSegmentHeaderBytes + kFooterBytes;
/// An index item for the first batch of a log and for the first one after each such stretch.
inline constexpr std::uint64_t kIndexEveryBytes = 16u << 10;

/// The footer.
///    0       4       6       8          16         24          32         40       44       48
///   +-------+-------+-------+----------+----------+-----------+----------+--------+--------+----
///   | magic |version| zero  | id       | batches  |entries_end| table_at | logs   |tablecrc|
///   +-------+-------+-------+----------+----------+-----------+----------+--------+--------+----
///   48 file_bytes u64 | 56 zero u32 | 60 crc u32 over [0, 60)
struct SegmentFooter {
  SegmentId id;
  std::uint64_t batches;
  std::uint64_t entries_end;
  std::uint64_t table_at;
  std::uint32_t logs;
  std::uint32_t table_crc;
  std::uint64_t file_bytes;
};

/// One log of the table.
///    0 log u32 | 4 index_crc u32 | 8 first i64 | 16 upto i64 | 24 bytes u64 | 32 max_timestamp i64
///   40 append_time i64 | 48 begin u64 | 56 end u64 | 64 index_at u64 | 72 index_items u64
struct SegmentLog {
  SegmentRange range;
  std::uint64_t begin;  ///< where its first entry begins
  std::uint64_t end;    ///< where its last entry ends
  std::uint64_t index_at;
  std::uint64_t index_items;
  std::uint32_t index_crc;
};

/// A place to begin reading: 0 offset i64 | 8 position u64 | 16 newest_before i64.
struct IndexItem {
  Offset offset;           ///< base offset of the batch
  std::uint64_t position;  ///< where its entry begins
  WallTime newest_before;  ///< newest timestamp of the log's earlier batches; the least i64 if none
};

std::string encode_segment_header(SegmentId id);
/// Who the file says it is; nullopt when that does not verify.
struct SegmentHeader {
  std::uint16_t version;
  SegmentId id;
};
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);

std::string encode_footer(const SegmentFooter& footer);
/// Verifies magic, version, checksum and that the numbers can be true of a file this long.
std::optional<SegmentFooter> decode_footer(std::string_view bytes, SegmentId id,
                                           std::uint64_t file_bytes);

/// The version that a footer says; nullopt when it does not verify.
std::optional<std::uint32_t> footer_version(std::string_view bytes);

void append_table_item(std::string& out, const SegmentLog& log);
/// Nullopt when the table does not verify against the footer.
std::optional<std::vector<SegmentLog>> decode_table(std::string_view bytes,
                                                    const SegmentFooter& footer);

void append_index_item(std::string& out, const IndexItem& item);
/// `at` counts items. The bytes were verified before.
IndexItem index_item(std::string_view index, std::size_t at);

/// "0000000000000007.seg".
std::string segment_name(SegmentId id);
std::optional<SegmentId> parse_segment_name(std::string_view name);

}  // namespace twofold::engine
