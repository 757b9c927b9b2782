#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "log/topics.h"

namespace twofold::log {

/// What the journal keeps of a change to a group: the payload of an EntryType::group entry.
///
///   commit  1 u8 | group bytes | count uvarint | count x { topic id uvarint, partition uvarint,
///           offset uvarint }
///   remove  2 u8 | group bytes
/// "bytes" is a uvarint length and that many bytes. The entry's owner is group_owner(name).
struct GroupOffset {
  std::uint32_t topic_id;
  PartitionId partition;
  Offset offset;

  friend bool operator==(const GroupOffset&, const GroupOffset&) = default;
};
struct GroupCommit {
  std::string group;
  std::vector<GroupOffset> offsets;
};
struct GroupRemove {
  std::string group;
};
using GroupNote = std::variant<GroupCommit, GroupRemove>;

std::string encode_note(const GroupNote& note);
/// Error: data_damaged.
Result<GroupNote> decode_note(std::string_view payload);

/// The same number for the same name for ever; two names may share one.
std::uint32_t group_owner(std::string_view name);

}  // namespace twofold::log
