// Seeks, and forgetting: what moves a group other than its readers.
#include <set>

#include <fmt/format.h>

#include "log/groups_state.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

void Groups::seek(std::string group, std::vector<CommittedOffset> to, Completion<Committed> done,
                  engine::Decided<Committed> decided) {
  if (auto named = check_group_name(group); !named) return done(named.error());
  if (to.empty()) return done(Error(Errc::invalid_request, "there is no partition to move"));
  LiveGroup* const live = state_->find_live(group);
  if (live && live->classic()) {
    return done(Error(Errc::group_in_use, "its members would not notice: stop them first"));
  }
  GroupSeek note{group, {}, state_->core.now()};
  std::vector<PartitionKey> keys;
  for (const CommittedOffset& offset : to) {
    const auto key = state_->resolve(offset);
    if (!key) return done(key.error());
    keys.push_back(*key);
    note.offsets.push_back(to_note(*key, offset));
  }
  if (auto room = state_->check_room(state_->find(group), keys, to, /*seeks=*/true); !room) {
    return done(room.error());
  }
  if (auto written = state_->admit_and_write(note); !written) return done(written.error());
  for (std::size_t i = 0; i < to.size(); ++i) {
    const GroupOffset& moved = note.offsets[i];
    to[i].seeks = state_->find(group)->seeks_of({moved.topic_id, moved.partition});
  }
  if (live && live->broker()) {
    std::set<PartitionKey> sought;
    for (const GroupOffset& offset : note.offsets) {
      const PartitionKey key{offset.topic_id, offset.partition};
      sought.insert(key);
      live->broker()->forget_handed_out(key);
    }
    state_->tell_moved(group, sought);
    if (LiveGroup* const still = state_->find_live(group)) state_->after(*still);
  }
  state_->answer_on_disk({std::move(to)}, std::move(done), std::move(decided));
}

void Groups::forget(std::string group, const std::vector<CommittedOffset>& partitions,
                    Completion<Durability> done) {
  if (!state_->find(group)) {
    return done(Error(Errc::group_not_found, fmt::format("no group named {}", group)));
  }
  LiveGroup* const live = state_->find_live(group);
  GroupForget note{std::move(group), {}};
  for (const CommittedOffset& partition : partitions) {
    const auto key = state_->resolve(partition);
    if (!key) return done(key.error());
    if (live && live->broker() && live->broker()->reader(*key)) {
      return done(Error(Errc::group_in_use, "a member of the group reads this partition"));
    }
    note.partitions.push_back(*key);
  }
  if (note.partitions.empty()) return done(Error(Errc::invalid_request, "nothing to forget"));
  if (auto written = state_->admit_and_write(note); !written) return done(written.error());
  state_->core.on_commit(Durability::disk, std::move(done));
}

void Groups::remove(std::string group, Completion<Durability> done) {
  if (LiveGroup* const live = state_->find_live(group); live && !live->empty()) {
    return done(Error(Errc::group_in_use, fmt::format("group {} has members", group),
                      "stop them, or wait until their sessions are over"));
  }
  if (!state_->find(group)) {
    return done(
        Error(Errc::group_not_found, fmt::format("no group named {} committed anything", group)));
  }
  const GroupNote note = GroupRemove{std::move(group)};
  if (auto written = state_->admit_and_write(note); !written) return done(written.error());
  state_->core.on_commit(Durability::disk, std::move(done));
}

}  // namespace twofold::log
