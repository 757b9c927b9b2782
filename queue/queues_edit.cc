#include <algorithm>
#include <string>
#include <utility>

#include "queue/letter.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

constexpr std::size_t kPatchBytesMax = 16 << 10;

Result<> check_changes(const std::vector<HeaderChange>& changes) {
  for (const HeaderChange& change : changes)
    if (change.name.empty() || change.name.starts_with(kOurHeaders))
      return Error(Errc::invalid_request,
                   "header \"" + std::string(change.name) + "\" cannot be edited");
  return {};
}

}  // namespace

Result<MessageState> Queues::State::changeable(const Queue& queue, MessageId id) const {
  if (auto known = know(queue, id); !known) return known.error();
  const auto index = static_cast<std::size_t>(id.partition.value());
  const MessageState state = queue.partitions[index].view(id.offset).state;
  const Why why = this->why(queue, id, state);
  if (why == Why::trimmed || why == Why::before_start || why == Why::acked)
    return Error(Errc::message_not_found, "the message is done with");
  return state;
}

void Queues::State::answer_when_durable(MessageState state, Completion<MessageState> done) {
  core.on_commit(Durability::disk,
                 [state, done = std::move(done)](Result<Durability> reached) mutable {
                   if (!reached) return done(reached.error());
                   done(state);
                 });
}

void Queues::reschedule(std::string name, MessageId id, Instant due,
                        Completion<MessageState> done) {
  State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return done(needed.error());
  Queue& queue = **needed;
  const auto state = s.changeable(queue, id);
  if (!state) return done(state.error());
  if (*state == MessageState::in_flight || *state == MessageState::dead) return done(*state);
  const auto index = static_cast<std::size_t>(id.partition.value());
  const Partition& partition = queue.partitions[index];
  if (auto room = s.room_for_marks(); !room && partition.delivery.is_fresh(id.offset))
    return done(room.error());
  if (auto admitted = s.core.admit(engine::Admission::consume, kNoteBytes); !admitted)
    return done(admitted.error());
  const Runs runs{
      Run{id.offset, 1}
  };
  const Instant at = std::max(due, s.core.now());
  if (partition.delivery.is_fresh(id.offset)) {
    if (at > s.core.now()) s.change(queue, index, DelayOp{at, runs});
  } else {
    s.change(queue, index, NackOp{at, runs});
  }
  s.settle(queue, index);
  const std::uint32_t queue_id = queue.id();
  s.answer_when_durable(*state, std::move(done));
  s.serve(queue_id);
}

void Queues::edit(std::string name, MessageId id, const std::vector<HeaderChange>& changes,
                  Completion<MessageState> done) {
  State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return done(needed.error());
  Queue& queue = **needed;
  if (queue.attached())
    return done(Error(Errc::queue_is_attached, "queue " + name + " reads a topic",
                      "the record is the topic's: publish another"));
  if (auto sound = check_changes(changes); !sound) return done(sound.error());
  const auto state = s.changeable(queue, id);
  if (!state) return done(state.error());
  if (*state == MessageState::in_flight) return done(*state);
  Partition& partition = queue.partitions.front();
  const HeaderPatch before = partition.delivery.edits().of(id.offset);
  std::string patch = encode_patch(changes);
  if (before) patch = merged_patch(*before, patch);
  if (patch.size() > kPatchBytesMax)
    return done(
        Error(Errc::message_too_large,
              "the edited headers of a message take " + std::to_string(patch.size()) + " bytes",
              "at most 16 KiB of headers can be edited"));
  if (s.edited + patch.size() > s.limits.edits_max)
    return done(Error(Errc::overloaded, "the headers of too many messages are edited",
                      "let those messages be received, or delete them"));
  if (auto admitted = s.core.admit(engine::Admission::consume, kNoteBytes + patch.size());
      !admitted)
    return done(admitted.error());
  const Runs runs{
      Run{id.offset, 1}
  };
  s.change(queue, 0, EditOp{std::move(patch), runs});
  s.answer_when_durable(*state, std::move(done));
}

}  // namespace twofold::queue
