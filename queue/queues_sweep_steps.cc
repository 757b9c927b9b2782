#include <algorithm>
#include <utility>

#include "engine/content_bytes.h"
#include "engine/record_batch.h"
#include "queue/fitting.h"
#include "queue/letter.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;
using engine::Header;
using Match = SweepFind::Match;

constexpr std::size_t kStepMax = 256;          // messages at once
constexpr std::uint32_t kStepsPerSecond = 20;  // of a sweep with a rate, at most
constexpr std::size_t kStepBytes = 8 << 20;    // about
constexpr std::int64_t kWindowsMax = 512;      // looked at in one turn
constexpr std::size_t kSampleMax = 10;
constexpr std::size_t kWaitingMax = 100'000;  // groups that stay
constexpr Duration kRetryAfter = std::chrono::seconds{1};

std::size_t step_of(const SweepRequest& request) {
  if (!request.per_second || request.dry_run) return kStepMax;
  return std::clamp<std::size_t>(*request.per_second / kStepsPerSecond, 1, kStepMax);
}

/// Which records a sweep is about. Copied to whatever thread looks.
struct Sieve {
  std::shared_ptr<const RecordFilter> wanted;     // of the request; may be null
  std::shared_ptr<const RecordFilter> delivered;  // of the queue; may be null
  std::optional<WallTime> from;
  std::optional<WallTime> upto;

  bool passes(const engine::StoredRecord& record) const {
    if (from && record.timestamp < *from) return false;
    if (upto && record.timestamp >= *upto) return false;
    return (!wanted || wanted->matches(record)) && (!delivered || delivered->matches(record));
  }
};

// `holes`: what is not stored may never have to be. Threads: any.
void sift(const Sieve& sieve, const SweepRequest& request, const std::vector<Offset>& offsets,
          bool holes, Result<std::vector<engine::StoredBatch>> batches, SweepFind& find) {
  if (!batches) {
    find.trouble = batches.error();
    return;
  }
  find.batches = *std::move(batches);
  Offset read_upto{0};
  for (const engine::StoredBatch& batch : find.batches) {
    engine::BatchCursor cursor(batch.bytes, batch.base_seq);
    for (;;) {
      auto record = cursor.next();
      if (!record) {
        find.trouble = record.error();
        return;
      }
      if (!*record) break;
      if (!std::binary_search(offsets.begin(), offsets.end(), (**record).offset)) continue;
      if (!sieve.passes(**record)) continue;
      const Offset offset = (**record).offset;
      std::string to = request.destination.empty() ? origin_of(**record) : request.destination;
      find.matches.push_back({offset, engine::content_bytes(**record), std::move(to), std::move(**record)});
    }
    read_upto = engine::advance(engine::batch_header(batch.bytes).last_offset(), 1);
  }
  // A read may stop early, at damage or where nothing is stored any more.
  if (read_upto > offsets.back()) return;
  if (!holes) {
    find.trouble = Error(Errc::io, "a read brought less than asked");
  } else if (!find.batches.empty()) {
    find.goes_on = read_upto;
  }
}

std::vector<Offset> offsets_of(const std::vector<Match>& matches) {
  std::vector<Offset> offsets;
  for (const Match& match : matches) offsets.push_back(match.offset);
  return offsets;
}

}  // namespace

// Those of the request's ids that come next and lie in one partition.
Queues::State::Chunk Queues::State::next_ids(const Queue& queue, SweepTask& task, Chunk chunk,
                                             std::size_t max) const {
  const auto& ids = task.sweep.request.ids;
  for (; task.next_id < ids.size() && chunk.offsets.size() < max; ++task.next_id) {
    const MessageId id = ids[task.next_id];
    const auto index = static_cast<std::size_t>(id.partition.value());
    if (!chunk.offsets.empty() && index != chunk.partition) break;
    ++task.sweep.scanned;
    if (!know(queue, id)) continue;
    const Partition& partition = queue.partitions[index];
    if (id.offset < oldest(queue, index) || id.offset >= task.ends[index]) continue;
    if (!task.states.has(partition.view(id.offset).state)) continue;
    chunk.partition = index;
    chunk.offsets.push_back(id.offset);
  }
  fit_chunk(queue, chunk);
  if (!chunk.offsets.empty() && chunk.was_cut) {
    const MessageId last{PartitionId{static_cast<std::int32_t>(chunk.partition)},
                         chunk.offsets.back()};
    const auto next = std::upper_bound(ids.begin(), ids.end(), last) - ids.begin();
    task.sweep.scanned -= task.next_id - static_cast<std::size_t>(next);
    task.next_id = static_cast<std::size_t>(next);
  }
  chunk.at_end = task.next_id == ids.size();
  return chunk;
}

