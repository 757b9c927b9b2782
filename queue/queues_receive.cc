#include <algorithm>
#include <utility>

#include "engine/record_batch.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

// How long somebody who would not wait is kept while a queue still reads ahead.
constexpr Duration kHastyMax = std::chrono::milliseconds{500};

// From one receive to the next, where a queue is walked in order.
constexpr std::int64_t kStepMax = 4'096;

std::vector<Offset> offsets_of(const Runs& runs) {
  std::vector<Offset> offsets;
  for (const Run& run : runs)
    for (Offset o = run.base; o < run.end(); o = engine::advance(o, 1)) offsets.push_back(o);
  return offsets;
}

// How many of the (ascending) offsets lie in [from, upto).
std::int64_t wanted_in(const std::vector<Offset>& offsets, Offset from, Offset upto) {
  return std::lower_bound(offsets.begin(), offsets.end(), upto) -
         std::lower_bound(offsets.begin(), offsets.end(), from);
}

// About how many bytes the records take in an answer: their share of what they lie in, a batch or
// a stretch of the journal or of a segment.
std::size_t bytes_of(const engine::ReadPlan& plan, const std::vector<Offset>& offsets) {
  std::size_t bytes = 0;
  for (const auto& piece : plan.pieces()) {
    if (piece.cold) {
      const auto wanted = static_cast<std::uint64_t>(wanted_in(offsets, piece.from, piece.upto));
      bytes += piece.bytes_max * wanted / std::max({wanted, piece.records, std::uint64_t{1}});
      continue;
    }
    const auto header = engine::batch_header(piece.batch.bytes);
    const Offset base{header.base_offset};
    const auto wanted = wanted_in(offsets, base, engine::advance(header.last_offset(), 1));
    bytes += header.size() * static_cast<std::size_t>(wanted) /
             static_cast<std::size_t>(std::max(1, header.record_count));
  }
  return bytes;
}

/// Where the records of a choice are, and about how many bytes they take.
struct Priced {
  engine::ReadPlan plan;
  std::size_t bytes;
};
Priced price(LogId log, const Choice& choice, const engine::Core& core) {
  const std::vector<Offset> offsets = offsets_of(choice.runs);
  engine::ReadPlan plan = core.plan_offsets(log, offsets);
  const std::size_t bytes = bytes_of(plan, offsets);
  return {std::move(plan), bytes};
}

}  // namespace

std::uint64_t Queues::receive(Receive receive, Instant deadline, Completion<Received> done) {
  State& s = *state_;
  const auto needed = s.need(receive.queue);
  if (!needed) {
    done(needed.error());
    return 0;
  }
  Queue& queue = **needed;
  Wanted wanted{receive.max, receive.bytes_max, receive.visibility_timeout,
                std::move(receive.attempt_id), std::move(receive.client)};
  if (Attempt* const earlier = s.find_attempt(queue, wanted.attempt_id)) {
    const std::uint32_t id = queue.id();
    done(s.repeat(queue, *earlier, wanted));
    s.serve(id);  // for no time at all: free again for those who wait
    return 0;
  }
  // Who waits came first: while somebody does, nothing is ready or his turn is about to come.
  const bool closed = queue.waiters || queue.config().paused;
  Result<Received> taken = closed ? s.nothing(queue) : s.take(queue, wanted);
  const bool hasty = deadline <= s.core.now();
  if (!taken || !taken->messages.empty() || (hasty && !queue.looking())) {
    if (taken && taken->messages.empty()) ++s.stir(queue).empty;
    done(std::move(taken));
    return 0;
  }
  return s.wait(queue, wanted, hasty ? s.core.now() + kHastyMax : deadline, std::move(done), hasty);
}

Result<Received> Queues::State::take(Queue& queue, const Wanted& wanted) {
  if (!queue.has_ready() && !look_further(queue)) return nothing(queue);
  // Without room for more only those go out again that take some already.
  const auto room = room_for_marks();
  if (!room && !queue.has_ready_again()) return room.error();
  const std::size_t note_bytes = kNoteBytes + wanted.max * kReceiptNoteBytes;
  if (auto admitted = core.admit(engine::Admission::consume, note_bytes); !admitted)
    return admitted.error();

  Received out;
  const Duration timeout = wanted.visibility_timeout.value_or(queue.config().visibility_timeout);
  const Instant visible_at = core.now() + timeout;
  const auto nonce = static_cast<std::uint32_t>(core.random() % UINT32_MAX) + 1;  // 0 is nobody
  std::size_t bytes_left = wanted.bytes_max;
  const std::size_t count = queue.partitions.size();
  for (std::size_t i = 0; i < count && out.messages.size() < wanted.max; ++i) {
    const std::size_t partition = (queue.first + i) % count;
    if (!queue.partitions[partition].has_ready()) continue;
    const std::size_t left = wanted.max - out.messages.size();
    const Taking taking{left, room.has_value(), visible_at, nonce, wanted.client};
    if (!take_from(queue, partition, taking, bytes_left, out)) break;
  }
  if (!room && out.messages.empty()) return room.error();
  queue.first = (queue.first + 1) % count;
  // Held for no time at all: free again at once, not with the next tick.
  if (timeout <= Duration{0}) {
    for (std::size_t i = 0; i < count; ++i) settle(queue, i);
  }
  if (queue.attached()) out.topic = queue.definition.source->topic;
  out.counters = queue.counters();
  if (!wanted.attempt_id.empty()) remember_attempt(queue, wanted.attempt_id, out, nonce);
  return out;
}

