#include <algorithm>
#include <set>
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

void Queues::State::remember_attempt(Queue& queue, const std::string& id, const Received& given,
                                     std::uint32_t nonce) {
  if (given.messages.empty() || queue.attached()) return;
  if (!queue.attempts) queue.attempts = std::make_unique<Attempts>();
  auto& [given_by, order] = *queue.attempts;
  if (order.size() >= kAttemptsMax) {
    given_by.erase(order.front().first);
    order.pop_front();
  }
  const auto place = order.emplace(order.end(), id, core.now() + kRepeatable);
  Attempt attempt{given.messages.front().visible_at, {}, nonce, place};
  for (const Delivered& message : given.messages) attempt.receipts.push_back(message.receipt);
  TF_CHECK(given_by.emplace(id, std::move(attempt)).second);  // or it would have been repeated
  arm_attempts(queue);
}

// One timer a queue, whatever becomes of the attempts that it was set for.
void Queues::State::arm_attempts(Queue& queue) {
  if (queue.attempts_armed || !queue.attempts) return;
  queue.attempts_armed = true;
  schedule(queue.attempts->order.front().second, queue.id(), TimerFor::attempts, 0);
}

void Queues::State::sweep_attempts(std::uint32_t id) {
  Queue* const queue = find(id);
  if (!queue) return;
  queue->attempts_armed = false;
  find_attempt(*queue, "");
  arm_attempts(*queue);
}

// Their answer never arrived, or they had expired: with nothing left, whoever asks again with that
// id receives anew.
void Queues::State::forget_attempts(Queue& queue, const std::vector<std::string>& released) {
  if (!queue.attempts) return;
  const std::set<std::string_view> gone(released.begin(), released.end());
  std::set<std::uint32_t> nonces;
  for (const std::string& receipt : released) nonces.insert(present(queue, receipt).nonce);
  auto& [given_by, order] = *queue.attempts;
  for (auto at = given_by.begin(); at != given_by.end();) {
    Attempt& attempt = at->second;
    if (nonces.contains(attempt.nonce))
      std::erase_if(attempt.receipts, [&gone](const auto& given) { return gone.contains(given); });
    if (!attempt.receipts.empty()) {
      ++at;
      continue;
    }
    order.erase(attempt.place);
    at = given_by.erase(at);
  }
  if (given_by.empty()) queue.attempts.reset();
}

// The same messages under the same receipts, as long as nothing happened to any of them but that
// their time ran out: then they are hidden again.
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
    const Touched* const touched = queue.partitions[partition].delivery.touched();
    const auto mark = touched ? touched->mark(offset) : std::nullopt;
    const bool untouched = settled == Settled::ok && mark && mark->kind() == MarkKind::held &&
                           mark->due == attempt.visible_at;
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
