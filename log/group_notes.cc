#include "log/group_notes.h"

#include <limits>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "log/topics_limits.h"

namespace twofold::log {
namespace {

constexpr std::uint8_t kCommit = 1;
constexpr std::uint8_t kRemove = 2;
constexpr std::size_t kOffsetBytesMin = 3;

engine::Error damaged() {
  return engine::Error(engine::Errc::data_damaged, "a group's journal entry does not parse");
}

Result<GroupNote> decode_commit(std::string group, engine::ByteReader& in) {
  GroupCommit commit{std::move(group), {}};
  for (std::size_t left = in.count(kOffsetBytesMin); left > 0; --left) {
    const std::uint64_t topic_id = in.uvarint();
    const std::uint64_t partition = in.uvarint();
    const std::uint64_t offset = in.uvarint();
    if (topic_id > std::numeric_limits<std::uint32_t>::max()) return damaged();
    if (partition >= static_cast<std::uint64_t>(kPartitionsMax)) return damaged();
    if (offset > std::numeric_limits<std::int64_t>::max()) return damaged();
    commit.offsets.push_back({static_cast<std::uint32_t>(topic_id),
                              PartitionId{static_cast<std::int32_t>(partition)},
                              Offset{static_cast<std::int64_t>(offset)}});
  }
  if (!in.done()) return damaged();
  return GroupNote(std::move(commit));
}

}  // namespace

std::string encode_note(const GroupNote& note) {
  std::string payload;
  engine::ByteWriter out(payload);
  if (const auto* remove = std::get_if<GroupRemove>(&note)) {
    out.fixed(kRemove);
    out.bytes(remove->group);
    return payload;
  }
  const auto& commit = std::get<GroupCommit>(note);
  out.fixed(kCommit);
  out.bytes(commit.group);
  out.uvarint(commit.offsets.size());
  for (const GroupOffset& offset : commit.offsets) {
    out.uvarint(offset.topic_id);
    out.uvarint(static_cast<std::uint64_t>(offset.partition.value()));
    out.uvarint(static_cast<std::uint64_t>(offset.offset.value()));
  }
  return payload;
}

Result<GroupNote> decode_note(std::string_view payload) {
  engine::ByteReader in(payload);
  const auto kind = in.fixed<std::uint8_t>();
  std::string group(in.bytes());
  if (kind == kCommit) return decode_commit(std::move(group), in);
  if (kind == kRemove && in.done()) return GroupNote(GroupRemove{std::move(group)});
  return damaged();
}

std::uint32_t group_owner(std::string_view name) { return engine::crc32c(name); }

}  // namespace twofold::log