// Whose turn it is. Nothing changes.
Queues::State::Picked Queues::State::pick(const Partition& partition, std::size_t max,
                                          bool fresh) const {
  const Delivery& delivery = partition.delivery;
  if (!partition.groups) {
    Choice choice = delivery.choose(max, fresh);
    std::vector<Offset> offsets = offsets_of(choice.runs);
    return {std::move(choice), std::move(offsets)};
  }
  if (!partition.groups->ordered()) return pick_fair(partition, max, fresh);
  Choice choice = delivery.choose_again(0);
  std::vector<Offset> offsets = partition.groups->choose(max, fresh ? nullptr : &delivery);
  choice.runs = runs_of(offsets);
  choice.next = delivery.next_after(choice.runs);
  return {std::move(choice), std::move(offsets)};
}

// As in a queue without groups: of four turns one is for those that are ready again, and what one
// kind cannot fill the other does.
Queues::State::Picked Queues::State::pick_fair(const Partition& partition, std::size_t max,
                                               bool fresh) const {
  const Delivery& delivery = partition.delivery;
  std::vector<Offset> of_groups;
  if (fresh) of_groups = partition.groups->choose(max - delivery.quota_of_ready(max));
  Choice choice = delivery.choose_again(max - of_groups.size());
  std::vector<Offset> offsets = offsets_of(choice.runs);
  offsets.insert(offsets.end(), of_groups.begin(), of_groups.end());
  choice.runs = runs_of(offsets);
  choice.next = delivery.next_after(choice.runs);
  choice.turn = static_cast<std::uint8_t>((choice.turn + of_groups.size()) % 4);
  return {std::move(choice), std::move(offsets)};
}

// False when the answer is full by bytes. The first message always fits.
bool Queues::State::take_from(Queue& queue, std::size_t index, const Taking& taking,
                              std::size_t& bytes_left, Received& out) {
  Partition& partition = queue.partitions[index];
  Picked picked = pick(partition, taking.max, taking.fresh);
  if (picked.offsets.empty()) return true;
  auto [plan, bytes] = price(partition.log, picked.choice, core);
  while (bytes > bytes_left && picked.offsets.size() > 1) {
    const std::size_t count = picked.offsets.size();
    const std::size_t fits = std::max<std::size_t>(1, count * bytes_left / bytes);
    picked = pick(partition, std::min(fits, count - 1), taking.fresh);
    Priced smaller = price(partition.log, picked.choice, core);
    plan = std::move(smaller.plan);
    bytes = smaller.bytes;
  }
  if (bytes > bytes_left && !out.messages.empty()) return false;

  const ReceiveOp op{taking.visible_at, taking.nonce, picked.choice.next, picked.choice.runs,
                     core.now()};
  partition.delivery.deliver(picked.choice, op);
  if (partition.groups) partition.groups->served(picked.offsets, partition.delivery);
  account(partition);
  note(queue, index, op, {.client = taking.client});
  const PartitionId id{static_cast<std::int32_t>(index)};
  out.messages.reserve(out.messages.size() + picked.offsets.size());
  for (const Offset o : picked.offsets) {
    const Receipt receipt{queue.id(), static_cast<std::uint16_t>(index), o, taking.nonce,
                          op.received};
    out.messages.push_back(
        delivered(partition, {id, o}, receipts->encode(receipt), taking.visible_at));
  }
  count_waits(*queue.traffic, partition.log, out.messages,
              out.messages.size() - picked.offsets.size());
  out.plans.push_back(std::move(plan));
  out.plan_partitions.push_back(id);
  arm(queue, index);
  bytes_left -= std::min(bytes, bytes_left);
  // Whoever goes on where the last one stopped will do so again.
  const Offset end = picked.choice.runs.back().end();
  const std::int64_t step = distance(partition.given_to, picked.choice.runs.front().base);
  if (step >= 0 && step < kStepMax) core.read_ahead(partition.log, end, partition.delivery.floor());
  partition.given_to = end;
  const bool cut_by_bytes = picked.offsets.size() < taking.max && partition.has_ready();
  // There is room again, so far ahead: before somebody finds nothing.
  if (queue.hides_unseen()) look_ahead(queue, index);
  return !cut_by_bytes;
}

