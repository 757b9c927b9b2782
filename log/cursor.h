#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "log/topics.h"

namespace twofold::log {

/// Where a reader of one topic has got to, as the opaque text that REST pages, SSE ids and
/// WebSocket resumes carry.
///
/// Layout: "c1." and the base64url (no padding) of
///   version u8 | topic id uvarint | count uvarint | count x { partition gap uvarint,
///   offset uvarint, in version 2: seeks uvarint } | CRC-32C of everything before, u32 little
///   endian
/// Version 1 when no partition was ever sought by the group that reads, or no group does; else 2.
/// Partitions ascend; the gap to the one before is counted without it, so all of a topic's
/// partitions cost one zero byte each. Example: topic 7, partition 0 at 300, partition 1 at 2:
///   01 07 02 00 ac 02 00 02 bc 72 ca a5 = "c1.AQcCAKwCAAK8csql"
/// The same of a group that one seek has moved in partition 1:
///   02 07 02 00 ac 02 00 00 02 01 02 a7 86 cb = "c1.AgcCAKwCAAACAQKnhss"
struct Cursor {
  std::uint32_t topic_id = 0;
  std::vector<PartitionPosition> positions;  ///< ascending by partition: the next offset to read
};

/// Why a cursor cannot be used.
enum class CursorFault {
  invalid,  ///< not a cursor, damaged, or of partitions that the topic does not have
  stale,    ///< sound, but of another topic: that name was removed and created again
};

/// Requires ascending partitions and offsets >= 0.
std::string encode_cursor(const Cursor& cursor);

/// Reads what encode_cursor() wrote for this very topic.
std::variant<Cursor, CursorFault> decode_cursor(std::string_view text, const TopicInfo& topic);

}  // namespace twofold::log
