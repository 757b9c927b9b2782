// What a view hears, and the events it makes of it. What it shows: view_look.cc.
#include "http/inspect/view.h"

#include <algorithm>
#include <type_traits>

namespace twofold::http::inspect {

using engine::Offset;
using queue::Runs;

namespace {

template <class Visit>
void each(const Runs& runs, Visit visit) {
  for (const queue::Run& run : runs)
    for (Offset o = run.base; o < run.end(); o = engine::advance(o, 1)) visit(o);
}

template <class Op>
constexpr EventType type_of() {
  using enum EventType;
  if constexpr (std::is_same_v<Op, queue::ReceiveOp>) return delivered;
  if constexpr (std::is_same_v<Op, queue::AckOp>) return acked;
  if constexpr (std::is_same_v<Op, queue::NackOp>) return nacked;
  if constexpr (std::is_same_v<Op, queue::ExtendOp>) return extended;
  if constexpr (std::is_same_v<Op, queue::DelayOp>) return delayed;
  if constexpr (std::is_same_v<Op, queue::DeadOp>) return dead_lettered;
  if constexpr (std::is_same_v<Op, queue::ReleaseOp>) return released;
  if constexpr (std::is_same_v<Op, queue::ReviveOp>) return revived;
  if constexpr (std::is_same_v<Op, queue::EditOp>) return edited;
  return resync;
}

}  // namespace

View::View(World world, Spec spec)
    : world_(world), spec_(std::move(spec)), ring_(world_.core.now()) {
  listen_to_topic();
  listen_to_queue();
  for (const std::string& group : spec_.groups) members_.push_back(members_of(group));
}

View::~View() {
  stop_listening(/*of_queue=*/false);
  stop_listening(/*of_queue=*/true);
}

// -- logs ----------------------------------------------------------------------------------------

void View::listen_to_topic() {
  const auto topic = world_.topics.resolve(spec_.topic);
  if (!topic) return;
  topic_logs_ = *topic->logs;
  for (std::size_t i = 0; i < topic_logs_.size(); ++i)
    listen_to(topic_logs_[i], /*of_queue=*/false, static_cast<std::int32_t>(i));
}

void View::listen_to_queue() {
  const auto queue = world_.queues.find(spec_.queue);
  if (!queue || !queue->own_log) return;
  own_log_ = queue->own_log;
  listen_to(*own_log_, /*of_queue=*/true, 0);
}

void View::listen_to(engine::LogId log, bool of_queue, std::int32_t partition) {
  world_.core.listen(log, *this);
  logs_.insert_or_assign(log, Place{of_queue, partition, world_.core.status(log).visible_end});
}

void View::stop_listening(bool of_queue) {
  std::erase_if(logs_, [&](const auto& entry) {
    if (entry.second.of_queue != of_queue) return false;
    world_.core.unlisten(entry.first, *this);
    return true;
  });
  of_queue ? own_log_.reset() : topic_logs_.clear();
}

void View::on_visible(engine::LogId log, Offset end) {
  const auto place = logs_.find(log);
  if (place != logs_.end()) tell_appended(place->second, end);
}

void View::tell_appended(Place& place, Offset end) {
  if (end <= place.told) return;
  const Offset from = std::exchange(place.told, end);
  const auto count = static_cast<std::uint64_t>(engine::distance(from, end));
  if (count > kBurstMax) {
    ring_.skip(EventType::appended, count);
    return tell_resync();
  }
  Event appended = event(EventType::appended);
  appended.of_queue = place.of_queue;
  appended.partition = place.partition;
  for (Offset o = from; o < end; o = engine::advance(o, 1)) {
    appended.offset = o;
    tell(appended);
  }
}

void View::catch_up(engine::PartitionId partition) {
  const auto at = static_cast<std::size_t>(partition.value());
  const auto log = own_log_                  ? own_log_
                   : at < topic_logs_.size() ? std::optional(topic_logs_[at])
                                             : std::nullopt;
  if (log) tell_appended(logs_.at(*log), world_.core.status(*log).visible_end);
}

void View::on_trimmed(engine::LogId log, Offset start) {
  const auto place = logs_.find(log);
  if (place == logs_.end()) return;
  if (place->second.of_queue) return on_log_trimmed(spec_.queue, start);
  Event retention = event(EventType::retention);
  retention.partition = place->second.partition;
  retention.offset = start;
  tell(std::move(retention));
}

// -- the queue -----------------------------------------------------------------------------------

void View::on_change(const queue::ChangedAt& at, const queue::Op& op,
                     const queue::Circumstances& with) {
  if (at.queue != spec_.queue) return;
  catch_up(at.partition);
  std::visit(
      [&](const auto& of) {
        using Op = std::remove_cvref_t<decltype(of)>;
        EventType type = type_of<Op>();
        Event like = event(type);
        if constexpr (std::is_same_v<Op, queue::AckOp>) {
          if (!with.to.empty()) type = EventType::moved;
          if (with.passed_over) type = EventType::passed_over;
          like.to = with.to;
        }
        if constexpr (std::is_same_v<Op, queue::ReceiveOp>) like.who = with.client;
        if constexpr (requires { of.visible_at; }) like.due = wall_of(of.visible_at);
        if constexpr (requires { of.due; }) like.due = wall_of(of.due);
        if constexpr (std::is_same_v<Op, queue::DeadOp>) {
          like.text = of.reason.empty() ? "max_receives" : of.reason;
          const queue::QueueConfig* const config = world_.queues.config(at.queue);
          if (config && world_.queues.config(config->dead_letter)) like.to = config->dead_letter;
        }
        if constexpr (std::is_same_v<Op, queue::SkipOp>) {
          like.type = EventType::queue_trimmed;
          like.partition = at.partition.value();
          like.offset = of.upto;
          tell(std::move(like));
        }
        if constexpr (queue::HasRuns<Op>) tell_of_each(at, of, type, std::move(like));
      },
      op);
}

template <class Op>
void View::tell_of_each(const queue::ChangedAt& at, const Op& op, EventType type, Event like) {
  const auto count = static_cast<std::uint64_t>(queue::count_of(op.runs));
  if (count > kBurstMax) {
    ring_.skip(type, count);
    return tell_resync();
  }
  like.type = type;
  like.partition = at.partition.value();
  each(op.runs, [&](Offset o) {
    like.offset = o;
    like.receives = at.delivery.view(o).receives;
    tell(like);
  });
}

// A mark says what the message waited for; that its time has come is not in it.
EventType View::due_type(const queue::Delivery& delivery, Offset offset) const {
  const auto mark = delivery.touched() ? delivery.touched()->mark(offset) : std::nullopt;
  return mark && mark->kind() == queue::MarkKind::held ? EventType::expired : EventType::ready;
}

void View::on_due(const queue::ChangedAt& at, const Runs& ready) {
  if (at.queue != spec_.queue) return;
  catch_up(at.partition);
  Event due = event(EventType::ready);
  due.partition = at.partition.value();
  each(ready, [&](Offset o) {
    due.type = due_type(at.delivery, o);
    due.offset = o;
    due.receives = at.delivery.view(o).receives;
    tell(due);
  });
}

void View::on_log_trimmed(const std::string& queue, Offset start) {
  if (queue != spec_.queue) return;
  Event trimmed = event(EventType::queue_trimmed);
  trimmed.offset = start;
  tell(std::move(trimmed));
}

void View::on_purged(const std::string& queue, std::uint64_t messages) {
  if (queue != spec_.queue) return;
  Event purged = event(EventType::purged);
  purged.offset = Offset{static_cast<std::int64_t>(messages)};
  tell(std::move(purged));
}

void View::on_queue(const std::string& queue, EventType what) {
  if (queue != spec_.queue) return;
  if (what != EventType::configured) stop_listening(/*of_queue=*/true);
  Event told = event(what);
  told.of_queue = true;
  if (what == EventType::attached) {
    listen_to_queue();
    const auto info = world_.queues.find(queue);
    if (info && info->source) told.to = info->source->topic;
  }
  tell(std::move(told));
  tell_resync();
}

// -- the topic -----------------------------------------------------------------------------------

void View::on_topic(const std::string& topic, bool exists) {
  if (topic != spec_.topic) return;
  const bool is_new = exists && topic_logs_.empty();
  if (!exists) stop_listening(/*of_queue=*/false);
  if (is_new) listen_to_topic();
  EventType what = exists ? EventType::configured : EventType::topic_deleted;
  tell(event(is_new ? EventType::topic_created : what));
  tell_resync();
}

// -- groups --------------------------------------------------------------------------------------

std::optional<std::uint32_t> View::group_of(const std::string& group) const {
  const auto found = std::find(spec_.groups.begin(), spec_.groups.end(), group);
  if (found == spec_.groups.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - spec_.groups.begin());
}

void View::on_offsets(const log::GroupNote& note, std::string_view member) {
  const auto group = group_of(log::group_of(note));
  if (!group) return;
  if (const auto* commit = std::get_if<log::GroupCommit>(&note))
    return tell_offsets(*group, commit->offsets, EventType::committed, member);
  if (const auto* seek = std::get_if<log::GroupSeek>(&note))
    return tell_offsets(*group, seek->offsets, EventType::positioned, member);
  if (std::holds_alternative<log::GroupLeft>(note)) return;
  Event gone = event(EventType::group_deleted);
  gone.group = *group;
  tell(std::move(gone));
  tell_resync();
}

void View::tell_offsets(std::uint32_t group, const std::vector<log::GroupOffset>& offsets,
                        EventType type, std::string_view member) {
  Event told = event(type);
  told.group = group;
  told.who = member;
  for (const log::GroupOffset& offset : offsets) {
    const std::string* const topic = world_.topics.name_of(offset.topic_id);
    if (!topic || (!spec_.topic.empty() && *topic != spec_.topic)) continue;
    told.to = *topic;
    told.partition = offset.partition.value();
    told.offset = offset.offset;
    tell(told);
  }
}

View::Members View::members_of(const std::string& group) const {
  Members members;
  const auto info = world_.groups.find(group);
  if (!info) return members;
  members.generation = info->generation;
  members.state = log::state_name(info->state);
  for (const log::GroupMember& member : info->members) {
    auto& [client, partitions] = members.by_id[member.id];
    client = member.client;
    for (const log::HeldPartition& held : member.assigned)
      if (spec_.topic.empty() || held.topic == spec_.topic)
        partitions.push_back(held.key.partition.value());
  }
  return members;
}

void View::on_members(const std::string& name) {
  const auto group = group_of(name);
  if (!group) return;
  Members now = members_of(name);
  Members& before = members_[*group];
  if (now == before) return;
  Event told = event(EventType::left);
  told.group = *group;
  for (const auto& [id, member] : before.by_id) {
    if (now.by_id.contains(id)) continue;
    told.who = id;
    told.text = member.first;
    tell(told);
  }
  told.type = EventType::joined;
  for (const auto& [id, member] : now.by_id) {
    if (before.by_id.contains(id)) continue;
    told.who = id;
    told.text = member.first;
    tell(told);
  }
  auto assignment = std::make_shared<Assignment>();
  assignment->generation = now.generation;
  assignment->state = now.state;
  for (const auto& [id, member] : now.by_id) assignment->members.emplace_back(id, member.second);
  told = event(EventType::rebalanced);
  told.group = *group;
  told.assignment = std::move(assignment);
  tell(std::move(told));
  before = std::move(now);
}

// -- telling -------------------------------------------------------------------------------------

Event View::event(EventType type) const {
  Event event;
  event.type = type;
  event.at = world_.core.wall();
  return event;
}

engine::WallTime View::wall_of(engine::Instant at) const {
  return world_.core.wall() + (at - world_.core.now());
}

void View::tell(Event event) {
  ring_.push(std::move(event));
  if (wakes_.empty()) return;
  for (auto& [listener, wake] : std::exchange(wakes_, {})) wake();
}

void View::tell_resync() { tell(event(EventType::resync)); }

void View::when_news(const void* listener, std::uint64_t after,
                     engine::UniqueFunction<void()> wake) {
  if (after != ring_.newest()) return wake();
  wakes_.insert_or_assign(listener, std::move(wake));
}

void View::forget(const void* listener) { wakes_.erase(listener); }

}  // namespace twofold::http::inspect
