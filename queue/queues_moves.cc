#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <utility>

#include "engine/record_batch.h"
#include "queue/letter.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;
using engine::Header;

constexpr std::size_t kTasksMax = 100;         // remembered
constexpr std::uint32_t kStepMax = 64;         // messages at once
constexpr std::uint32_t kStepsPerSecond = 20;  // of a move with a rate, at most
constexpr std::size_t kStepBytesMax = 4 << 20;
constexpr Duration kHold = std::chrono::seconds{60};
constexpr Duration kRetryAfter = std::chrono::seconds{1};
constexpr std::size_t kSteppedOverMax = 10'000;
constexpr std::string_view kPrefix = "move/";
constexpr std::size_t kMoveBytes = 1'024;  // of its document, about

// In the order of their numbers, as the catalog lists keys.
std::string key_of(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(kPrefix) + std::string(20 - digits.size(), '0') + digits;
}

std::uint32_t step_of(const MoveTask& task) {
  if (task.one_by_one) return 1;
  const auto& per_second = task.move.request.per_second;
  if (!per_second) return kStepMax;
  return std::clamp<std::uint32_t>(*per_second / kStepsPerSecond, 1, kStepMax);
}

// The messages of a step that could be read, and where each goes.
struct Passenger {
  engine::StoredRecord record;
  std::string destination;
  std::string from{};  ///< its place in the source
};

std::vector<Passenger> passengers_of(const std::vector<Offset>& wanted,
                                     const std::string& destination,
                                     const std::vector<engine::StoredBatch>& batches) {
  std::vector<Passenger> passengers;
  for (const engine::StoredBatch& batch : batches) {
    engine::BatchCursor cursor(batch.bytes, batch.base_seq);
    for (auto record = cursor.next(); record && *record; record = cursor.next()) {
      if (!std::binary_search(wanted.begin(), wanted.end(), (**record).offset)) continue;
      std::string to = destination.empty() ? origin_of(**record) : destination;
      passengers.push_back({std::move(**record), std::move(to)});
    }
  }
  return passengers;
}

// Takes out those that have nowhere to go and, where there is an order, those of their group behind
// them: they must not go past.
template <class HasHome>
std::vector<Offset> take_homeless(std::vector<Passenger>& passengers, Order order,
                                  HasHome has_home) {
  std::vector<Offset> homeless;
  std::set<std::string, std::less<>> groups;
  std::erase_if(passengers, [&](const Passenger& passenger) {
    const auto key = group_of(passenger.record);
    std::optional<std::string> group;
    if (order == Order::strict) group.emplace();
    if (order == Order::key && key) group.emplace(*key);
    if (has_home(passenger) && !(group && groups.contains(*group))) return false;
    homeless.push_back(passenger.record.offset);
    if (group) groups.insert(*std::move(group));
    return true;
  });
  std::sort(homeless.begin(), homeless.end());
  return homeless;
}

std::vector<std::string> receipts_in(const std::vector<Delivered>& held,
                                     const std::vector<Offset>& wanted) {
  std::vector<std::string> receipts;
  for (const Delivered& message : held)
    if (std::binary_search(wanted.begin(), wanted.end(), message.offset))
      receipts.push_back(message.receipt);
  return receipts;
}

// Those of the messages that did not go.
std::vector<std::string> receipts_of(const std::vector<Delivered>& held,
                                     const std::vector<Offset>& gone = {}) {
  std::vector<std::string> receipts;
  for (const Delivered& message : held)
    if (!std::binary_search(gone.begin(), gone.end(), message.offset))
      receipts.push_back(message.receipt);
  return receipts;
}

}  // namespace

Result<> Queues::start_move(MoveRequest request) {
  State& s = *state_;
  const auto source = s.need(request.source);
  if (!source) return source.error();
  if ((*source)->attached())
    return Error(Errc::queue_is_attached, "queue " + request.source + " reads a topic");
  for (const MoveTask& task : s.tasks) {
    if (task.move.status != MoveStatus::running || task.move.request.source != request.source)
      continue;
    return Error(Errc::busy, "messages of queue " + request.source + " are being moved already");
  }
  Move move;
  move.started = s.core.wall();
  move.to_move = (*source)->counters().ready;
  move.request = std::move(request);
  if (auto admitted = s.core.admit(engine::Admission::consume, 2 * kMoveBytes); !admitted)
    return admitted.error();
  if (s.tasks.size() >= kTasksMax) {
    const auto ended = std::find_if(s.tasks.begin(), s.tasks.end(), [](const MoveTask& task) {
      return task.move.status != MoveStatus::running;
    });
    if (ended == s.tasks.end()) return Error(Errc::busy, "too many moves are running");
    const std::string key = key_of(ended->number);
    TF_CHECK(s.core.catalog().remove_if(key, s.core.catalog().get(key)->version).has_value());
  }
  MoveTask task;
  task.number = s.next_task;
  task.source = (*source)->id();
  task.move = std::move(move);
  s.save(task);
  s.step_task(task.number);
  return {};
}

