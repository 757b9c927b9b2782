#include <algorithm>
#include <string>
#include <utility>

#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

std::size_t index_of(MessageId id) { return static_cast<std::size_t>(id.partition.value()); }

BrowseItem item_of(const Partition& partition, MessageId id) {
  const MessageView view = partition.view(id.offset);
  return {id.partition,  id.offset,    view.state,
          view.receives, view.due,     partition.delivery.reason(id.offset),
          view.first,    view.revived, partition.delivery.edits().of(id.offset)};
}

}  // namespace

// Whether there is, or was, such a message.
Result<> Queues::State::know(const Queue& queue, MessageId id) const {
  if (id.partition.value() >= 0 && index_of(id) < queue.partitions.size() &&
      id.offset >= Offset{0} && id.offset < core.status(queue.partitions[index_of(id)].log).end)
    return {};
  return Error(Errc::message_not_found, "queue " + queue.name + " has had no message " +
                                            std::to_string(id.partition.value()) + "-" +
                                            std::to_string(id.offset.value()));
}

Why Queues::State::why(const Queue& queue, MessageId id, MessageState state) const {
  const Partition& partition = queue.partitions[index_of(id)];
  const auto log = core.status(partition.log);
  if (id.offset < log.start) return Why::trimmed;
  if (queue.attached() && id.offset < queue.definition.source->start_offsets[index_of(id)])
    return Why::before_start;
  if (id.offset >= log.visible_end) return Why::not_visible;
  switch (state) {
    case MessageState::in_flight: return Why::in_flight;
    case MessageState::delayed: return Why::delayed;
    case MessageState::dead: return Why::dead;
    case MessageState::acked: return Why::acked;
    case MessageState::blocked:
      return queue.config().order == Order::strict ? Why::partition_held : Why::group_held;
    case MessageState::ready: break;
  }
  if (queue.looks_ahead() && id.offset >= partition.looked_at) return Why::not_looked_at;
  if (partition.groups && !partition.groups->knows(id.offset)) return Why::not_looked_at;
  return queue.config().paused ? Why::paused : Why::ready;
}

Result<History> Queues::history(const std::string& name, MessageId id) const {
  const State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return needed.error();
  if (auto known = s.know(**needed, id); !known) return known.error();
  return History{s.events.of((*needed)->id(), id), s.events.since()};
}

std::string Queues::State::holder(const Queue& queue, MessageId id) const {
  std::string holder;
  for (MessageEvent& event : events.of(queue.id(), id))
    if (event.kind == MessageEvent::Kind::received) holder = std::move(event.client);
  return holder;
}

std::vector<std::string> Queues::holders(const std::string& name,
                                         const std::vector<MessageId>& messages) const {
  const Queue* const queue = state_->find(name);
  if (!queue) return std::vector<std::string>(messages.size());
  return state_->events.receivers(queue->id(), messages);
}

Result<QueueView> Queues::view(const std::string& name) const {
  const auto needed = state_->need(name);
  if (!needed) return needed.error();
  Queue& queue = **needed;
  return QueueView{queue.counters(), queue.config().paused, queue.has_ready(), queue.looking(),
                   queue.next_eligible()};
}

Result<Explained> Queues::explain(const std::string& name, MessageId id) const {
  const State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return needed.error();
  const Queue& queue = **needed;
  if (auto known = s.know(queue, id); !known) return known.error();
  const Partition& partition = queue.partitions[index_of(id)];
  const BrowseItem item = item_of(partition, id);
  Explained explained{item, s.why(queue, id, item.state), {}, {}, queue.config(), {}, {}};
  if (queue.attached()) explained.topic = queue.definition.source->topic;
  if (item.state == MessageState::in_flight) explained.holder = s.holder(queue, id);
  if (item.state == MessageState::blocked) {
    const auto blocker = partition.groups->blocker(id.offset);
    if (blocker) explained.blocker = item_of(partition, {id.partition, *blocker});
  }
  if (explained.why != Why::trimmed && explained.why != Why::not_visible)
    explained.plan = s.core.plan_offsets(partition.log, {id.offset});
  return explained;
}

Result<std::vector<Progress>> Queues::progress(const std::string& name, PartitionId partition,
                                               const std::vector<Offset>& offsets) const {
  const auto needed = state_->need(name);
  if (!needed) return needed.error();
  const Queue& queue = **needed;
  const auto index = static_cast<std::size_t>(partition.value());
  if (partition.value() < 0 || index >= queue.partitions.size())
    return Error(Errc::partition_not_found,
                 "queue " + name + " reads no partition " + std::to_string(partition.value()));
  const Offset start = queue.attached() ? queue.definition.source->start_offsets[index] : Offset{0};
  std::vector<Progress> progress;
  progress.reserve(offsets.size());
  for (const Offset offset : offsets) {
    const MessageView view = queue.partitions[index].view(offset);
    progress.push_back({view.state, view.receives > 0, offset < start});
  }
  return progress;
}

Result<std::shared_ptr<const RecordFilter>> Queues::filter_of(const std::string& name) const {
  const auto needed = state_->need(name);
  if (!needed) return needed.error();
  return (*needed)->filter;
}

void Queues::erase(std::string name, MessageId id, Completion<MessageState> done) {
  State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return done(needed.error());
  Queue& queue = **needed;
  if (auto known = s.know(queue, id); !known) return done(known.error());
  const std::size_t index = index_of(id);
  const MessageState state = queue.partitions[index].view(id.offset).state;
  const Why why = s.why(queue, id, state);
  if (why == Why::trimmed)
    return done(Error(Errc::message_not_found, "the message was done with, its record is gone"));
  // Done with ahead of what was delivered takes memory until that is passed. Half of the room stays
  // for what is received meanwhile.
  const Delivery& delivery = queue.partitions[index].delivery;
  const bool early = delivery.is_fresh(id.offset) && id.offset > delivery.next();
  if (early && s.marked >= s.limits.marked_max / 2)
    return done(Error(Errc::overloaded, "too many messages are in flight, delayed or dead",
                      "delete the oldest first, or receive them"));
  if (auto admitted = s.core.admit(engine::Admission::consume, kNoteBytes); !admitted)
    return done(admitted.error());
  Unblocked unblocked{queue.id(), {}};
  if (why != Why::acked && why != Why::before_start) {
    const AckOp op{{Run{id.offset, 1}}};
    unblocked.add(index, s.ack(queue, index, op));
  }
  s.core.on_commit(Durability::disk, [&s, state, done = std::move(done),
                                      unblocked](Result<Durability> reached) mutable {
    if (!reached) return done(reached.error());
    done(state);
    s.unblock(unblocked);
  });
}

}  // namespace twofold::queue
