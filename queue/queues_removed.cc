#include <algorithm>
#include <utility>

#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

// A hole costs memory, about a byte an offset, unless delivery has come to it.
constexpr std::int64_t kHoleMax = 1 << 20;

// What of `removed` lies in [from, end) and is not done with.
Runs live_runs(const Delivery& delivery, const engine::OffsetRuns& removed, Offset from,
               Offset end) {
  Runs runs;
  auto at = std::partition_point(removed.begin(), removed.end(),
                                 [from](const auto& run) { return run.second <= from; });
  for (; at != removed.end() && at->first < end; ++at) {
    const Offset base = std::max(at->first, from);
    const Offset upto = std::min(at->second, end);
    if (delivery.live_in(base, upto) > 0) append_run(runs, base, distance(base, upto));
  }
  return runs;
}

}  // namespace

// Whether there are holes that no cleaning will tell this queue of any more.
bool Queues::State::is_sparse(const Queue& queue) const {
  if (!queue.attached()) return false;
  return std::any_of(queue.partitions.begin(), queue.partitions.end(), [&](const Partition& p) {
    const auto status = core.status(p.log);
    return core.cleaning(p.log, status.visible_end).holes_upto > p.delivery.floor();
  });
}

void Queues::State::pass_over_holes(Queue& queue, std::size_t index, Look& look) {
  // What is looked at again has no holes that are not known.
  if (!queue.attached() || look.again) return;
  Partition& partition = queue.partitions[index];
  Runs holes;
  Offset expected = partition.looked_at;
  // False when the look ends here.
  const auto hole_until = [&](Offset upto) {
    const std::int64_t wide = distance(expected, upto);
    if (wide > kHoleMax && expected > partition.delivery.next() &&
        partition.delivery.live_in(expected, upto) > kHoleMax) {
      partition.wide_hole = expected;
      return false;
    }
    if (wide > 0) append_run(holes, expected, wide);
    return true;
  };
  for (auto seen = look.seen.begin(); seen != look.seen.end(); ++seen) {
    if (!hole_until(seen->offset)) {
      look.seen.erase(seen, look.seen.end());
      look.upto = expected;
      look.trouble.reset();
      return pass_over(queue, index, std::move(holes));
    }
    expected = std::max(expected, engine::advance(seen->offset, 1));
  }
  if (!hole_until(look.upto)) {
    look.upto = expected;
    look.trouble.reset();
  }
  pass_over(queue, index, std::move(holes));
}

// Nobody waits for a message that is not there: groups never knew it.
void Queues::State::pass_over(Queue& queue, std::size_t index, Runs holes) {
  Partition& partition = queue.partitions[index];
  std::erase_if(holes, [&](const Run& hole) {
    return partition.delivery.live_in(hole.base, hole.end()) == 0;
  });
  if (holes.empty()) return;
  const std::size_t bytes = kNoteBytes + holes.size() * kReceiptNoteBytes;
  const AckOp op{std::move(holes)};
  partition.delivery.apply(op);
  account(partition);
  tell(queue, index, op, {.passed_over = true});
  // What a crash takes back of this is found out again.
  if (core.admit(engine::Admission::consume, bytes))
    core.note(engine::EntryType::queue, queue.id(),
              encode_op(static_cast<std::uint32_t>(index), op));
}

void Queues::State::remove(Queue& queue, std::size_t index, const engine::OffsetRuns& removed) {
  Partition& partition = queue.partitions[index];
  ++partition.removals;
  const Delivery& delivery = partition.delivery;
  const Offset seen = queue.looks_ahead() ? partition.looked_at : delivery.visible_end();
  Runs runs = live_runs(delivery, removed, delivery.floor(), seen);
  // Groups know nothing of these yet, but they are counted.
  if (!queue.hides_unseen() && seen < delivery.visible_end())
    pass_over(queue, index, live_runs(delivery, removed, seen, delivery.visible_end()));
  const bool found = !runs.empty();
  if (found) {
    Unblocked unblocked{queue.id(), {}};
    unblocked.add(index, ack(queue, index, AckOp{std::move(runs)}, {.passed_over = true}));
    if (!unblocked.runs.empty()) unblock_when_durable(std::move(unblocked));
  }
  // What is being read ahead may hold some of them.
  ++partition.look;
  partition.looking = false;
  if (!serving || (!found && !queue.looks_ahead())) return;
  core.executor().post([this, id = queue.id(), index] {
    Queue* const again = find(id);
    if (!again) return;
    settle(*again, index);
    serve(id);
    answer_hasty(id);
  });
}

}  // namespace twofold::queue