// Large messages: fewer at once.
void Queues::State::fit_chunk(const Queue& queue, Chunk& chunk) const {
  if (chunk.offsets.empty()) return;
  const LogId log = queue.partitions[chunk.partition].log;
  const std::size_t count = fit(core, log, chunk.offsets, kStepBytes, 1).count;
  chunk.was_cut = count < chunk.offsets.size();
  chunk.offsets.erase(chunk.offsets.begin() + static_cast<std::ptrdiff_t>(count),
                      chunk.offsets.end());
}

// The next messages to look at. Moves the task on past them.
Queues::State::Chunk Queues::State::next_chunk(const Queue& queue, SweepTask& task) const {
  Sweep& sweep = task.sweep;
  Chunk chunk{task.partition, {}, false, false, task.next_id, sweep.scanned};
  const std::size_t max = task.one_by_one_until ? 1 : step_of(sweep.request);
  if (!sweep.request.ids.empty()) return next_ids(queue, task, std::move(chunk), max);
  std::int64_t windows_left = kWindowsMax;
  while (task.partition < queue.partitions.size() && chunk.offsets.empty() && windows_left > 0) {
    const Partition& partition = queue.partitions[task.partition];
    const Offset start = oldest(queue, task.partition);
    const Offset end = task.ends[task.partition];
    const Offset from = std::max(task.at, start);
    chunk.partition = task.partition;
    const Walk walk(partition, task.states, start, end);
    task.at = walk.run(from, windows_left, [&](Offset o, const MessageView&) {
      if (chunk.offsets.size() == max) return false;
      chunk.offsets.push_back(o);
      return true;
    });
    fit_chunk(queue, chunk);
    if (chunk.was_cut) task.at = engine::advance(chunk.offsets.back(), 1);
    sweep.scanned += static_cast<std::uint64_t>(std::max<std::int64_t>(0, distance(from, task.at)));
    if (task.at < end) break;
    ++task.partition;
    task.at = Offset{0};
  }
  chunk.at_end = task.partition == queue.partitions.size();
  return chunk;
}

// What of a chunk lies from `from` on is looked at next.
void Queues::State::take_back(SweepTask& task, const Chunk& chunk, Offset from) const {
  const auto& ids = task.sweep.request.ids;
  if (!ids.empty()) {
    const MessageId first{PartitionId{static_cast<std::int32_t>(chunk.partition)}, from};
    const auto next =
        static_cast<std::size_t>(std::lower_bound(ids.begin(), ids.end(), first) - ids.begin());
    task.sweep.scanned -= task.next_id - std::min(task.next_id, next);
    task.next_id = std::min(task.next_id, next);
    return;
  }
  const Offset walked = task.partition == chunk.partition ? task.at : task.ends[chunk.partition];
  task.sweep.scanned -=
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, distance(from, walked)));
  task.partition = chunk.partition;
  task.at = std::min(from, walked);
}

