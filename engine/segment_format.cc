#include "engine/segment_format.h"

#include <charconv>

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/format_version.h"

namespace twofold::engine {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kHeaderFieldsEnd = 16;

static_assert(kSegmentVersions.newest == kSegmentVersion);

void seal(std::string& out) { ByteWriter(out).fixed(crc32c(out)); }

bool sealed(std::string_view bytes) {
  const auto body = bytes.substr(0, bytes.size() - kCrcBytes);
  return load_le<std::uint32_t>(bytes.data() + body.size()) == crc32c(body);
}

/// Whether the places a table item names lie in order inside its file.
bool fits(const SegmentLog& log, const SegmentFooter& footer) {
  return log.range.first < log.range.upto && log.begin >= kEntriesBegin && log.begin < log.end &&
         log.end <= footer.entries_end && log.index_items > 0 && log.index_at < footer.file_bytes &&
         log.index_items <= (footer.file_bytes - log.index_at) / kIndexItemBytes;
}

}  // namespace

std::string encode_segment_header(SegmentId id) {
  std::string out;
  ByteWriter w(out);
  w.fixed(kSegmentMagic);
  w.fixed(kSegmentVersion);
  w.fixed(std::uint16_t{0});
  w.fixed(id.value());
  out.resize(kSegmentHeaderBytes - kCrcBytes);
  seal(out);
  return out;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes) return std::nullopt;
  bytes = bytes.substr(0, kSegmentHeaderBytes);
  if (!sealed(bytes) || load_le<std::uint32_t>(bytes.data()) != kSegmentMagic) return std::nullopt;
  const auto zero =
      bytes.substr(kHeaderFieldsEnd, kSegmentHeaderBytes - kCrcBytes - kHeaderFieldsEnd);
  const SegmentHeader header{load_le<std::uint16_t>(bytes.data() + 4),
                             SegmentId{load_le<std::uint64_t>(bytes.data() + 8)}};
  if (header.version == kSegmentVersion && zero.find_first_not_of('\0') != std::string_view::npos)
    return std::nullopt;
  return header;
}

std::string encode_footer(const SegmentFooter& footer) {
  std::string out;
  ByteWriter w(out);
  w.fixed(kFooterMagic);
  w.fixed(kSegmentVersion);
  w.fixed(std::uint16_t{0});
  w.fixed(footer.id.value());
  w.fixed(footer.batches);
  w.fixed(footer.entries_end);
  w.fixed(footer.table_at);
  w.fixed(footer.logs);
  w.fixed(footer.table_crc);
  w.fixed(footer.file_bytes);
  w.fixed(std::uint32_t{0});
  seal(out);
  TF_CHECK(out.size() == kFooterBytes);
  return out;
}

std::optional<SegmentFooter> decode_footer(std::string_view bytes, SegmentId id,
                                           std::uint64_t file_bytes) {
  if (bytes.size() != kFooterBytes || !sealed(bytes)) return std::nullopt;
  ByteReader in(bytes);
  if (in.fixed<std::uint32_t>() != kFooterMagic) return std::nullopt;
  if (in.fixed<std::uint16_t>() != kSegmentVersion) return std::nullopt;
  if (in.fixed<std::uint16_t>() != 0) return std::nullopt;
  const SegmentFooter footer{SegmentId{in.fixed<std::uint64_t>()},
                             in.fixed<std::uint64_t>(),
                             in.fixed<std::uint64_t>(),
                             in.fixed<std::uint64_t>(),
                             in.fixed<std::uint32_t>(),
                             in.fixed<std::uint32_t>(),
                             in.fixed<std::uint64_t>()};
  // A sound footer of another file, or of this one before it was cut, is of no use here.
  if (footer.id != id || footer.file_bytes != file_bytes) return std::nullopt;
  if (footer.entries_end < kEntriesBegin || footer.entries_end > footer.table_at ||
      footer.table_at > file_bytes ||
      footer.logs > (file_bytes - footer.table_at) / kTableItemBytes)
    return std::nullopt;
  return footer;
}

std::optional<std::uint32_t> footer_version(std::string_view bytes) {
  if (bytes.size() != kFooterBytes || !sealed(bytes)) return std::nullopt;
  if (load_le<std::uint32_t>(bytes.data()) != kFooterMagic) return std::nullopt;
  return load_le<std::uint16_t>(bytes.data() + 4);
}

void append_table_item(std::string& out, const SegmentLog& log) {
  const auto at = out.size();
  ByteWriter w(out);
  w.fixed(log.range.log.value());
  w.fixed(log.index_crc);
  w.fixed(log.range.first.value());
  w.fixed(log.range.upto.value());
  w.fixed(log.range.bytes);
  w.fixed(log.range.max_timestamp.value());
  w.fixed(log.range.append_time.value());
  w.fixed(log.begin);
  w.fixed(log.end);
  w.fixed(log.index_at);
  w.fixed(log.index_items);
  TF_CHECK(out.size() - at == kTableItemBytes);
}

std::optional<std::vector<SegmentLog>> decode_table(std::string_view bytes,
                                                    const SegmentFooter& footer) {
  if (bytes.size() != footer.logs * kTableItemBytes || crc32c(bytes) != footer.table_crc)
    return std::nullopt;
  std::vector<SegmentLog> logs;
  logs.reserve(footer.logs);
  ByteReader in(bytes);
  for (std::uint32_t i = 0; i < footer.logs; ++i) {
    const LogId id{in.fixed<std::uint32_t>()};
    const auto index_crc = in.fixed<std::uint32_t>();
    const SegmentRange range{id,
                             Offset{in.fixed<std::int64_t>()},
                             Offset{in.fixed<std::int64_t>()},
                             in.fixed<std::uint64_t>(),
                             WallTime{in.fixed<std::int64_t>()},
                             WallTime{in.fixed<std::int64_t>()}};
    const SegmentLog log{range,
                         in.fixed<std::uint64_t>(),
                         in.fixed<std::uint64_t>(),
                         in.fixed<std::uint64_t>(),
                         in.fixed<std::uint64_t>(),
                         index_crc};
    if (!fits(log, footer)) return std::nullopt;
    if (!logs.empty() && logs.back().range.log >= id) return std::nullopt;
    logs.push_back(log);
  }
  return logs;
}

void append_index_item(std::string& out, const IndexItem& item) {
  ByteWriter w(out);
  w.fixed(item.offset.value());
  w.fixed(item.position);
  w.fixed(item.newest_before.value());
}

IndexItem index_item(std::string_view index, std::size_t at) {
  TF_CHECK((at + 1) * kIndexItemBytes <= index.size());
  const char* p = index.data() + at * kIndexItemBytes;
  return {Offset{load_le<std::int64_t>(p)}, load_le<std::uint64_t>(p + 8),
          WallTime{load_le<std::int64_t>(p + 16)}};
}

std::string segment_name(SegmentId id) { return fmt::format("{:016x}{}", id.value(), kSuffix); }

std::optional<SegmentId> parse_segment_name(std::string_view name) {
  if (name.size() != kIdDigits + kSuffix.size() || name.substr(kIdDigits) != kSuffix)
    return std::nullopt;
  std::uint64_t value = 0;
  const auto* end = name.data() + kIdDigits;
  const auto parsed = std::from_chars(name.data(), end, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  if (segment_name(SegmentId{value}) != name) return std::nullopt;  // one spelling only
  return SegmentId{value};
}

}  // namespace twofold::engine
