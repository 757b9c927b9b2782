#include <algorithm>
#include <utility>

#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

constexpr std::size_t kSweepsMax = 100;  // remembered

States states_for(SweepAction action) {
  using enum MessageState;
  switch (action) {
    case SweepAction::replay: return {acked};
    case SweepAction::redrive: return {dead};
    case SweepAction::move: return {ready, delayed, blocked, dead};
    case SweepAction::purge: return waiting_states();
  }
  __builtin_unreachable();
}

}  // namespace

Result<std::uint64_t> Queues::start_sweep(SweepRequest request, Completion<Sweep> ended) {
  State& s = *state_;
  const auto needed = s.need(request.queue);
  if (!needed) return needed.error();
  const Queue& queue = **needed;
  if (request.action == SweepAction::move && !request.destination.empty()) {
    const auto to = s.need(request.destination);
    if (!to) return to.error();
    if (*to == &queue) return Error(Errc::invalid_request, "a queue cannot move to itself");
    if ((*to)->attached())
      return Error(Errc::queue_is_attached, "queue " + request.destination + " reads a topic",
                   "publish to topic " + (*to)->definition.source->topic);
  }
  SweepTask task{{}, queue.id()};
  task.states = states_for(request.action);
  if (!request.states.empty()) {
    States wanted;
    for (const MessageState state : request.states) wanted.add(state);
    if (wanted.exceed(task.states))
      return Error(Errc::invalid_request, "the action is not for messages in that state");
    task.states = wanted;
  } else if (request.action == SweepAction::move && request.ids.empty()) {
    // What is delayed would be so no more: only if it is asked for.
    task.states = {MessageState::ready, MessageState::blocked, MessageState::dead};
  }
  for (const SweepTask& other : s.sweeps)
    if (other.queue == queue.id() && other.sweep.status == MoveStatus::running &&
        !other.sweep.request.dry_run && !request.dry_run)
      return Error(Errc::busy, "an operation runs on queue " + request.queue + " already");
  if (s.sweeps.size() >= kSweepsMax) {
    const auto done = std::find_if(s.sweeps.begin(), s.sweeps.end(), [](const SweepTask& t) {
      return t.sweep.status != MoveStatus::running;
    });
    if (done == s.sweeps.end()) return Error(Errc::busy, "too many operations are running");
    s.sweeps.erase(done);
  }
  std::sort(request.ids.begin(), request.ids.end());
  request.ids.erase(std::unique(request.ids.begin(), request.ids.end()), request.ids.end());
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    const Partition& partition = queue.partitions[i];
    task.ends.push_back(partition.delivery.visible_end());
    task.sweep.to_scan += static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, distance(s.oldest(queue, i), task.ends.back())));
  }
  if (!request.ids.empty()) task.sweep.to_scan = request.ids.size();
  // Numbers that grow over restarts: an old one must not mean another operation.
  s.last_sweep = std::max(s.last_sweep + 1, static_cast<std::uint64_t>(s.core.wall().value()));
  task.sweep.id = s.last_sweep;
  task.sweep.started = s.core.wall();
  task.sweep.request = std::move(request);
  task.ended = std::move(ended);
  const std::uint64_t id = task.sweep.id;
  s.sweeps.push_back(std::move(task));
  s.core.executor().post([&s, id] { s.step_sweep(id); });
  return id;
}

Result<Sweep> Queues::sweep(std::uint64_t id) const {
  for (const SweepTask& task : state_->sweeps)
    if (task.sweep.id == id) return task.sweep;
  return Error(Errc::message_not_found, "there is no operation of that number");
}

Result<Sweep> Queues::cancel_sweep(std::uint64_t id) {
  state_->end_sweep(id, MoveStatus::cancelled);
  return sweep(id);
}

std::vector<Sweep> Queues::sweeps() const {
  std::vector<Sweep> sweeps;
  for (auto task = state_->sweeps.rbegin(); task != state_->sweeps.rend(); ++task)
    sweeps.push_back(task->sweep);
  return sweeps;
}

// The first message that a queue ever had of a partition, and that is still there.
Offset Queues::State::oldest(const Queue& queue, std::size_t partition) const {
  const Offset start = core.status(queue.partitions[partition].log).start;
  if (!queue.attached()) return start;
  return std::max(start, queue.definition.source->start_offsets[partition]);
}

SweepTask* Queues::State::find_sweep(std::uint64_t id) {
  for (SweepTask& task : sweeps)
    if (task.sweep.id == id) return task.sweep.status == MoveStatus::running ? &task : nullptr;
  return nullptr;
}

void Queues::State::end_sweep(std::uint64_t id, MoveStatus status,
                              std::optional<engine::Error> failure) {
  SweepTask* const task = find_sweep(id);
  if (!task) return;
  task->sweep.status = status;
  task->sweep.failure = std::move(failure);
  task->sweep.ended = core.wall();
  Queue* const queue = find(task->queue);
  const std::uint32_t queue_id = task->queue;
  Completion<Sweep> ended = std::move(task->ended);
  const Sweep sweep = task->sweep;
  // What came back lies behind where reading ahead has come to.
  if (queue && queue->grouped() && task->revived) {
    look_again(*queue);
    serve(queue_id);
  }
  if (ended) ended(sweep);
}

}  // namespace twofold::queue
