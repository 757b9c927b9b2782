#include <utility>

#include "engine/base/diag.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

constexpr std::size_t kLookBytes = 256 << 10;  // of one read
constexpr int kLooksPerTurn = 8;               // reads from memory; then others have their turn
constexpr Duration kRetryAfter = std::chrono::seconds{1};

// How far a filter looks beyond what was delivered.
constexpr std::int64_t kFilteredMax = 4 << 20;

}  // namespace

// A group that takes all the room is no reason to let the others wait: as soon as somebody does.
bool Queues::State::room_ahead(const Queue& queue, Partition& partition, bool asked) {
  if (!partition.groups)
    return distance(partition.delivery.next(), partition.looked_at) < kFilteredMax;
  MessageGroups& groups = *partition.groups;
  const std::size_t room =
      ahead < limits.ahead_max ? limits.ahead_of_partition : limits.ahead_of_late_partition;
  if (groups.weight() < room) return true;
  const bool wanted = groups.ordered() ? asked || queue.waiters : partition.given_to > Offset{0};
  if (!wanted || !groups.crowded()) return false;
  groups.cut(room);
  account(partition);
  return groups.weight() < room;
}

std::optional<Queues::State::NextLook> Queues::State::next_look(const Queue& queue,
                                                                Partition& partition, bool asked) {
  const auto status = core.status(partition.log);
  const Offset floor = std::max(status.start, partition.floor());
  Offset& front = partition.looked_at;
  front = std::max(front, floor);
  const bool at_hole = partition.wide_hole > partition.delivery.next();
  const bool further =
      front < status.visible_end && !at_hole && room_ahead(queue, partition, asked);
  auto missing = partition.groups ? partition.groups->missing_from() : std::nullopt;
  if (missing && *missing < floor) missing = floor;
  partition.look_turn = !partition.look_turn;
  if (missing && (!further || partition.look_turn)) return NextLook{*missing, true};
  if (further) return NextLook{front, false};
  return std::nullopt;
}

void Queues::State::look_ahead(Queue& queue, std::size_t index, bool asked) {
  Partition& partition = queue.partitions[index];
  if (!serving || !queue.looks_ahead()) return;
  const Looker looker{queue.config().order, queue.filter, group_key, core.wall()};
  for (int looks = 0; !partition.looking; ++looks) {
    const auto next = next_look(queue, partition, asked);
    if (!next) return;
    const Offset from = next->from;
    engine::ReadPlan plan = core.plan_read(partition.log, from, kLookBytes);
    if (plan.empty() && !next->again) return;
    // A filter takes its time, and so does the disk: both elsewhere.
    if (plan.in_memory() && !queue.filter && looks < kLooksPerTurn) {
      Look look = looker.look(plan.fetch(), from);
      look.again = next->again;
      take_look(queue, index, std::move(look));
      continue;
    }
    partition.looking = true;
    auto look = std::make_shared<Look>();
    core.study(
        std::move(plan),
        [looker, from, look, number = partition.look, again = next->again](auto batches) {
          *look = looker.look(batches, from);
          look->number = number;
          look->again = again;
        },
        [this, id = queue.id(), index, look] { looked(id, index, *look); });
  }
}

bool Queues::State::look_further(Queue& queue) {
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    const Partition& partition = queue.partitions[i];
    if (partition.looking || partition.has_ready()) continue;
    const bool is_behind = partition.looked_at < partition.delivery.visible_end();
    const bool misses = partition.groups && (is_behind || partition.groups->misses_some());
    if (queue.hides_unseen() || misses) look_ahead(queue, i, true);
  }
  return queue.has_ready();
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

void Queues::State::take_look(Queue& queue, std::size_t index, Look look) {
  Partition& partition = queue.partitions[index];
  const bool nothing = look.upto == look.from && !look.trouble;
  if (nothing) look.upto = next_after_nothing(partition, look.from);
  pass_over_holes(queue, index, look);
  Runs filtered;
  for (const Seen& seen : look.seen) {
    const MessageView view = partition.delivery.view(seen.offset);
    // The dead are kept until somebody has looked at them.
    const bool expired = seen.expired && !view.revived && view.state != MessageState::in_flight &&
                         view.state != MessageState::dead;
    if (!seen.matches || expired) {
      if (partition.delivery.is_live(seen.offset)) append_run(filtered, seen.offset, 1);
    } else if (partition.groups && !look.again) {
      partition.groups->add(seen.offset, seen.group, partition.delivery);
    } else if (partition.groups && seen.offset < partition.looked_at) {
      partition.groups->find_missing(seen.offset, seen.group, partition.delivery);
    }
  }
  // What a crash takes back of this is found out again.
  if (!filtered.empty()) {
    const AckOp op{std::move(filtered)};
    const std::size_t bytes = kNoteBytes + op.runs.size() * kReceiptNoteBytes;
    apply(partition, op);
    const Circumstances with{.passed_over = true};
    if (core.admit(engine::Admission::consume, bytes)) {
      note(queue, index, op, with);
    } else {
      tell(queue, index, op, with);
    }
  }
  looked_upto(queue, partition, look, look.upto);
  account(partition);
  if (look.trouble) look_past(queue, index, look);
}

void Queues::State::looked_upto(const Queue& queue, Partition& partition, const Look& look,
                                Offset upto) {
  if (look.again) {
    if (partition.groups) partition.groups->found_upto(upto, partition.looked_at);
    return;
  }
  partition.looked_at = std::max(partition.looked_at, upto);
  if (queue.hides_unseen()) partition.delivery.set_visible_end(partition.looked_at);
}

// There is no record from here on to the next damage, or to the end.
Offset Queues::State::next_after_nothing(const Partition& partition, Offset at) const {
  Offset next = core.status(partition.log).visible_end;
  for (const auto& [from, upto] : core.damaged(partition.log))
    if (from > at) next = std::min(next, from);
  return next;
}

// What is damaged is given up; after other trouble one tries again.
void Queues::State::look_past(Queue& queue, std::size_t index, const Look& look) {
  Partition& partition = queue.partitions[index];
  const Offset behind{look.trouble->number};
  if (look.trouble->code == engine::Errc::data_damaged && behind > look.upto) {
    give_up(queue, index, look.upto, behind);
    return looked_upto(queue, partition, look, behind);
  }
  engine::diag(engine::DiagLevel::error, "queue", "messages could not be read; trying again",
               {
                   {"queue", queue.name          },
                   {"error", look.trouble->detail}
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
    if (!queue.grouped()) {
      partition.groups.reset();
    } else {
      const Order order = queue.config().order;
      partition.groups =
          partition.groups ? partition.groups->anew(order) : std::make_unique<MessageGroups>(order);
    }
    partition.looked_at = partition.floor();
    partition.wide_hole = Offset{0};
    if (!serving) continue;
    if (!queue.hides_unseen())
      partition.delivery.set_visible_end(core.status(partition.log).visible_end);
    look_ahead(queue, i);
    account(partition);
  }
}

}  // namespace twofold::queue
