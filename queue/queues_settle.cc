#include <algorithm>
#include <map>
#include <utility>

#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;
using Offsets = std::vector<Offset>;

// At most kReasonBytesMax bytes, and no half character at the end.
std::string cut_reason(std::string reason) {
  if (reason.size() <= kReasonBytesMax) return reason;
  std::size_t size = kReasonBytesMax;
  while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80) --size;
  reason.resize(size);
  return reason;
}

// Offsets, each with its place in the request.
using Indexed = std::vector<std::pair<Offset, std::size_t>>;

// A message named twice was acked by the first receipt: to the second it was already.
Runs unique_runs(Indexed acked, std::vector<Settled>& results) {
  if (!std::is_sorted(acked.begin(), acked.end())) std::sort(acked.begin(), acked.end());
  Runs runs;
  for (const auto& [offset, index] : acked) {
    if (!runs.empty() && offset < runs.back().end()) {
      results[index] = Settled::already;
    } else {
      append_run(runs, offset, 1);
    }
  }
  return runs;
}

// A message that came free belongs to nobody: there is nothing left to extend, unless every receipt
// counts. A dead one is not delivered again.
Settled extendable(const Delivery& delivery, Settled presented, Offset offset, Receipts accepted) {
  if (presented != Settled::ok && presented != Settled::stale) return presented;
  if (accepted != Receipts::any) {
    const bool held = presented == Settled::ok && delivery.in_flight(offset);
    return held ? Settled::ok : Settled::stale;
  }
  return delivery.view(offset).state == MessageState::dead ? Settled::stale : Settled::ok;
}

Settled ackable(const Delivery& delivery, Settled presented, Offset offset, Receipts accepted) {
  switch (accepted) {
    case Receipts::newest: return presented;
    case Receipts::any: return presented == Settled::stale ? Settled::ok : presented;
    case Receipts::held:
      if (presented == Settled::ok && !delivery.in_flight(offset)) return Settled::stale;
      return presented;
  }
  __builtin_unreachable();
}

bool is_over(MessageState state) {
  return state == MessageState::dead || state == MessageState::acked;
}

Error does_not_delete(Settled settled, std::size_t index) {
  const char* why = "is not one of this queue";
  if (settled == Settled::already) why = "is of a message that is acked already";
  if (settled == Settled::stale) why = "is of an earlier delivery: somebody else holds the message";
  Error error(Errc::stale_receipt, "receipt " + std::to_string(index) + " " + why);
  error.record = index;
  return error;
}

std::size_t note_bytes(std::size_t messages) { return kNoteBytes + messages * kReceiptNoteBytes; }

}  // namespace

Queues::State::Presented Queues::State::present(const Queue& queue,
                                                const std::string& receipt) const {
  const Presented unknown{Settled::unknown, 0, Offset{0}, Instant{0}};
  const auto read = receipts->decode(receipt);
  if (!read || read->queue != queue.id() || read->partition >= queue.partitions.size())
    return unknown;
  const auto presented = [&read](Settled settled) -> Presented {
    return {settled, read->partition, read->offset, read->received, read->nonce};
  };
  switch (queue.partitions[read->partition].delivery.verdict(read->offset, read->nonce)) {
    case Verdict::current: return presented(Settled::ok);
    case Verdict::already: return presented(Settled::already);
    case Verdict::stale: return presented(Settled::stale);
    case Verdict::unknown: return unknown;
  }
  __builtin_unreachable();
}

