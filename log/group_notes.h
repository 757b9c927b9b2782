#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "log/group.h"
#include "log/topics.h"

namespace twofold::log {

/// What the journal keeps of a change to a group: the payload of an EntryType::group entry. `at` is
/// the broker's time of the change.
///
///   remove  2 u8 | group bytes
///   commit  3 u8 | group bytes | at uvarint | count uvarint | count x { topic id uvarint,
///           partition uvarint, offset uvarint, leader epoch + 1 uvarint, metadata bytes }
///   seek    4 u8 | as commit; one more seek of each of these partitions: positions given out
///   before
///           are void
///   forget  5 u8 | group bytes | count uvarint | count x { topic id uvarint, partition uvarint }
///   leave   6 u8 | group bytes | at uvarint: the last member has left
/// "bytes" is a uvarint length and that many bytes. The entry's owner is group_owner(name).
/// Also read:  1 u8 | group bytes | count uvarint | count x { topic id, partition, offset }
struct GroupOffset {
  std::uint32_t topic_id;
  PartitionId partition;
  Offset offset;
  std::int32_t leader_epoch = -1;  ///< Kafka's; -1: none
  std::string metadata{};          ///< what the one who committed wanted to find again

  friend bool operator==(const GroupOffset&, const GroupOffset&) = default;
};
struct GroupCommit {
  std::string group;
  std::vector<GroupOffset> offsets;
  Instant at{0};
};
struct GroupSeek {
  std::string group;
  std::vector<GroupOffset> offsets;
  Instant at{0};
};
struct GroupForget {
  std::string group;
  std::vector<PartitionKey> partitions;
};
struct GroupRemove {
  std::string group;
};
/// It was in use until then.
struct GroupLeft {
  std::string group;
  Instant at{0};
};
using GroupNote = std::variant<GroupCommit, GroupSeek, GroupForget, GroupRemove, GroupLeft>;

const std::string& group_of(const GroupNote& note);
std::string encode_note(const GroupNote& note);
/// Error: data_damaged.
Result<GroupNote> decode_note(std::string_view payload);

/// The same number for the same name for ever; two names may share one.
std::uint32_t group_owner(std::string_view name);

}  // namespace twofold::log