// Moves live in the catalog: what they have moved is said in the commit that moved it.
void Queues::State::watch_moves() {
  core.catalog().watch(
      std::string(kPrefix), [this](std::string_view key, const engine::Document* document) {
        std::uint64_t number = 0;
        std::from_chars(key.data() + kPrefix.size(), key.data() + key.size(), number);
        const auto at = std::find_if(tasks.begin(), tasks.end(), [number](const MoveTask& task) {
          return task.number == number;
        });
        if (!document) {
          if (at != tasks.end()) tasks.erase(at);
          return;
        }
        next_task = std::max(next_task, number + 1);
        if (at != tasks.end() && serving) return;  // it is what was just saved
        auto task = decode_move(document->value);
        TF_CHECK(task.has_value());
        task->number = number;
        if (at == tasks.end()) {
          tasks.push_back(*std::move(task));
        } else {
          *at = *std::move(task);
        }
      });
}

void Queues::State::save(const MoveTask& task) {
  const std::string key = key_of(task.number);
  const engine::Document* const before = core.catalog().get(key);
  TF_CHECK(core.catalog().put_if(key, encode_move(task), before ? before->version : 0).has_value());
}

void Queues::State::resume_moves() {
  for (MoveTask& task : tasks) {
    if (task.move.status != MoveStatus::running) continue;
    task.patient_until = core.now() + kHold + kRetryAfter;
    schedule(core.now(), 0, TimerFor::tasks, task.number);
  }
}

Result<Move> Queues::cancel_move(const std::string& id) {
  for (MoveTask& task : state_->tasks) {
    if (task.move.request.id != id || task.move.status != MoveStatus::running) continue;
    state_->end_task(task, MoveStatus::cancelled);
    return task.move;
  }
  return Error(Errc::message_not_found, "no move of that name is running");
}

std::vector<Move> Queues::moves(const std::string& source) const {
  std::vector<Move> moves;
  for (auto task = state_->tasks.rbegin(); task != state_->tasks.rend(); ++task)
    if (task->move.request.source == source) moves.push_back(task->move);
  return moves;
}

MoveTask* Queues::State::find_task(std::uint64_t number) {
  for (MoveTask& task : tasks)
    if (task.number == number) return task.move.status == MoveStatus::running ? &task : nullptr;
  return nullptr;
}

void Queues::State::end_task(MoveTask& task, MoveStatus status, std::optional<Errc> failure) {
  task.move.status = status;
  task.move.failure = failure;
  save(task);
  if (task.stepped_over.empty()) return;
  // Later: whoever waits for these is answered then.
  core.executor().post(
      [this, source = task.source, receipts = std::exchange(task.stepped_over, {})] {
        if (const Queue* const queue = find(source))
          face.release(std::string(queue->name), receipts);
      });
}

// What has no queue to go back to was left where it is, and that is said.
void Queues::State::finish_task(MoveTask& task) {
  if (task.stepped_over.empty()) return end_task(task, MoveStatus::completed);
  end_task(task, MoveStatus::failed, Errc::queue_not_found);
}

void Queues::State::step_over(MoveTask& task, std::vector<std::string> more) {
  if (task.stepped_over.empty()) task.held_until = core.now() + kHold;
  task.stepped_over.insert(task.stepped_over.end(), std::make_move_iterator(more.begin()),
                           std::make_move_iterator(more.end()));
}

// A slow move may last for hours.
void Queues::State::hold_stepped_over(std::uint64_t number) {
  MoveTask* const task = find_task(number);
  if (!task || task->stepped_over.empty() || core.now() < task->held_until - kHold / 2) return;
  const Queue* const source = find(task->source);
  if (!source) return;
  task->held_until = core.now() + kHold;
  std::vector<ExtendItem> items;
  for (const std::string& receipt : task->stepped_over) items.push_back({receipt, kHold});
  face.extend(
      source->name, std::move(items), [](const auto&) {}, Receipts::held);
}

// Takes the next messages as a receiver would, and reads them.
void Queues::State::step_task(std::uint64_t number) {
  hold_stepped_over(number);
  MoveTask* const task = find_task(number);
  if (!task) return;
  Move& move = task->move;
  Queue* const source = find(task->source);
  if (!source) return end_task(*task, MoveStatus::failed, Errc::queue_not_found);
  const std::uint64_t seen = move.moved + task->stepped_over.size();
  const std::uint64_t left = move.to_move - std::min(seen, move.to_move);
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, step_of(*task)));
  if (count == 0 || task->stepped_over.size() >= kSteppedOverMax) return finish_task(*task);
  auto taken = take(*source, Wanted{count, kStepBytesMax, kHold});
  if (!taken) return schedule(core.now() + kRetryAfter, 0, TimerFor::tasks, number);
  if (taken->messages.empty()) {
    const bool patient = source->looking() || core.now() < task->patient_until;
    if (!patient) return finish_task(*task);
    return schedule(core.now() + kRetryAfter, 0, TimerFor::tasks, number);
  }
  core.fetch(std::move(taken->plans.front()),
             [this, number, held = std::move(taken->messages)](
                 Result<std::vector<engine::StoredBatch>> read) { task_read(number, held, read); });
}