void Queues::ack(std::string name, std::vector<std::string> receipts,
                 Completion<std::vector<Settled>> done, Receipts accepted,
                 engine::Decided<std::vector<Settled>> decided) {
  State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return done(needed.error());
  Queue& queue = **needed;
  if (auto admitted = s.core.admit(engine::Admission::consume, note_bytes(receipts.size()));
      !admitted)
    return done(admitted.error());

  std::vector<Settled> results;
  results.reserve(receipts.size());
  Traffic& traffic = s.stir(queue);
  const Instant now = s.core.now();
  std::vector<Indexed> acked(queue.partitions.size());
  for (const std::string& receipt : receipts) {
    auto presented = s.present(queue, receipt);
    presented.settled = ackable(queue.partitions[presented.partition].delivery, presented.settled,
                                presented.offset, accepted);
    if (presented.settled == Settled::ok) {
      acked[presented.partition].emplace_back(presented.offset, results.size());
      traffic.worked.add(now - presented.received);
    }
    results.push_back(presented.settled == Settled::ok ? Settled::acked : presented.settled);
  }
  Unblocked unblocked{queue.id(), {}};
  for (std::size_t i = 0; i < acked.size(); ++i) {
    if (acked[i].empty()) continue;
    const AckOp op{unique_runs(std::move(acked[i]), results)};
    unblocked.add(i, s.ack(queue, i, op));
  }
  // "already" is a promise like "acked": what it stands on must be durable, too.
  const bool promises = std::any_of(results.begin(), results.end(), [](Settled settled) {
    return settled == Settled::acked || settled == Settled::already;
  });
  if (decided) decided(results);
  if (!promises) return done(std::move(results));
  s.core.on_commit(Durability::disk,
                   [&s, results = std::move(results), done = std::move(done),
                    unblocked = std::move(unblocked)](Result<Durability> reached) mutable {
                     if (!reached) return done(reached.error());
                     done(std::move(results));
                     s.unblock(unblocked);
                   });
}

Result<CheckedAck> Queues::check_ack(const std::string& name,
                                     const std::vector<std::string>& receipts) const {
  const State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return needed.error();
  const Queue& queue = **needed;
  std::vector<Offsets> acked(queue.partitions.size());
  std::vector<Instant> received;
  received.reserve(receipts.size());
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    const auto presented = s.present(queue, receipts[i]);
    if (presented.settled != Settled::ok) return does_not_delete(presented.settled, i);
    acked[presented.partition].push_back(presented.offset);
    received.push_back(presented.received);
  }
  CheckedAck checked{queue.id(), note_bytes(receipts.size())};
  checked.received = std::move(received);
  for (Offsets& offsets : acked) {
    std::sort(offsets.begin(), offsets.end());
    offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
    checked.messages += offsets.size();
    checked.acked.push_back(runs_of(std::move(offsets)));
  }
  return checked;
}

void Queues::write_ack(const CheckedAck& checked) {
  State& s = *state_;
  Queue* const queue = s.find(checked.queue);
  TF_CHECK(queue != nullptr);
  if (!checked.received.empty()) {
    Traffic& traffic = s.stir(*queue);
    const Instant now = s.core.now();
    for (const Instant received : checked.received) traffic.worked.add(now - received);
  }
  Unblocked unblocked{queue->id(), {}};
  for (std::size_t i = 0; i < checked.acked.size(); ++i) {
    if (checked.acked[i].empty()) continue;
    unblocked.add(i, s.ack(*queue, i, AckOp{checked.acked[i]}));
  }
  if (!unblocked.runs.empty()) s.unblock_when_durable(std::move(unblocked));
}

// What waits behind a message that is acked or dead goes out when no crash can bring that one back
// any more. Behind one that was dead already nothing waited.
template <class Op>
Runs Queues::State::end(Queue& queue, std::size_t index, const Op& op, const Circumstances& with) {
  Partition& partition = queue.partitions[index];
  Runs held;
  if (partition.groups) {
    for (const Run& run : op.runs)
      for (Offset o = run.base; o < run.end(); o = engine::advance(o, 1))
        if (!partition.groups->ordered() || !is_over(partition.delivery.view(o).state))
          append_run(held, o, 1);
  }
  partition.delivery.apply(op);
  if (partition.groups) partition.groups->hold(held, partition.delivery);
  account(partition);
  note(queue, index, op, with);
  return held;
}

Runs Queues::State::ack(Queue& queue, std::size_t index, const AckOp& op,
                        const Circumstances& with) {
  Runs held = end(queue, index, op, with);
  trim(queue, queue.partitions[index]);
  return held;
}

void Queues::State::unblock(const Unblocked& unblocked) {
  if (unblocked.runs.empty()) return;
  Queue* const queue = find(unblocked.queue);
  if (!queue) return;
  for (const auto& [index, runs] : unblocked.runs) {
    Partition& partition = queue->partitions[index];
    if (!partition.groups) continue;
    partition.groups->let_go(runs, partition.delivery);
    account(partition);
    trim(*queue, partition);
    look_ahead(*queue, index);
  }
  serve(unblocked.queue);
}

