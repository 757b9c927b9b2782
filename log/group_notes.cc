#include "log/group_notes.h"

#include <limits>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "log/topics_limits.h"

namespace twofold::log {
namespace {

constexpr std::uint8_t kOldCommit = 1;
constexpr std::uint8_t kRemove = 2;
constexpr std::uint8_t kCommit = 3;
constexpr std::uint8_t kSeek = 4;
constexpr std::uint8_t kForget = 5;
constexpr std::uint8_t kLeft = 6;
constexpr std::size_t kKeyBytesMin = 2;
constexpr std::size_t kOldOffsetBytesMin = 3;
constexpr std::size_t kOffsetBytesMin = 5;

engine::Error damaged() {
  return engine::Error(engine::Errc::data_damaged, "a group's journal entry does not parse");
}

template <class T>
bool fits(std::uint64_t number) {
  return number <= static_cast<std::uint64_t>(std::numeric_limits<T>::max());
}

void put_key(engine::ByteWriter& out, std::uint32_t topic_id, PartitionId partition) {
  out.uvarint(topic_id);
  out.uvarint(static_cast<std::uint64_t>(partition.value()));
}

void put_offsets(engine::ByteWriter& out, Instant at, const std::vector<GroupOffset>& offsets) {
  out.uvarint(static_cast<std::uint64_t>(at.value()));
  out.uvarint(offsets.size());
  for (const GroupOffset& offset : offsets) {
    put_key(out, offset.topic_id, offset.partition);
    out.uvarint(static_cast<std::uint64_t>(offset.offset.value()));
    out.uvarint(static_cast<std::uint64_t>(std::int64_t{offset.leader_epoch} + 1));
    out.bytes(offset.metadata);
  }
}

bool take_key(engine::ByteReader& in, PartitionKey& key) {
  const std::uint64_t topic_id = in.uvarint();
  const std::uint64_t partition = in.uvarint();
  if (!fits<std::uint32_t>(topic_id)) return false;
  if (partition >= static_cast<std::uint64_t>(kPartitionsMax)) return false;
  key = {static_cast<std::uint32_t>(topic_id), PartitionId{static_cast<std::int32_t>(partition)}};
  return true;
}

bool take_instant(engine::ByteReader& in, Instant& at) {
  const std::uint64_t ms = in.uvarint();
  at = Instant{static_cast<std::int64_t>(ms)};
  return fits<std::int64_t>(ms);
}

bool take_offsets(engine::ByteReader& in, bool old, std::vector<GroupOffset>& offsets) {
  for (std::size_t left = in.count(old ? kOldOffsetBytesMin : kOffsetBytesMin); left > 0; --left) {
    PartitionKey key{0, PartitionId{0}};
    if (!take_key(in, key)) return false;
    const std::uint64_t offset = in.uvarint();
    if (!fits<std::int64_t>(offset)) return false;
    GroupOffset one{key.topic_id, key.partition, Offset{static_cast<std::int64_t>(offset)}};
    if (!old) {
      const std::uint64_t epoch = in.uvarint();
      if (!fits<std::int32_t>(epoch)) return false;
      one.leader_epoch = static_cast<std::int32_t>(epoch) - 1;
      one.metadata = in.bytes();
    }
    offsets.push_back(std::move(one));
  }
  return in.done();
}

Result<GroupNote> decode_forget(std::string group, engine::ByteReader& in) {
  GroupForget forget{std::move(group), {}};
  for (std::size_t left = in.count(kKeyBytesMin); left > 0; --left) {
    PartitionKey key{0, PartitionId{0}};
    if (!take_key(in, key)) return damaged();
    forget.partitions.push_back(key);
  }
  if (!in.done()) return damaged();
  return GroupNote(std::move(forget));
}

template <class Note>
Result<GroupNote> decode_offsets(std::string group, bool old, engine::ByteReader& in) {
  Note note{std::move(group), {}};
  if (!old && !take_instant(in, note.at)) return damaged();
  if (!take_offsets(in, old, note.offsets)) return damaged();
  return GroupNote(std::move(note));
}

struct Encoder {
  engine::ByteWriter& out;

  void operator()(const GroupCommit& note) const { offsets(kCommit, note); }
  void operator()(const GroupSeek& note) const { offsets(kSeek, note); }
  void operator()(const GroupRemove& note) const { begin(kRemove, note.group); }
  void operator()(const GroupLeft& note) const {
    begin(kLeft, note.group);
    out.uvarint(static_cast<std::uint64_t>(note.at.value()));
  }
  void operator()(const GroupForget& note) const {
    begin(kForget, note.group);
    out.uvarint(note.partitions.size());
    for (const PartitionKey& key : note.partitions) put_key(out, key.topic_id, key.partition);
  }
  void begin(std::uint8_t kind, const std::string& group) const {
    out.fixed(kind);
    out.bytes(group);
  }
  template <class Note>
  void offsets(std::uint8_t kind, const Note& note) const {
    begin(kind, note.group);
    put_offsets(out, note.at, note.offsets);
  }
};

}  // namespace

const std::string& group_of(const GroupNote& note) {
  return std::visit([](const auto& one) -> const std::string& { return one.group; }, note);
}

std::string encode_note(const GroupNote& note) {
  std::string payload;
  engine::ByteWriter out(payload);
  std::visit(Encoder{out}, note);
  return payload;
}

Result<GroupNote> decode_note(std::string_view payload) {
  engine::ByteReader in(payload);
  const auto kind = in.fixed<std::uint8_t>();
  std::string group(in.bytes());
  switch (kind) {
    case kOldCommit: return decode_offsets<GroupCommit>(std::move(group), true, in);
    case kCommit: return decode_offsets<GroupCommit>(std::move(group), false, in);
    case kSeek: return decode_offsets<GroupSeek>(std::move(group), false, in);
    case kForget: return decode_forget(std::move(group), in);
    case kLeft: {
      GroupLeft left{std::move(group)};
      if (!take_instant(in, left.at) || !in.done()) return damaged();
      return GroupNote(std::move(left));
    }
    case kRemove:
      if (in.done()) return GroupNote(GroupRemove{std::move(group)});
      return damaged();
    default: return damaged();
  }
}

std::uint32_t group_owner(std::string_view name) { return engine::crc32c(name); }

}  // namespace twofold::log
