#include "http/ws/group_sub.h"

#include <algorithm>

#include "http/lane.h"
#include "http/on_core.h"
#include "http/rest/position_in.h"
#include "http/ws/connection.h"
#include "http/ws/own_call.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

namespace {

bool knows_where(const log::Holding& holding) {
  return std::all_of(holding.assigned.begin(), holding.assigned.end(),
                     [](const auto& held) { return held.committed.has_value(); });
}

}  // namespace

GroupSub::GroupSub(std::shared_ptr<Connection> connection, std::uint32_t sub,
                   const Subscribe& request, std::string member)
    : TopicSub(connection, sub, request), group_(request.group), from_(request.from) {
  log::GroupJoin join;
  join.group = request.group;
  join.member = std::move(member);
  join.client = connection->client();
  join.topics = {request.topic};
  join.session = request.session.value_or(connection->broker().shared.session_default);
  // The core tells the lane, where the subscription may have ended meanwhile.
  auto changed = [connection = std::weak_ptr<Connection>(connection), sub] {
    auto alive = connection.lock();
    if (alive) Connection::group_changed(std::move(alive), sub);
  };
  membership_ = std::make_shared<Membership>(connection->broker().groups, std::move(join),
                                             std::move(changed));
}

void GroupSub::open(std::shared_ptr<const StreamSpec> spec, log::TopicInfo info) {
  info_ = std::move(info);
  TopicSub::open(std::move(spec), {});
  look();
}

void GroupSub::look() {
  if (ended() || !is_open()) return;  // open() looks
  again_ = true;
  if (std::exchange(looking_, true)) return;
  connection().lane().tasks.spawn(
      look_again(std::static_pointer_cast<GroupSub>(shared_from_this())));
}

Task<> GroupSub::look_again(std::shared_ptr<GroupSub> self) {
  GroupSub& sub = *self;
  if (sub.ended()) co_return;
  while (std::exchange(sub.again_, false)) {
    auto ask = [membership = sub.membership_, &topics = sub.connection().broker().topics,
                id = sub.topic_id(), name = sub.topic()]() -> Result<log::Holding> {
      const auto topic = topics.resolve(name);
      if (!topic || topic->id != id) return topic_gone(name);
      return membership->holding();
    };
    auto holding = co_await ask_core(sub.connection().broker().core, std::move(ask));
    if (sub.ended()) co_return;
    if (!holding) {
      sub.connection().sub_failed(sub, holding.error(), sub.topic());
      co_return;
    }
    if (!knows_where(*holding)) {
      auto begun = co_await begin(self, *holding);
      if (sub.ended()) co_return;
      if (!begun) {
        sub.connection().sub_refused(FrameId{}, sub, std::move(begun).problem());
        co_return;
      }
    }
    sub.reconcile(*holding);
  }
  sub.looking_ = false;
}

// What was never committed begins where the subscription says; decided once for the group.
Task<Try<>> GroupSub::begin(std::shared_ptr<GroupSub> self, log::Holding& holding) {
  const std::shared_ptr<Connection> connection = self->shared_connection();
  OwnCall call(connection->broker(), connection->common());
  auto starts = co_await find_places(*call, self->topic(), self->from_, "from");
  if (!starts) co_return std::move(starts).problem();
  std::vector<log::CommittedOffset> decided;
  for (log::HeldPartition& held : holding.assigned) {
    if (held.committed) continue;
    const auto* const start = place_in(starts->positions, held.key.partition);
    held.committed = start ? start->offset : engine::Offset{0};
    decided.push_back({self->topic(), held.key.partition, *held.committed});
  }
  if (self->from_ == "earliest") co_return Try<>();
  auto decide = [membership = self->membership_, &groups = connection->broker().groups, &decided] {
    groups.begin_at(membership->who().group, decided);
    return membership->holding();
  };
  auto now = co_await ask_core(connection->broker().core, std::move(decide));
  if (now && knows_where(*now)) holding = *std::move(now);
  co_return Try<>();
}

// Reads what the member holds now, each partition from where it was, or from what was committed.
void GroupSub::reconcile(const log::Holding& holding) {
  Parts now;
  bool same = generation_ >= 0;
  for (const log::HeldPartition& held : holding.assigned) {
    const std::int32_t number = held.key.partition.value();
    const Part part = part_of(held);
    if (!parts_.contains(number) || parts_.at(number).seeks != part.seeks) same = false;
    now.emplace(number, part);
  }
  same = same && now.size() == parts_.size();
  const Positions places = places_of(now);
  let_go(holding, now);
  generation_ = holding.generation;
  parts_ = std::move(now);
  if (same) return;
  connection().send(assigned_frame(connection().format(), sub(), places, membership_->who().member,
                                   generation_, log::encode_cursor({topic_id(), places})));
  TopicSub::seek(places);
}

// A partition that was read before, and that no seek has moved, goes on where it stood; also one
// that was to be let go and stays after all.
GroupSub::Part GroupSub::part_of(const log::HeldPartition& held) const {
  const engine::Offset at = held.committed.value_or(engine::Offset{0});
  const Part* const known = find(held.key.partition.value());
  return known && known->seeks == held.seeks ? *known : Part{at, at, held.seeks};
}