void Queues::State::unblock_when_durable(Unblocked unblocked) {
  core.on_commit(Durability::disk,
                 [this, unblocked = std::move(unblocked)](const Result<Durability>& reached) {
                   if (reached) unblock(unblocked);
                 });
}

void Queues::nack(std::string name, std::vector<NackItem> items,
                  Completion<std::vector<Settled>> done) {
  State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return done(needed.error());
  Queue& queue = **needed;
  std::size_t bytes = note_bytes(items.size());
  for (const NackItem& item : items) bytes += std::min(item.reason.size(), kReasonBytesMax);
  if (auto admitted = s.core.admit(engine::Admission::consume, bytes); !admitted)
    return done(admitted.error());

  const std::uint32_t max = s.receives_max(queue);
  std::vector<Settled> results;
  std::map<std::pair<std::size_t, Instant>, Offsets> given_back;
  std::map<std::pair<std::size_t, std::string>, Offsets> killed;
  for (NackItem& item : items) {
    auto [settled, partition, offset, received, nonce] = s.present(queue, item.receipt);
    const Delivery& delivery = queue.partitions[partition].delivery;
    if (settled == Settled::ok && delivery.view(offset).state == MessageState::dead)
      settled = Settled::stale;
    results.push_back(settled);
    if (settled != Settled::ok) continue;
    if (item.dead || (max > 0 && delivery.view(offset).receives >= max)) {
      killed[{partition, cut_reason(std::move(item.reason))}].push_back(offset);
    } else {
      const Duration delay = item.delay ? *item.delay : s.backoff(queue, delivery.view(offset));
      given_back[{partition, s.core.now() + delay}].push_back(offset);
    }
  }
  for (auto& [to, offsets] : given_back)
    s.change(queue, to.first, NackOp{to.second, runs_of(std::move(offsets))});
  Unblocked unblocked{queue.id(), {}};
  for (auto& [to, offsets] : killed) {
    const DeadOp op{to.second, runs_of(std::move(offsets))};
    unblocked.add(to.first, s.end(queue, to.first, op));
  }
  if (!unblocked.runs.empty()) s.unblock_when_durable(std::move(unblocked));
  for (const auto& [to, offsets] : given_back) s.settle(queue, to.first);
  for (const auto& [to, offsets] : killed) s.settle(queue, to.first);
  if (!killed.empty()) s.move_dead(queue);
  const std::uint32_t id = queue.id();
  done(std::move(results));
  s.serve(id);
}

// Twice as long with each receive; of that a random half, so that those that failed together do not
// come back together.
Duration Queues::State::backoff(const Queue& queue, const MessageView& view) {
  const Duration least = queue.config().backoff_min;
  if (least <= Duration{0}) return Duration{0};
  const Duration most = std::max(least, queue.config().backoff_max);
  const std::uint32_t doublings = std::min(view.receives > 0 ? view.receives - 1 : 0, 40u);
  const bool past = least.count() > (most.count() >> doublings);
  const std::int64_t whole = past ? most.count() : least.count() << doublings;
  const auto half = static_cast<std::uint64_t>(whole / 2);
  return Duration{whole - static_cast<std::int64_t>(core.random() % (half + 1))};
}

void Queues::extend(std::string name, std::vector<ExtendItem> items,
                    Completion<std::vector<Settled>> done, Receipts accepted) {
  State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return done(needed.error());
  Queue& queue = **needed;
  if (auto admitted = s.core.admit(engine::Admission::consume, note_bytes(items.size())); !admitted)
    return done(admitted.error());

  std::vector<Settled> results;
  std::map<std::pair<std::size_t, Instant>, Offsets> held;
  for (const ExtendItem& item : items) {
    auto [settled, partition, offset, received, nonce] = s.present(queue, item.receipt);
    const Delivery& delivery = queue.partitions[partition].delivery;
    settled = extendable(delivery, settled, offset, accepted);
    const Instant until = s.core.now() + item.visibility_timeout;
    if (settled == Settled::ok && item.total_max && until > received + *item.total_max)
      settled = Settled::too_long;
    results.push_back(settled);
    if (settled != Settled::ok) continue;
    held[{partition, until}].push_back(offset);
    if (!delivery.is_fresh(offset)) continue;
    // A crash took back the receive that gave this receipt: it happens again.
    const Runs runs = runs_of({offset});
    s.change(queue, partition, ReceiveOp{until, nonce, delivery.next_after(runs), runs, received});
  }
  for (auto& [to, offsets] : held)
    s.change(queue, to.first, ExtendOp{to.second, runs_of(std::move(offsets))});
  for (const auto& [to, offsets] : held) s.settle(queue, to.first);
  const std::uint32_t id = queue.id();
  done(std::move(results));
  s.serve(id);
}

