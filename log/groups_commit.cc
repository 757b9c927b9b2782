// Commits: who may, and of what.
#include <algorithm>

#include <fmt/format.h>

#include "log/groups_state.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

constexpr std::size_t kNoteBytes = 64;        // of a note besides its names and offsets
constexpr std::size_t kNoteOffsetBytes = 32;  // of an offset in it besides its metadata

Error sought_since(const CommittedOffset& offset) {
  return Error(Errc::cursor_stale,
               fmt::format("a seek has moved the group in partition {} of {} since this position "
                           "was given out",
                           offset.partition.value(), offset.topic),
               "poll without the cursor: the answer begins where the seek went");
}

Error fenced(std::string detail) {
  return Error(Errc::member_fenced, std::move(detail),
               "drop what is in hand of it and read on from where the group stands");
}

Error somebody_was_faster(const std::string& group, const CommittedOffset& offset, Offset stands) {
  return fenced(
      fmt::format("group {} stands at {} in partition {} of {}: somebody has read past {}", group,
                  stands.value(), offset.partition.value(), offset.topic, offset.offset.value()));
}

Error begins_elsewhere(const std::string& group, const CommittedOffset& offset, Offset stands) {
  return fenced(fmt::format("group {} stands at {} in partition {} of {}, not at {}", group,
                            stands.value(), offset.partition.value(), offset.topic,
                            offset.from->value()));
}

Error nothing_moves_on(const std::string& group) {
  return fenced(fmt::format(
      "group {} stands at all of these offsets already: somebody has done that work", group));
}

}  // namespace

void Groups::commit(Commit commit, Completion<Committed> done, engine::Decided<Committed> decided) {
  auto checked = check(std::move(commit));
  if (!checked) return done(checked.error());
  engine::Core& core = state_->core;
  if (auto admitted = core.admit(engine::Admission::consume, checked->bytes); !admitted) {
    return done(admitted.error());
  }
  state_->answer_on_disk({apply(*std::move(checked))}, std::move(done), std::move(decided));
}

void Groups::commit(std::string group, std::vector<CommittedOffset> offsets,
                    Completion<Durability> done) {
  Commit request{std::move(group), std::move(offsets)};
  commit(std::move(request), [done = std::move(done)](Result<Committed> committed) mutable {
    if (!committed) return done(committed.error());
    done(committed->durability);
  });
}

Result<Groups::Checked> Groups::check(Commit commit) {
  if (auto named = check_group_name(commit.group); !named) return named.error();
  if (commit.offsets.empty()) return Error(Errc::invalid_request, "there is no offset to commit");
  if (auto may = state_->check_committer(commit); !may) return may.error();
  Checked checked{std::move(commit), {}, kNoteBytes};
  const StoredGroup* const group = state_->find(checked.commit.group);
  bool moves_on = false;
  for (const CommittedOffset& offset : checked.commit.offsets) {
    const auto key = state_->resolve(offset);
    if (!key) return key.error();
    if (offset.seeks && *offset.seeks != (group ? group->seeks_of(*key) : 0)) {
      return sought_since(offset);
    }
    const Offset stands =
        (group ? group->get(*key) : std::nullopt).value_or(Offset{-1});  // -1: nowhere yet
    // What is committed already is the same whoever says it again, also when the partition has
    // gone to another member just because all of it was committed.
    const bool stands_somewhere = stands >= Offset{0};
    if (offset.from && stands_somewhere && *offset.from != stands) {
      return begins_elsewhere(checked.commit.group, offset, stands);
    }
    moves_on |= offset.offset > stands;
    const bool is_new = checked.commit.must_not_lag || offset.offset > stands;
    if (is_new) {
      if (auto reads = state_->check_reader(checked.commit, *key, offset); !reads) {
        return reads.error();
      }
    }
    if (checked.commit.must_not_lag && offset.offset < stands) {
      return somebody_was_faster(checked.commit.group, offset, stands);
    }
    checked.keys.push_back(*key);
    checked.bytes += kNoteOffsetBytes + offset.metadata.size();
  }
  if (auto room = state_->check_room(group, checked.keys, checked.commit.offsets); !room) {
    return room.error();
  }
  if (checked.commit.must_not_lag && !moves_on) return nothing_moves_on(checked.commit.group);
  checked.bytes += checked.commit.group.size();
  return checked;
}