// What is read goes on where it stands, what is not yet where the last message of it ended.
Positions GroupSub::places_of(const Parts& parts) const {
  Positions places;
  for (const auto& [number, part] : parts) {
    const auto before = parts_.find(number);
    const bool moved = before == parts_.end() || before->second.seeks != part.seeks;
    log::PartitionPosition place{engine::PartitionId{number}, part.sent, part.seeks};
    for (const log::PartitionPosition& stood : here())
      if (!moved && stood.partition == place.partition) place.offset = stood.offset;
    places.push_back(place);
  }
  return places;
}

// What this member reads no more: for a while yet it may commit what it was sent of it.
void GroupSub::let_go(const log::Holding& holding, const Parts& now) {
  const engine::Clock& clock = connection().broker().clock;
  std::optional<engine::Instant> commit_by;  // of what is revoked now, the first
  Parts revoking;
  for (const log::RevokedPartition& one : holding.revoked) {
    const std::int32_t number = one.key.partition.value();
    if (const Part* const part = find(number)) revoking.emplace(number, *part);
    if (!parts_.contains(number)) continue;
    commit_by = commit_by ? std::min(*commit_by, one.commit_by) : one.commit_by;
  }
  std::vector<engine::PartitionId> revoked;
  for (const auto& [number, part] : parts_) {
    if (!now.contains(number)) revoked.push_back(engine::PartitionId{number});
  }
  for (const Parts* parts : {&parts_, &revoking_}) {
    for (const auto& [number, part] : *parts)
      if (!now.contains(number) && !revoking.contains(number))
        gone_.insert_or_assign(number, part.committed);
  }
  for (const auto& [number, part] : now) gone_.erase(number);
  revoking_ = std::move(revoking);
  if (revoked.empty()) return;
  connection().send(revoked_frame(connection().format(), sub(), revoked,
                                  clock.wall() + (commit_by.value_or(clock.now()) - clock.now())));
}

// What goes out is in the client's hands; the group hears of it before another member can come.
void GroupSub::sending() {
  struct Word {
    log::PartitionKey key;
    engine::Offset upto;
  };
  std::vector<Word> words;
  for (const log::PartitionPosition& place : here()) {
    const auto part = parts_.find(place.partition.value());
    if (part == parts_.end() || part->second.sent >= place.offset) continue;
    part->second.sent = place.offset;
    words.push_back({
        {topic_id(), place.partition},
        place.offset
    });
  }
  if (words.empty()) return;
  detail::enter_core(
      connection().broker().core,
      [&groups = connection().broker().groups, membership = membership_, words = std::move(words)] {
        const log::GroupJoin& who = membership->who();
        for (const Word& word : words)
          groups.handed_out(who.group, who.member, word.key, word.upto);
      });
}

// A cursor names every partition that was read when it was made. Those that have gone to somebody
// else since are left out: the client was told of them, and the others must not wait for them.
Try<log::Commit> GroupSub::commit_of(std::string_view cursor) const {
  auto places = read_cursor(info_, cursor);
  if (!places) return std::move(places).problem();
  log::Commit commit;
  commit.group = group_;
  commit.by = membership_->who().member;
  std::vector<log::CommittedOffset> gone;
  for (const log::PartitionPosition& place : *places) {
    const std::int32_t number = place.partition.value();
    log::CommittedOffset offset{topic(), place.partition, place.offset};
    offset.seeks = place.seeks;
    const auto lost = gone_.find(number);
    if (find(number) || lost == gone_.end()) {
      commit.offsets.push_back(std::move(offset));
    } else if (place.offset > lost->second) {
      gone.push_back(std::move(offset));
    }
  }
  if (commit.offsets.empty()) commit.offsets = std::move(gone);  // which is refused
  return commit;
}

const GroupSub::Part* GroupSub::find(std::int32_t partition) const {
  for (const Parts* parts : {&parts_, &revoking_}) {
    const auto found = parts->find(partition);
    if (found != parts->end()) return &found->second;
  }
  return nullptr;
}

void GroupSub::committed(const log::Committed& committed) {
  for (const log::CommittedOffset& stand : committed.stands) {
    if (stand.topic != topic()) continue;
    for (Parts* parts : {&parts_, &revoking_}) {
      const auto part = parts->find(stand.partition.value());
      if (part != parts->end()) part->second.committed = stand.offset;
    }
    // It may have gone over to somebody else just because all of it was committed.
    const auto gone = gone_.find(stand.partition.value());
    if (gone != gone_.end()) gone->second = std::max(gone->second, stand.offset);
  }
}

std::size_t GroupSub::held() const {
  std::size_t partitions = 0;
  for (const Parts* parts : {&parts_, &revoking_})
    for (const auto& [number, part] : *parts) partitions += part.sent > part.committed ? 1 : 0;
  return partitions;
}

void GroupSub::end(bool release) {
  detail::enter_core(connection().broker().core,
                     [membership = membership_] { membership->leave(); });
  TopicSub::end(release);
}

}  // namespace twofold::http::ws
