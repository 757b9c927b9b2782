#include <algorithm>

#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

// How often the age of messages is looked at: an eighth of the retention, within reason.
constexpr Duration kRetentionStepMin = std::chrono::seconds{1};
constexpr Duration kRetentionStepMax = std::chrono::minutes{1};
// Acked messages are kept for at most this share longer than asked for.
constexpr int kRetainedSteps = 16;

/// How many messages there are less.
std::uint64_t gone(const QueueCounters& before, const QueueCounters& after) {
  const auto all = [](const QueueCounters& of) {
    return of.ready + of.in_flight + of.delayed + of.blocked + of.dead;
  };
  return all(before) - std::min(all(before), all(after));
}

}  // namespace

void Queues::State::due(std::uint32_t id, std::size_t index, Instant now) {
  Queue* const queue = find(id);
  if (!queue) return;
  queue->partitions[index].alarm.fired(now);
  settle(*queue, index);
  serve(id);
}

// What is due becomes ready, or dead when its receives are used up. A storm goes in slices, so that
// nobody else waits for the end of it.
void Queues::State::expire(Queue& queue, std::size_t index) {
  Partition& partition = queue.partitions[index];
  Expired expired;
  partition.delivery.expire(core.now(), receives_max(queue), kExpireMax, expired);
  if (!expired.ready.empty() || expired.timed_out > 0) stir(queue).timed_out += expired.timed_out;
  if (partition.groups) partition.groups->changed(expired.ready, partition.delivery);
  if (observer && !expired.ready.empty()) observer->on_due(place_of(queue, index), expired.ready);
  if (!expired.used_up.empty()) {
    change(queue, index, DeadOp{"", runs_of(std::move(expired.used_up))});
    move_dead(queue);
  }
  const auto next = partition.delivery.next_due();
  if (!next || *next > core.now() || partition.expiry_posted) return;
  partition.expiry_posted = true;
  core.executor().post([this, id = queue.id(), index] {
    Queue* const again = find(id);
    if (!again) return;
    again->partitions[index].expiry_posted = false;
    settle(*again, index);
    serve(id);
  });
}

// The log may forget what is done with; never what is not visible yet, it is still on its way.
void Queues::State::trim(Queue& queue, Partition& partition) {
  if (queue.attached()) return;
  const Offset floor = std::min(partition.floor(), partition.delivery.visible_end());
  if (floor <= partition.trimmed) return;
  if (queue.config().retain_acked > Duration{0}) return retain(queue, partition);
  partition.retained.reset();
  partition.trimmed = floor;
  core.trim(partition.log, floor, false);
  if (observer) observer->on_log_trimmed(queue.name, floor);
}

// What was purged or is too old goes at once, whatever is kept of the acked ones.
void Queues::State::trim_now(Queue& queue, Partition& partition, Offset upto) {
  if (queue.attached()) return;
  const Offset floor =
      std::min({partition.delivery.floor(), partition.delivery.visible_end(), upto});
  if (floor <= partition.trimmed) return;
  partition.trimmed = floor;
  core.trim(partition.log, floor, queue.config().retain_acked > Duration{0});
  if (observer) observer->on_log_trimmed(queue.name, floor);
}

// When a message was acked is not known, but the floor passes over it later than that.
void Queues::State::retain(Queue& queue, Partition& partition) {
  if (!partition.retained) partition.retained = std::make_unique<Retained>();
  if (partition.retained->armed) return;
  partition.retained->armed = true;
  const Duration step = std::max(kRetentionStepMin, queue.config().retain_acked / kRetainedSteps);
  schedule(core.now() + step, queue.id(), TimerFor::retained, 0);
}

// Neither the samples nor the trims are derivable from the journal, as the plain floor is: so they
// are journaled. Without the samples a restart would keep what was acked for that long once more.
void Queues::State::retained_due(std::uint32_t id) {
  Queue* const queue = find(id);
  if (!queue || !queue->partitions.front().retained) return;
  Partition& partition = queue->partitions.front();
  Retained& retained = *partition.retained;
  retained.armed = false;
  const Duration kept = queue->config().retain_acked;
  if (kept > Duration{0} && core.admit(engine::Admission::consume, 2 * kNoteBytes)) {
    const Offset floor = std::min(partition.floor(), partition.delivery.visible_end());
    const FloorOp sample{core.now(), floor};
    apply_floor(*queue, partition, sample);
    note(*queue, 0, sample);
    // A replay may have taken the floor back since.
    const auto& [at, oldest] = retained.floors.front();
    const Offset upto = std::min(oldest, floor);
    if (at <= core.now() - kept && upto > partition.trimmed) {
      partition.trimmed = upto;
      core.trim(partition.log, upto, true);
      if (observer) observer->on_log_trimmed(queue->name, upto);
    }
  }
  trim(*queue, partition);
}

void Queues::State::arm(Queue& queue, std::size_t index) {
  Partition& partition = queue.partitions[index];
  const auto next = partition.delivery.next_due();
  if (!next || partition.expiry_posted) return;
  if (partition.alarm.wants(*next)) schedule(*next, queue.id(), TimerFor::due, index);
}

void Queues::State::arm_retention(Queue& queue) {
  if (!queue.config().retention || queue.retention_armed) return;
  queue.retention_armed = true;
  const Duration step =
      std::clamp(*queue.config().retention / 8, kRetentionStepMin, kRetentionStepMax);
  schedule(core.now() + step, queue.id(), TimerFor::retention, 0);
}

void Queues::State::retention_due(std::uint32_t id) {
  Queue* const queue = find(id);
  if (!queue) return;
  queue->retention_armed = false;
  if (!queue->config().retention) return;
  arm_retention(*queue);
  Partition& partition = queue->partitions.front();
  const WallTime oldest = core.wall() - *queue->config().retention;
  const Offset upto = core.first_appended_since(partition.log, oldest);
  if (upto <= partition.delivery.floor()) return;
  if (!core.admit(engine::Admission::consume, kNoteBytes)) return;
  const QueueCounters before = queue->counters();
  change(*queue, 0, SkipOp{upto});
  stir(*queue).expired += gone(before, queue->counters());
  trim_now(*queue, partition, upto);
  settle(*queue, 0);
  serve(id);  // what waited behind it
}

}  // namespace twofold::queue
