#include <algorithm>
#include <utility>

#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Errc;
using engine::Error;

constexpr Duration kRepeatable = std::chrono::minutes{5};  // as in FIFO queues of Amazon SQS
constexpr std::size_t kAttemptsMax = 10'000;               // of one queue

}  // namespace

Attempt* Queues::State::find_attempt(Queue& queue, const std::string& id) {
  if (!queue.attempts) return nullptr;
  auto& [given_by, order] = *queue.attempts;
  for (; !order.empty() && order.front().second <= core.now(); order.pop_front())
    given_by.erase(order.front().first);
  if (given_by.empty()) queue.attempts.reset();
  if (id.empty() || !queue.attempts) return nullptr;
  const auto found = given_by.find(id);
  return found == given_by.end() ? nullptr : &found->second;
}

void Queues::State::remember_attempt(Queue& queue, const std::string& id, const Received& given) {
  if (given.messages.empty() || queue.attached()) return;
  if (!queue.attempts) {
    queue.attempts = std::make_unique<Attempts>();
    schedule(core.now() + kRepeatable, queue.id(), TimerFor::attempts, 0);
  }
  auto& [given_by, order] = *queue.attempts;
  if (order.size() >= kAttemptsMax) {
    given_by.erase(order.front().first);
    order.pop_front();
  }
  Attempt attempt{given.messages.front().visible_at, {}};
  for (const Delivered& message : given.messages) attempt.receipts.push_back(message.receipt);
  given_by.insert_or_assign(id, std::move(attempt));
  order.emplace_back(id, core.now() + kRepeatable);
}

void Queues::State::sweep_attempts(std::uint32_t id) {
  Queue* const queue = find(id);
  if (!queue || !queue->attempts) return;
  find_attempt(*queue, "");
  if (!queue->attempts) return;
  schedule(queue->attempts->order.front().second, id, TimerFor::attempts, 0);
}

// The answer never arrived: whoever asks again with that id receives anew.
void Queues::State::forget_attempts(Queue& queue, const std::vector<std::string>& released) {
  if (!queue.attempts) return;
  std::erase_if(queue.attempts->by_id, [&released](const auto& attempt) {
    const auto& given = attempt.second.receipts;
    return std::find_first_of(given.begin(), given.end(), released.begin(), released.end()) !=
           given.end();
  });
}

// The same messages under the same receipts, as long as nothing happened to any of them.
Result<Received> Queues::State::repeat(Queue& queue, Attempt& attempt, const Wanted& wanted) {
  const std::size_t bytes = kNoteBytes + attempt.receipts.size() * kReceiptNoteBytes;
  if (auto admitted = core.admit(engine::Admission::consume, bytes); !admitted)
    return admitted.error();
  const Duration timeout = wanted.visibility_timeout.value_or(queue.config().visibility_timeout);
  const Instant visible_at = core.now() + timeout;
  Received out;
  std::vector<Offset> offsets;
  for (const std::string& receipt : attempt.receipts) {
    const auto [settled, partition, offset, received, nonce] = present(queue, receipt);
    const MessageView view = queue.partitions[partition].delivery.view(offset);
    const bool untouched = settled == Settled::ok && view.state == MessageState::in_flight &&
                           view.due == attempt.visible_at;
    if (!untouched)
      return Error(Errc::stale_receipt,
                   "messages of that receive were deleted or changed meanwhile");
    out.messages.push_back(
        delivered(queue.partitions[partition], {PartitionId{0}, offset}, receipt, visible_at));
    offsets.push_back(offset);
  }
  const Runs runs = runs_of(offsets);
  std::sort(offsets.begin(), offsets.end());
  out.plans.push_back(core.plan_offsets(queue.partitions.front().log, offsets));
  out.plan_partitions.push_back(PartitionId{0});
  change(queue, 0, ExtendOp{visible_at, runs});
  settle(queue, 0);
  attempt.visible_at = visible_at;
  out.counters = queue.counters();
  return out;
}

}  // namespace twofold::queue