std::vector<CommittedOffset> Groups::apply(Checked checked) {
  Commit& commit = checked.commit;
  GroupCommit note{commit.group, {}, state_->core.now()};
  const StoredGroup* const before = state_->find(commit.group);
  for (std::size_t i = 0; i < commit.offsets.size(); ++i) {
    CommittedOffset& offset = commit.offsets[i];
    const auto stands = before ? before->get(checked.keys[i]) : std::nullopt;
    if (!commit.may_move_back && stands && offset.offset < *stands) {
      offset.offset = *stands;
      continue;
    }
    note.offsets.push_back(to_note(checked.keys[i], offset));
  }
  const auto* const by = std::get_if<std::string>(&commit.by);
  if (!note.offsets.empty()) state_->write(note, by ? std::string_view(*by) : std::string_view());

  LiveGroup* const live = state_->find_live(commit.group);
  if (live && live->broker()) {
    const auto* member = std::get_if<std::string>(&commit.by);
    if (member) live->broker()->heartbeat(state_->core.now(), *member);
    for (std::size_t i = 0; i < commit.offsets.size(); ++i) {
      live->broker()->settled(checked.keys[i], commit.offsets[i].offset);
    }
    state_->after(*live);
  }
  return std::move(commit.offsets);
}

void Groups::begin_at(const std::string& group, const std::vector<CommittedOffset>& offsets) {
  GroupCommit note{group, {}, state_->core.now()};
  const StoredGroup* const before = state_->find(group);
  std::vector<PartitionKey> keys;
  for (const CommittedOffset& offset : offsets) {
    const auto key = state_->resolve(offset);
    if (!key || (before && before->get(*key))) continue;
    note.offsets.push_back(to_note(*key, offset));
    keys.push_back(*key);
  }
  if (keys.empty() || !state_->check_room(before, keys, /*offsets=*/{})) return;
  (void)state_->admit_and_write(note).has_value();  // else the next poll decides it again
}

// -- State ---------------------------------------------------------------------------------------

Result<PartitionKey> Groups::State::resolve(const CommittedOffset& offset) const {
  const auto ref = topics.resolve(offset.topic);
  if (!ref) {
    return Error(Errc::topic_not_found, fmt::format("there is no topic named {}", offset.topic));
  }
  if (offset.partition.value() < 0 || offset.partition.value() >= ref->partitions) {
    return Error(Errc::partition_not_found, fmt::format("topic {} has no partition {}",
                                                        offset.topic, offset.partition.value()));
  }
  if (offset.offset.value() < 0) {
    return Error(Errc::invalid_request, fmt::format("offset {} is below 0", offset.offset.value()));
  }
  if (offset.metadata.size() > kOffsetMetadataMax) {
    return Error(Errc::invalid_request,
                 fmt::format("metadata of an offset is {} bytes at most", kOffsetMetadataMax));
  }
  const auto end =
      core.status((*ref->logs)[static_cast<std::size_t>(offset.partition.value())]).end;
  if (offset.offset > end) {
    return Error(
        Errc::invalid_request,
        fmt::format("offset {} is past the end of partition {} of {}, which is {}",
                    offset.offset.value(), offset.partition.value(), offset.topic, end.value()));
  }
  return PartitionKey{ref->id, offset.partition};
}

Result<> Groups::State::check_committer(const Commit& commit) {
  LiveGroup* const group = find_live(commit.group);
  const auto* classic = std::get_if<MemberRef>(&commit.by);
  if (!group) {
    if (!classic) return {};
    return Error(Errc::member_unknown, fmt::format("there is no member {}", classic->member_id));
  }
  if (std::holds_alternative<std::monostate>(commit.by)) {
    return Error(Errc::group_in_use,
                 fmt::format("group {} has members: only they commit", commit.group),
                 "name the member, or move the group with a seek");
  }
  if ((classic != nullptr) != (group->classic() != nullptr)) {
    return Error(Errc::group_in_use,
                 fmt::format("group {} has members of another protocol", commit.group));
  }
  if (!classic) return {};
  return group->classic()->may_commit(core.now(), *classic);
}

// What nobody else has come to read since may be committed: after a restart, or late, the work is
// done all the same.
Result<> Groups::State::check_reader(const Commit& commit, const PartitionKey& key,
                                     const CommittedOffset& offset) {
  LiveGroup* const group = find_live(commit.group);
  const auto* member = std::get_if<std::string>(&commit.by);
  if (!group || !group->broker() || !member) return {};
  const std::string* const reader = group->broker()->reader(key);
  if (!reader || *reader == *member) return {};
  return Error(Errc::member_fenced,
               fmt::format("member {} reads partition {} of {} now", *reader,
                           offset.partition.value(), offset.topic),
               "drop what is in hand of it and poll");
}

}  // namespace twofold::log
