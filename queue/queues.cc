#include "queue/queues.h"

#include <algorithm>
#include <utility>

#include "queue/queues_state.h"

namespace twofold::queue {

using engine::Errc;
using engine::Error;

Queues::Queues(engine::Core& core, QueueLimits limits, FilterCompiler compile)
    : state_(std::make_unique<State>(core, *this, limits, std::move(compile))) {
  for (unsigned char& byte : state_->group_key)
    byte = static_cast<unsigned char>(core.random() & 0xFF);
  core.attach_machine(engine::EntryType::queue, *this);
  state_->watch();
}

Queues::~Queues() = default;

void Queues::observe(Observer* observer) { state_->observer = observer; }

Queue* Queues::State::find(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second.get();
}

Queue* Queues::State::find(std::uint32_t id) const {
  const auto found = by_id.find(id);
  return found == by_id.end() ? nullptr : found->second;
}

Result<Queue*> Queues::State::need(const std::string& name) const {
  if (Queue* const queue = find(name)) return queue;
  return Error(Errc::queue_not_found, "there is no queue named " + name);
}

Result<QueueInfo> Queues::find(const std::string& name) const {
  const auto queue = state_->need(name);
  if (!queue) return queue.error();
  return state_->info(**queue);
}

const QueueConfig* Queues::config(const std::string& name) const {
  const Queue* const queue = state_->find(name);
  return queue ? &queue->config() : nullptr;
}

const std::string* Queues::extension(const std::string& name) const {
  const Queue* const queue = state_->find(name);
  return queue ? &queue->definition.extension : nullptr;
}

std::vector<QueueInfo> Queues::list(const std::string& after, std::size_t limit) const {
  std::vector<QueueInfo> infos;
  for (const auto& key : state_->core.catalog().list("queue/", "queue/" + after, limit))
    if (const Queue* queue = state_->find(std::string_view(key).substr(6)))
      infos.push_back(state_->info(*queue));
  return infos;
}

std::vector<std::string> Queues::reading(const std::string& topic) const {
  std::vector<std::string> names;
  for (const auto& [name, queue] : state_->by_name)
    if (queue->attached() && queue->definition.source->topic == topic) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Queues::DeadLetterSource> Queues::dead_letter_sources(const std::string& name,
                                                                  std::uint32_t from,
                                                                  std::size_t limit) const {
  std::vector<DeadLetterSource> sources;
  const auto& users = state_->dead_letter_users;
  for (auto at = users.lower_bound({name, from});
       at != users.end() && at->first == name && sources.size() < limit; ++at) {
    if (const Queue* const queue = state_->find(at->second))
      sources.push_back({at->second, queue->name});
  }
  return sources;
}

void Queues::on_visible(LogId log, Offset end) {
  // Serving runs completions, which may create and remove queues: first who, then what.
  const auto [from, upto] = state_->readers.equal_range(log);
  std::vector<Reader> readers;
  for (auto at = from; at != upto; ++at) readers.push_back(at->second);
  for (const Reader& reader : readers) {
    Queue* const queue = state_->find(reader.queue);
    if (!queue) continue;
    if (!queue->hides_unseen()) queue->partitions[reader.partition].delivery.set_visible_end(end);
    if (!state_->serving) continue;
    state_->stir(*queue);
    state_->settle(*queue, reader.partition);
    state_->serve(reader.queue);
  }
}

// What a topic forgot, its queues skip. Not journaled: the log's own start says it after a restart.
void Queues::on_trimmed(LogId log, Offset start) {
  const auto [from, upto] = state_->readers.equal_range(log);
  for (auto at = from; at != upto; ++at) {
    Queue* const queue = state_->find(at->second.queue);
    if (!queue) continue;
    Partition& partition = queue->partitions[at->second.partition];
    state_->apply(partition, SkipOp{start});
    if (!state_->serving || !queue->looks_ahead()) continue;
    // It may have been what others waited for. Not now: whoever trims is in the middle of
    // something.
    state_->core.executor().post(
        [s = state_.get(), id = queue->id(), index = at->second.partition] {
          Queue* const again = s->find(id);
          if (!again) return;
          s->settle(*again, index);
          s->serve(id);
        });
  }
}

// What a topic's cleaning drops, its queues are done with, in the same commit. What they have not
// looked at yet they find missing when they do.
void Queues::on_removed(LogId log, const engine::OffsetRuns& removed) {
  const auto [from, upto] = state_->readers.equal_range(log);
  for (auto at = from; at != upto; ++at)
    if (Queue* const queue = state_->find(at->second.queue))
      state_->remove(*queue, at->second.partition, removed);
}

bool Queues::is_live(LogId log, Offset offset) const {
  const auto reader = state_->readers.find(log);
  if (reader == state_->readers.end()) return false;
  const Queue& queue = *state_->find(reader->second.queue);
  const Partition& partition = queue.partitions.front();
  if (queue.config().retain_acked > Duration{0}) return offset >= partition.trimmed;
  return partition.delivery.is_live(offset);
}

std::int64_t Queues::live_in(LogId log, Offset from, Offset upto) const {
  const auto reader = state_->readers.find(log);
  if (reader == state_->readers.end()) return 0;
  const Queue& queue = *state_->find(reader->second.queue);
  const Partition& partition = queue.partitions.front();
  if (queue.config().retain_acked > Duration{0})
    return std::max<std::int64_t>(0, distance(std::max(from, partition.trimmed), upto));
  return partition.delivery.live_in(from, upto);
}

void Queues::on_timer(std::uint32_t owner, std::uint64_t token, Instant now) {
  const std::uint64_t value = token & ((std::uint64_t{1} << 56) - 1);
  switch (static_cast<TimerFor>(token >> 56)) {
    case TimerFor::due: return state_->due(owner, static_cast<std::size_t>(value), now);
    case TimerFor::waiters: return state_->waiters_due(now);
    case TimerFor::retention: return state_->retention_due(owner);
    case TimerFor::moves: return state_->retry_moves(owner);
    case TimerFor::tasks: return state_->step_task(value);
    case TimerFor::ids: return state_->forget_ids(owner);
    case TimerFor::attempts: return state_->sweep_attempts(owner);
    case TimerFor::sweeps: return state_->step_sweep(value);
    case TimerFor::retained: return state_->retained_due(owner);
    case TimerFor::look: return state_->retry_look(owner, value);
  }
}

void Queues::State::schedule(Instant due, std::uint32_t owner, TimerFor what, std::uint64_t value) {
  core.timers().schedule(due, face, owner, static_cast<std::uint64_t>(what) << 56 | value);
}

void Queues::State::apply(Partition& partition, const Op& op) {
  partition.delivery.apply(op);
  if (partition.groups) regroup(partition, op);
  account(partition);
}

// Groups learn of a change once it is made.
void Queues::State::regroup(Partition& partition, const Op& op) {
  const SkipOp* const skip = std::get_if<SkipOp>(&op);
  if (skip && skip->upto >= partition.looked_at) {
    partition.groups = partition.groups->anew(partition.groups->rule());
    partition.looked_at = skip->upto;
    return;
  }
  if (skip) partition.groups->forget_before(skip->upto, partition.delivery);
  std::visit(
      [&partition](const auto& of) {
        using T = std::remove_cvref_t<decltype(of)>;
        if constexpr (HasRuns<T> && !std::is_same_v<T, EditOp>)  // which moves nobody
          partition.groups->changed(of.runs, partition.delivery);
      },
      op);
}

void Queues::State::change(Queue& queue, std::size_t partition, const Op& op) {
  apply(queue.partitions[partition], op);
  note(queue, partition, op);
}

void Queues::State::note(const Queue& queue, std::size_t partition, const Op& op,
                         const Circumstances& with) {
  events.add(queue.id(), partition, op, core.wall(), with.client);
  tell(queue, partition, op, with);
  core.note(engine::EntryType::queue, queue.id(),
            encode_op(static_cast<std::uint32_t>(partition), op));
}

void Queues::State::account(Partition& partition) {
  marked -= partition.accounted;
  partition.accounted = partition.delivery.marked() + (partition.ids ? partition.ids->size() : 0);
  // What is acked before older messages takes a window of 64, until those are done with.
  if (const Touched* const touched = partition.delivery.touched())
    partition.accounted += touched->windows().size();
  // Its group, and its place in it.
  if (partition.groups && partition.groups->ordered())
    partition.accounted += partition.groups->busy();
  marked += partition.accounted;
  edited -= partition.accounted_edits;
  partition.accounted_edits = partition.delivery.edits().bytes();
  edited += partition.accounted_edits;
  ahead -= partition.accounted_ahead;
  partition.accounted_ahead = partition.groups ? partition.groups->weight() : 0;
  ahead += partition.accounted_ahead;
}

Result<> Queues::State::room_for_marks() const {
  if (marked < limits.marked_max) return {};
  return Error(Errc::overloaded, "too many messages are in flight, delayed or dead",
               "ack them, delete dead ones, or give the broker more memory (limits.memory)");
}

void Queues::State::settle(Queue& queue, std::size_t partition) {
  expire(queue, partition);
  look_ahead(queue, partition);
  trim(queue, queue.partitions[partition]);
  arm(queue, partition);
}

}  // namespace twofold::queue