// Cancelled, or the source is gone: what was taken goes back, if there is still a place for it.
void Queues::State::give_back(std::uint64_t number, const std::vector<Delivered>& held) {
  const auto ended = std::find_if(tasks.begin(), tasks.end(),
                                  [number](const MoveTask& one) { return one.number == number; });
  if (ended == tasks.end()) return;
  const std::string from = ended->move.request.source;
  face.release(from, receipts_of(held));
}

// Nothing of it could be read, or nothing is held any more. Of several only one need be the
// culprit.
void Queues::State::nothing_read(MoveTask& task, Queue& source, const std::vector<Delivered>& held,
                                 const std::optional<engine::Error>& trouble) {
  const std::string name = source.name;
  const bool alone = held.size() == 1;
  task.one_by_one = !alone;
  if (alone && trouble && trouble->code == Errc::data_damaged) {
    give_up(source, 0, held.front().offset, engine::advance(held.front().offset, 1));
  } else if (alone && trouble) {
    end_task(task, MoveStatus::failed, trouble->code);
  }
  face.release(name, receipts_of(held));
}

void Queues::State::task_read(std::uint64_t number, const std::vector<Delivered>& held,
                              const Result<std::vector<engine::StoredBatch>>& read) {
  MoveTask* const task = find_task(number);
  Queue* const source = task ? find(task->source) : nullptr;
  if (!source) return give_back(number, held);
  Move& move = task->move;
  const std::string name = source->name;
  std::vector<Offset> still_held;
  for (const Delivered& message : held)
    if (present(*source, message.receipt).settled == Settled::ok)
      still_held.push_back(message.offset);
  std::sort(still_held.begin(), still_held.end());
  auto passengers =
      read ? passengers_of(still_held, move.request.destination, *read) : std::vector<Passenger>();
  const auto has_home = [this](const Passenger& passenger) {
    const Queue* const to = find(passenger.destination);
    return to && !to->attached();
  };
  std::vector<Offset> settled = take_homeless(passengers, source->config().order, has_home);
  if (!settled.empty() && !move.request.destination.empty()) {
    end_task(*task, MoveStatus::failed, Errc::queue_not_found);
    return face.release(name, receipts_of(held));
  }
  std::vector<Header> headers;
  std::size_t bytes = kNoteBytes;
  const Delivery& delivery = source->partitions.front().delivery;
  for (Passenger& passenger : passengers) {
    dress(passenger.record, delivery.view(passenger.record.offset).revived,
          delivery.edits().of(passenger.record.offset));
    passenger.from = place_text(name, 0, passenger.record.offset);
    bytes +=
        engine::record_bytes_max(without_letter(passenger.record, passenger.from, headers));
  }
  if (passengers.empty() && settled.empty()) {
    nothing_read(*task, *source, held, read ? std::nullopt : std::optional(read.error()));
    return core.executor().post([this, number] { step_task(number); });
  }
  if (!core.admit(engine::Admission::publish, bytes)) {
    face.release(name, receipts_of(held));
    return schedule(core.now() + kRetryAfter, 0, TimerFor::tasks, number);
  }
  if (!settled.empty()) step_over(*task, receipts_in(held, settled));
  if (passengers.empty()) {
    face.release(name, receipts_of(held, settled));
    return next_step(number, 0);
  }
  // There and gone from here in one commit: no crash can make it two, or none.
  std::vector<Offset> gone;
  for (const Passenger& passenger : passengers) {
    core.append(find(passenger.destination)->partitions.front().log,
                without_letter(passenger.record, passenger.from, headers));
    gone.push_back(passenger.record.offset);
  }
  Unblocked unblocked{source->id(), {}};
  unblocked.add(0, ack(*source, 0, AckOp{runs_of(gone)}, {.to = common_destination(passengers)}));
  move.moved += gone.size();
  save(*task);
  // A read may stop early: what it did not bring goes with a later step.
  settled.insert(settled.end(), gone.begin(), gone.end());
  std::sort(settled.begin(), settled.end());
  if (settled.size() < held.size()) face.release(name, receipts_of(held, settled));
  if (unblocked.runs.empty()) return next_step(number, gone.size());
  // What waits behind them goes out, and on with the move, when no crash can bring them back.
  core.on_commit(Durability::disk, [this, number, count = gone.size(),
                                    unblocked = std::move(unblocked)](Result<Durability> reached) {
    if (!reached) return;
    unblock(unblocked);
    next_step(number, count);
  });
}

void Queues::State::next_step(std::uint64_t number, std::size_t moved) {
  const MoveTask* const task = find_task(number);
  if (!task) return;
  const auto rate = task->move.request.per_second;
  if (!rate) return core.executor().post([this, number] { step_task(number); });
  const auto pause = static_cast<std::int64_t>(moved) * 1'000 / *rate;
  schedule(core.now() + Duration{pause}, 0, TimerFor::tasks, number);
}

}  // namespace twofold::queue