void Queues::State::step_sweep(std::uint64_t id) {
  SweepTask* const task = find_sweep(id);
  if (!task) return;
  Queue* const queue = find(task->queue);
  if (!queue)
    return end_sweep(id, MoveStatus::failed, Error(Errc::queue_not_found, "the queue was deleted"));
  Chunk chunk = next_chunk(*queue, *task);
  if (chunk.offsets.empty()) {
    if (!chunk.at_end) return core.executor().post([this, id] { step_sweep(id); });
    if (task->sweep.request.dry_run) return end_sweep(id, MoveStatus::completed);
    // "completed" is a promise: what it stands on must be durable.
    return core.on_commit(Durability::disk, [this, id](Result<Durability> reached) {
      if (reached) return end_sweep(id, MoveStatus::completed);
      end_sweep(id, MoveStatus::failed, reached.error());
    });
  }
  const Partition& partition = queue->partitions[chunk.partition];
  chunk.removals = partition.removals;
  engine::ReadPlan plan = core.plan_offsets(partition.log, chunk.offsets);
  const SweepRequest& request = task->sweep.request;
  auto find = std::make_shared<SweepFind>();
  Sieve sieve{request.filter, queue->filter, request.from, request.upto};
  core.study(
      std::move(plan),
      [sieve = std::move(sieve), request, offsets = chunk.offsets, find, holes = queue->attached()](
          auto batches) { sift(sieve, request, offsets, holes, std::move(batches), *find); },
      [this, id, chunk, find] { swept(id, chunk, *find); });
}

void Queues::State::swept(std::uint64_t id, const Chunk& chunk, const SweepFind& find) {
  SweepTask* const task = find_sweep(id);
  Queue* const queue = task ? this->find(task->queue) : nullptr;
  if (!task) return;
  if (!queue) return step_sweep(id);  // which ends it
  const auto again_from = [&] {
    task->partition = chunk.partition;
    task->at = chunk.offsets.front();
    task->next_id = chunk.first_id;
    task->sweep.scanned = chunk.scanned;
  };
  if (queue->partitions[chunk.partition].removals != chunk.removals) {
    // What was read may be gone.
    again_from();
    return core.executor().post([this, id] { step_sweep(id); });
  }
  if (find.trouble && chunk.offsets.size() > 1) {
    again_from();
    task->one_by_one_until = chunk.offsets.back();
    return core.executor().post([this, id] { step_sweep(id); });
  }
  if (find.trouble) ++task->sweep.unreadable;
  if (find.goes_on) take_back(*task, chunk, *find.goes_on);
  if (task->one_by_one_until && chunk.offsets.back() >= *task->one_by_one_until)
    task->one_by_one_until.reset();
  // Others went on meanwhile: what is not in such a state any more is not touched.
  std::vector<Match> matches;
  const Partition& partition = queue->partitions[chunk.partition];
  for (const Match& match : find.matches) {
    const MessageView view = partition.view(match.offset);
    if (match.offset < oldest(*queue, chunk.partition) || !task->states.has(view.state)) continue;
    // What was dead has no time to live any more.
    dress(matches.emplace_back(match).record, view.revived || view.state == MessageState::dead,
          partition.delivery.edits().of(match.offset));
  }
  Stayed stayed = leave_homeless(*queue, *task, chunk.partition, matches);
  if (auto applied = apply_sweep(*queue, *task, chunk.partition, matches); !applied) {
    const bool for_good =
        task->sweep.request.at_once || applied.error().code == Errc::queue_not_found;
    if (for_good) return end_sweep(id, MoveStatus::failed, applied.error());
    again_from();
    return schedule(core.now() + kRetryAfter, 0, TimerFor::sweeps, id);
  }
  Sweep& sweep = task->sweep;
  sweep.stayed += stayed.messages;
  task->waiting.merge(stayed.groups);
  if (task->waiting.size() > kWaitingMax)
    return end_sweep(id, MoveStatus::failed,
                     Error(Errc::overloaded, "messages without an origin are of too many groups"));
  for (const Match& match : matches) {
    ++sweep.matched;
    sweep.bytes += match.bytes;
    const PartitionId at{static_cast<std::int32_t>(chunk.partition)};
    if (sweep.sample.size() < kSampleMax) sweep.sample.push_back({at, match.offset});
  }
  go_on(*task, matches.size());
  if (sweep.request.action != SweepAction::purge) serve(queue->id());
}

void Queues::State::go_on(SweepTask& task, std::size_t done) {
  const std::uint64_t id = task.sweep.id;
  const SweepRequest& request = task.sweep.request;
  if (!request.per_second || request.dry_run)
    return core.executor().post([this, id] { step_sweep(id); });
  const auto pause = static_cast<std::int64_t>(done) * 1'000 / *request.per_second;
  schedule(core.now() + Duration{pause}, 0, TimerFor::sweeps, id);
}