Delivered Queues::State::delivered(const Partition& partition, MessageId id, std::string receipt,
                                   Instant visible_at) const {
  const MessageView view = partition.delivery.view(id.offset);
  return {id.partition, id.offset,  std::move(receipt), view.receives,
          visible_at,   view.first, view.revived,       partition.delivery.edits().of(id.offset)};
}

Received Queues::State::nothing(Queue& queue) const {
  Received empty;
  if (queue.attached()) empty.topic = queue.definition.source->topic;
  empty.counters = queue.counters();
  empty.next_eligible = queue.next_eligible();
  empty.paused = queue.config().paused;
  return empty;
}

std::uint64_t Queues::State::wait(Queue& queue, const Wanted& wanted, Instant deadline,
                                  Completion<Received> done, bool hasty) {
  if (!queue.waiters) queue.waiters = std::make_unique<Waiters>();
  const std::uint64_t ticket = next_ticket++;
  const auto at =
      queue.waiters->insert(queue.waiters->end(), Waiter{ticket, wanted, std::move(done), hasty});
  tickets.emplace(ticket, Place{queue.id(), at});
  deadlines.push(deadline, static_cast<std::int64_t>(ticket));
  if (deadline_alarm.wants(deadline)) schedule(deadline, 0, TimerFor::waiters, 0);
  return ticket;
}

std::optional<Waiter> Queues::State::unwait(std::uint64_t ticket) {
  const auto found = tickets.find(ticket);
  if (found == tickets.end()) return std::nullopt;
  Queue& queue = *find(found->second.queue);
  Waiter waiter = std::move(*found->second.at);
  queue.waiters->erase(found->second.at);
  if (queue.waiters->empty()) queue.waiters.reset();
  tickets.erase(found);
  deadlines.forget();
  deadlines.sweep([this](const DueHeap::Item& item) {
    return tickets.contains(static_cast<std::uint64_t>(item.key));
  });
  return waiter;
}

void Queues::State::serve(std::uint32_t id) {
  for (;;) {
    Queue* const queue = find(id);
    if (!queue || !queue->waiters || queue->config().paused) return;
    if (!queue->has_ready() && !look_further(*queue)) return;
    Waiter waiter = std::move(*unwait(queue->waiters->front().ticket));
    Attempt* const earlier = find_attempt(*queue, waiter.wanted.attempt_id);
    auto taken = earlier ? repeat(*queue, *earlier, waiter.wanted) : take(*queue, waiter.wanted);
    waiter.done(std::move(taken));
  }
}

void Queues::State::answer_hasty(std::uint32_t id) {
  for (;;) {
    Queue* const queue = find(id);
    if (!queue || !queue->waiters || queue->looking()) return;
    const auto hasty = std::find_if(queue->waiters->begin(), queue->waiters->end(),
                                    [](const Waiter& waiter) { return waiter.hasty; });
    if (hasty == queue->waiters->end()) return;
    Received empty = nothing(*queue);
    ++stir(*queue).empty;
    Waiter waiter = std::move(*unwait(hasty->ticket));
    waiter.done(std::move(empty));
  }
}

void Queues::State::waiters_due(Instant now) {
  deadline_alarm.fired(now);
  while (!deadlines.empty() && deadlines.top().due <= now) {
    const auto ticket = static_cast<std::uint64_t>(deadlines.pop().key);
    const auto place = tickets.find(ticket);
    if (place == tickets.end()) {
      deadlines.forgotten_popped();
      continue;
    }
    Queue& queue = *find(place->second.queue);
    Received empty = nothing(queue);
    ++stir(queue).empty;
    Waiter waiter = std::move(*unwait(ticket));
    deadlines.forgotten_popped();
    waiter.done(std::move(empty));
  }
  const auto next = deadlines.next([this](const DueHeap::Item& item) {
    return tickets.contains(static_cast<std::uint64_t>(item.key));
  });
  if (next && deadline_alarm.wants(*next)) schedule(*next, 0, TimerFor::waiters, 0);
}

void Queues::cancel(std::uint64_t ticket) { state_->unwait(ticket); }

void Queues::release_waiters() {
  std::vector<std::uint64_t> waiting;
  for (const auto& [ticket, place] : state_->tickets) waiting.push_back(ticket);
  std::sort(waiting.begin(), waiting.end());
  for (const std::uint64_t ticket : waiting) {
    const auto place = state_->tickets.find(ticket);
    if (place == state_->tickets.end()) continue;
    Received empty = state_->nothing(*state_->find(place->second.queue));
    state_->unwait(ticket)->done(std::move(empty));
  }
}

}  // namespace twofold::queue
