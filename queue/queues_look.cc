#include <utility>

#include "engine/base/diag.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

constexpr std::size_t kLookBytes = 256 << 10;  // of one read
constexpr int kLooksPerTurn = 8;               // reads from memory; then others have their turn
constexpr Duration kRetryAfter = std::chrono::seconds{1};

// What one partition remembers, in units of 16 bytes, and one that came late when all together
// remember enough.
constexpr std::size_t kAheadMax = 4 << 20;
constexpr std::size_t kAheadMin = 64 << 10;
// How far a filter looks beyond what was delivered.
constexpr std::int64_t kFilteredMax = 4 << 20;

}  // namespace

bool Queues::State::room_ahead(const Partition& partition) const {
  if (!partition.groups)
    return distance(partition.delivery.next(), partition.looked_at) < kFilteredMax;
  return partition.groups->weight() < (ahead < limits.ahead_max ? kAheadMax : kAheadMin);
}

void Queues::State::look_ahead(Queue& queue, std::size_t index) {
  Partition& partition = queue.partitions[index];
  if (!serving || !queue.looks_ahead()) return;
  const Looker looker{queue.config().order, queue.filter, group_key, core.wall()};
  for (int looks = 0; !partition.looking; ++looks) {
    const auto status = core.status(partition.log);
    Offset& from = partition.looked_at;
    from = std::max({from, status.start, partition.delivery.floor()});
    if (from >= status.visible_end || !room_ahead(partition)) return;
    engine::ReadPlan plan = core.plan_read(partition.log, from, kLookBytes);
    if (plan.empty()) return;
    // A filter takes its time, and so does the disk: both elsewhere.
    if (plan.in_memory() && !queue.filter && looks < kLooksPerTurn) {
      take_look(queue, index, looker.look(plan.fetch(), from));
      continue;
    }
    partition.looking = true;
    auto look = std::make_shared<Look>();
    core.study(
        std::move(plan),
        [looker, from, look, number = partition.look](auto batches) {
          *look = looker.look(batches, from);
          look->number = number;
        },
        [this, id = queue.id(), index, look] { looked(id, index, *look); });
  }
}

void Queues::State::looked(std::uint32_t id, std::size_t index, const Look& look) {
  Queue* const queue = find(id);
  if (!queue || queue->partitions[index].look != look.number) return;
  queue->partitions[index].looking = false;
  take_look(*queue, index, look);
  look_ahead(*queue, index);
  settle(*queue, index);
  serve(id);
  answer_hasty(id);
}

void Queues::State::take_look(Queue& queue, std::size_t index, const Look& look) {
  Partition& partition = queue.partitions[index];
  Runs filtered;
  for (const Seen& seen : look.seen) {
    const MessageState state = partition.delivery.view(seen.offset).state;
    // The dead are kept until somebody has looked at them.
    const bool expired =
        seen.expired && state != MessageState::in_flight && state != MessageState::dead;
    if (!seen.matches || expired) {
      if (partition.delivery.is_live(seen.offset)) append_run(filtered, seen.offset, 1);
    } else if (partition.groups) {
      partition.groups->add(seen.offset, seen.group, partition.delivery);
    }
  }
  // What a crash takes back of this is found out again.
  if (!filtered.empty()) {
    const AckOp op{std::move(filtered)};
    const std::size_t bytes = kNoteBytes + op.runs.size() * kReceiptNoteBytes;
    apply(partition, op);
    if (core.admit(engine::Admission::consume, bytes)) note(queue, index, op);
  }
  const Offset before = partition.looked_at;
  partition.looked_at = std::max(before, look.upto);
  if (partition.looked_at == before && !look.trouble) pass_over_nothing(partition);
  if (queue.filter) partition.delivery.set_visible_end(partition.looked_at);
  account(partition);
  if (look.trouble) look_past(queue, index, *look.trouble);
}

// There is no record from here on to the next damage, or to the end.
void Queues::State::pass_over_nothing(Partition& partition) {
  Offset next = core.status(partition.log).visible_end;
  for (const auto& [from, upto] : core.damaged(partition.log))
    if (from > partition.looked_at) next = std::min(next, from);
  partition.looked_at = next;
}

// What is damaged is given up; after other trouble one tries again.
void Queues::State::look_past(Queue& queue, std::size_t index, const engine::Error& trouble) {
  Partition& partition = queue.partitions[index];
  const Offset behind{trouble.number};
  if (trouble.code == engine::Errc::data_damaged && behind > partition.looked_at) {
    give_up(queue, index, partition.looked_at, behind);
    partition.looked_at = behind;
    if (queue.filter) partition.delivery.set_visible_end(behind);
    return;
  }
  engine::diag(engine::DiagLevel::error, "queue", "messages could not be read; trying again",
               {
                   {"queue", queue.name    },
                   {"error", trouble.detail}
  });
  partition.looking = true;
  const std::uint64_t number = partition.look;
  schedule(core.now() + kRetryAfter, queue.id(), TimerFor::look, number << 16 | index);
}

void Queues::State::retry_look(std::uint32_t id, std::uint64_t look_and_partition) {
  Queue* const queue = find(id);
  const std::size_t index = look_and_partition & 0xFFFF;
  if (!queue || index >= queue->partitions.size()) return;
  if (queue->partitions[index].look != look_and_partition >> 16) return;  // it began anew
  queue->partitions[index].looking = false;
  look_ahead(*queue, index);
  serve(id);
  answer_hasty(id);
}

void Queues::State::look_again(Queue& queue) {
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    Partition& partition = queue.partitions[i];
    ++partition.look;
    partition.looking = false;
    partition.groups.reset();
    if (queue.grouped()) partition.groups = std::make_unique<MessageGroups>(queue.config().order);
    partition.looked_at = partition.delivery.floor();
    if (!serving) continue;
    if (!queue.filter) partition.delivery.set_visible_end(core.status(partition.log).visible_end);
    look_ahead(queue, i);
    account(partition);
  }
}

}  // namespace twofold::queue