// Takes out those that have nowhere to go and, where there is an order, those of their group behind
// them. Dead ones hold nobody up.
Queues::State::Stayed Queues::State::leave_homeless(const Queue& queue, const SweepTask& task,
                                                    std::size_t partition,
                                                    std::vector<Match>& matches) const {
  const SweepRequest& request = task.sweep.request;
  Stayed stayed;
  if (request.action != SweepAction::move || !request.destination.empty()) return stayed;
  const Order order = queue.config().order;
  stayed.messages = std::erase_if(matches, [&](const Match& match) {
    std::optional<std::string> group;
    if (queue.partitions[partition].view(match.offset).state != MessageState::dead) {
      const auto of = group_of(match.record);
      if (order == Order::strict) group = std::to_string(partition);
      if (order == Order::key && of) group = std::to_string(partition).append(":").append(*of);
    }
    const bool waits = group && (task.waiting.contains(*group) || stayed.groups.contains(*group));
    const Queue* const to = this->find(match.destination);
    if (to && !to->attached() && !waits) return false;
    if (group) stayed.groups.insert(*std::move(group));
    return true;
  });
  return stayed;
}

Result<> Queues::State::apply_sweep(Queue& queue, SweepTask& task, std::size_t partition,
                                    const std::vector<Match>& matches) {
  if (matches.empty() || task.sweep.request.dry_run) return {};
  switch (task.sweep.request.action) {
    case SweepAction::replay:
    case SweepAction::redrive: task.revived = true; return revive(queue, partition, matches);
    case SweepAction::move:
    case SweepAction::purge: return take_away(queue, task, partition, matches);
  }
  __builtin_unreachable();
}

Result<> Queues::State::revive(Queue& queue, std::size_t partition,
                               const std::vector<Match>& matches) {
  // Half of the room stays for what others receive meanwhile.
  if (marked >= limits.marked_max / 2)
    return Error(Errc::overloaded, "too many messages are in flight, delayed or dead");
  const std::size_t bytes = kNoteBytes + matches.size() * kReceiptNoteBytes;
  if (auto admitted = core.admit(engine::Admission::consume, bytes); !admitted) return admitted;
  change(queue, partition, ReviveOp{runs_of(offsets_of(matches))});
  settle(queue, partition);
  return {};
}

// There and gone from here in one commit: no crash can make it two, or none.
Result<> Queues::State::take_away(Queue& queue, const SweepTask& task, std::size_t partition,
                                  const std::vector<Match>& matches) {
  const bool moving = task.sweep.request.action == SweepAction::move;
  std::vector<Header> headers;
  std::size_t bytes = kNoteBytes + matches.size() * kReceiptNoteBytes;
  for (const Match& match : matches) {
    if (!moving) continue;
    const Queue* const to = this->find(match.destination);
    if (!to || to->attached())
      return Error(Errc::queue_not_found,
                   "there is no queue " + match.destination + " with a log of its own");
    const std::string here = place_text(queue.name, partition, match.offset);
    bytes += engine::record_bytes_max(without_letter(match.record, here, headers));
  }
  const auto kind = moving ? engine::Admission::publish : engine::Admission::consume;
  if (auto admitted = core.admit(kind, bytes); !admitted) return admitted;
  // Done with ahead of what was delivered takes memory until that is passed.
  const bool early = matches.back().offset >= queue.partitions[partition].delivery.next();
  if (early)
    if (auto room = room_for_marks(); !room) return room;
  for (const Match& match : matches) {
    if (!moving) break;
    const std::string here = place_text(queue.name, partition, match.offset);
    core.append(this->find(match.destination)->partitions.front().log,
                without_letter(match.record, here, headers));
  }
  Unblocked unblocked{queue.id(), {}};
  const std::string_view to = moving ? common_destination(matches) : "";
  unblocked.add(partition, ack(queue, partition, AckOp{runs_of(offsets_of(matches))}, {.to = to}));
  // As after an ack: those behind them wait until no crash can bring these back.
  if (!unblocked.runs.empty()) unblock_when_durable(std::move(unblocked));
  return {};
}

}  // namespace twofold::queue
