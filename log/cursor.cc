#include "log/cursor.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"

namespace twofold::log {
namespace {

constexpr std::string_view kPrefix = "c1.";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kVersionWithSeeks = 2;
constexpr std::size_t kCrcBytes = 4;
constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

void append_base64url(std::string& out, std::string_view bytes) {
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += kLetters[bits >> (held - 6) & 63];
  }
  if (held > 0) out += kLetters[bits << (6 - held) & 63];
}

// One text per content: what is left over in the last letter must be zero.
std::optional<std::string> decode_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  const bool whole = held < 6 && (bits & ((1U << held) - 1)) == 0;
  return whole ? std::optional(std::move(bytes)) : std::nullopt;
}

std::optional<std::vector<PartitionPosition>> read_positions(engine::ByteReader& in,
                                                             std::int64_t partitions,
                                                             bool with_seeks) {
  constexpr std::size_t kPositionBytesMin = 2;
  std::vector<PartitionPosition> positions(in.count(kPositionBytesMin),
                                           PartitionPosition{PartitionId{0}, Offset{0}});
  std::uint64_t next = 0;
  for (PartitionPosition& position : positions) {
    const std::uint64_t gap = in.uvarint();
    const std::uint64_t offset = in.uvarint();
    const std::uint64_t seeks = with_seeks ? in.uvarint() : 0;
    if (gap >= static_cast<std::uint64_t>(partitions)) return std::nullopt;
    if (offset > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    const std::uint64_t partition = next + gap;
    if (partition >= static_cast<std::uint64_t>(partitions)) return std::nullopt;
    position = {PartitionId{static_cast<std::int32_t>(partition)},
                Offset{static_cast<std::int64_t>(offset)}, seeks};
    next = partition + 1;
  }
  if (!in.done()) return std::nullopt;
  return positions;
}

}  // namespace

std::string encode_cursor(const Cursor& cursor) {
  std::string bytes;
  engine::ByteWriter out(bytes);
  const bool with_seeks = std::any_of(cursor.positions.begin(), cursor.positions.end(),
                                      [](const auto& position) { return position.seeks > 0; });
  out.fixed(with_seeks ? kVersionWithSeeks : kVersion);
  out.uvarint(cursor.topic_id);
  out.uvarint(cursor.positions.size());
  std::int32_t next = 0;
  for (const PartitionPosition& position : cursor.positions) {
    TF_CHECK(position.partition.value() >= next);
    TF_CHECK(position.offset.value() >= 0);
    out.uvarint(static_cast<std::uint64_t>(position.partition.value() - next));
    out.uvarint(static_cast<std::uint64_t>(position.offset.value()));
    if (with_seeks) out.uvarint(position.seeks);
    next = position.partition.value() + 1;
  }
  out.fixed(engine::crc32c(bytes));

  std::string text(kPrefix);
  append_base64url(text, bytes);
  return text;
}

std::variant<Cursor, CursorFault> decode_cursor(std::string_view text, const TopicInfo& topic) {
  if (!text.starts_with(kPrefix)) return CursorFault::invalid;
  const auto decoded = decode_base64url(text.substr(kPrefix.size()));
  if (!decoded || decoded->size() <= kCrcBytes) return CursorFault::invalid;

  const std::string_view content(decoded->data(), decoded->size() - kCrcBytes);
  const auto crc = engine::load_le<std::uint32_t>(decoded->data() + content.size());
  if (engine::crc32c(content) != crc) return CursorFault::invalid;

  engine::ByteReader in(content);
  const auto version = in.fixed<std::uint8_t>();
  if (version != kVersion && version != kVersionWithSeeks) return CursorFault::invalid;
  const std::uint64_t topic_id = in.uvarint();
  if (!in.ok()) return CursorFault::invalid;
  // Before the partitions: those of another topic mean nothing here.
  if (topic_id != topic.id) return CursorFault::stale;
  auto positions = read_positions(in, topic.config.partitions, version == kVersionWithSeeks);
  if (!positions) return CursorFault::invalid;
  return Cursor{topic.id, std::move(*positions)};
}

}  // namespace twofold::log