// The messages in flight that the receipts hold, by partition.
std::vector<Offsets> Queues::State::held_by(const Queue& queue,
                                            const std::vector<std::string>& given) const {
  std::vector<Offsets> held(queue.partitions.size());
  for (const std::string& receipt : given) {
    const auto [settled, partition, offset, received, nonce] = present(queue, receipt);
    if (settled == Settled::ok && queue.partitions[partition].delivery.in_flight(offset))
      held[partition].push_back(offset);
  }
  return held;
}

void Queues::release(const std::string& name, const std::vector<std::string>& receipts) {
  State& s = *state_;
  Queue* const queue = s.find(name);
  if (!queue) return;
  if (!s.core.admit(engine::Admission::consume, note_bytes(receipts.size()))) return;
  s.forget_attempts(*queue, receipts);
  std::vector<Offsets> released = s.held_by(*queue, receipts);
  for (std::size_t i = 0; i < released.size(); ++i) {
    if (released[i].empty()) continue;
    s.change(*queue, i, ReleaseOp{runs_of(std::move(released[i]))});
    s.settle(*queue, i);
  }
  s.serve(queue->id());
}

// Also what came free meanwhile, be it at once: nobody else has got it, and nobody is to. The dead
// are kept until somebody has looked at them.
void Queues::drop(const std::string& name, const std::vector<std::string>& receipts) {
  State& s = *state_;
  Queue* const queue = s.find(name);
  if (!queue) return;
  if (!s.core.admit(engine::Admission::consume, note_bytes(receipts.size()))) return;
  s.forget_attempts(*queue, receipts);
  std::vector<Offsets> dropped(queue->partitions.size());
  for (const std::string& receipt : receipts) {
    const auto [settled, partition, offset, received, nonce] = s.present(*queue, receipt);
    if (settled != Settled::ok) continue;
    if (queue->partitions[partition].delivery.view(offset).state == MessageState::dead) continue;
    dropped[partition].push_back(offset);
  }
  for (std::size_t i = 0; i < dropped.size(); ++i) {
    if (dropped[i].empty()) continue;
    s.change(*queue, i, AckOp{runs_of(std::move(dropped[i]))});
    s.settle(*queue, i);
    s.look_ahead(*queue, i);
  }
  s.serve(queue->id());
}

void Queues::purge(std::string name, Completion<std::uint64_t> done,
                   engine::Decided<std::uint64_t> decided) {
  State& s = *state_;
  const auto needed = s.need(name);
  if (!needed) return done(needed.error());
  Queue& queue = **needed;
  if (auto admitted = s.core.admit(engine::Admission::consume, kNoteBytes); !admitted)
    return done(admitted.error());
  const QueueCounters counters = queue.counters();
  const std::uint64_t gone =
      counters.ready + counters.blocked + counters.in_flight + counters.delayed + counters.dead;
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    Partition& partition = queue.partitions[i];
    s.change(queue, i, SkipOp{s.core.status(partition.log).end});
    if (partition.ids) {
      partition.ids.reset();
      s.note(queue, i, ForgetIdsOp{});
      s.account(partition);
    }
    s.trim_now(queue, partition, partition.delivery.floor());
  }
  if (s.observer) s.observer->on_purged(queue.name, gone);
  if (decided) decided(gone);
  s.core.on_commit(Durability::disk,
                   [gone, done = std::move(done)](Result<Durability> reached) mutable {
                     if (!reached) return done(reached.error());
                     done(gone);
                   });
}

}  // namespace twofold::queue
