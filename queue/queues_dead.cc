#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "engine/base/diag.h"
#include "engine/record_batch.h"
#include "queue/letter.h"
#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

using engine::Header;
using engine::StoredRecord;

constexpr std::size_t kMovesMax = 64;  // messages a read
constexpr Duration kRetryAfter = std::chrono::seconds{1};
constexpr std::string_view kUsedUp = "max_receives";

// 0 when it is none: other protocols may write what they like under any name.
std::uint64_t number_in(std::string_view digits) {
  std::uint32_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// The record as it is in the dead letter queue: itself, where it comes from and why, and how often
// it was received before, over all the queues it died in.
class Letter {
 public:
  Letter(const Queue& from, std::size_t partition, StoredRecord record)
      : origin_(place_text(from.name, partition, record.offset)),
        reason_(from.partitions[partition].delivery.reason(record.offset)),
        record_(std::move(record)) {
    if (reason_.empty()) reason_ = kUsedUp;
    std::uint64_t receives = from.partitions[partition].delivery.view(record_.offset).receives;
    for (const Header& header : record_.headers)
      if (header.name == kReceives && header.value) receives += number_in(*header.value);
    receives_ = std::to_string(receives);
  }
  Offset offset() const { return record_.offset; }
  void tell(const std::string& from, const std::string& to) const {
    if (!engine::diag_wanted(engine::DiagLevel::info, "queue")) return;
    engine::diag(engine::DiagLevel::info, "queue", "dead-lettered",
                 {{"message", origin_}, {"receives", receives_}, {"to", to}}, from);
  }
  /// Views into this letter and the batch that it was read from.
  engine::NewRecord to_append(std::vector<Header>& headers) const {
    headers.clear();
    for (const Header& header : record_.headers)
      if (!is_letter_header(header.name)) headers.push_back(header);
    // That it died here says where it was, if it was nowhere else before.
    const std::string_view first = first_to_note(record_, {});
    if (!first.empty()) headers.push_back({kFirst, first});
    headers.push_back({kOrigin, origin_});
    headers.push_back({kReceives, receives_});
    headers.push_back({kReason, reason_});
    return {record_.key, record_.value, headers, record_.timestamp};
  }

 private:
  std::string origin_;
  std::string reason_;
  std::string receives_;
  StoredRecord record_;
};

// The wanted records of the batches, those that are still dead. A letter is kept until somebody has
// looked at it, however late that is: it has no time to live.
std::vector<Letter> letters_of(const Queue& queue, std::size_t index,
                               const std::vector<Offset>& offsets,
                               const std::vector<engine::StoredBatch>& batches) {
  std::vector<Letter> letters;
  for (const engine::StoredBatch& batch : batches) {
    engine::BatchCursor cursor(batch.bytes, batch.base_seq);
    for (auto record = cursor.next(); record && *record; record = cursor.next()) {
      const Offset o = (**record).offset;
      if (!std::binary_search(offsets.begin(), offsets.end(), o)) continue;
      if (queue.partitions[index].delivery.view(o).state != MessageState::dead) continue;
      dress(**record, true, queue.partitions[index].delivery.edits().of(o));
      letters.emplace_back(queue, index, std::move(**record));
    }
  }
  return letters;
}

}  // namespace

Queue* Queues::State::dead_letter_queue(const Queue& queue) const {
  if (queue.config().dead_letter.empty()) return nullptr;
  Queue* const target = find(queue.config().dead_letter);
  return target && !target->attached() && target != &queue ? target : nullptr;
}

std::vector<std::uint32_t> Queues::State::dying_into(const std::string& name) const {
  std::vector<std::uint32_t> users;
  auto at = dead_letter_users.lower_bound({name, 0});
  for (; at != dead_letter_users.end() && at->first == name; ++at) users.push_back(at->second);
  return users;
}

std::uint32_t Queues::State::receives_max(const Queue& queue) const {
  const bool nowhere_to_go = !queue.config().dead_letter.empty() && !dead_letter_queue(queue);
  return nowhere_to_go ? 0 : queue.config().max_receives;
}

void Queues::State::kill_used_up(Queue& queue) {
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    auto used_up = queue.partitions[i].delivery.used_up(receives_max(queue));
    if (!used_up.empty()) change(queue, i, DeadOp{"", runs_of(std::move(used_up))});
  }
}

// Whoever was declared dead stays so.
void Queues::State::revive_used_up(Queue& queue, std::uint32_t receives_max_before) {
  if (receives_max(queue) > 0 || receives_max_before == 0) return;
  bool any = false;
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    const Delivery& delivery = queue.partitions[i].delivery;
    auto offsets =
        delivery.dead_from(Offset{0}, static_cast<std::size_t>(delivery.counters().dead));
    std::erase_if(offsets, [&](Offset o) {
      return !delivery.reason(o).empty() || delivery.view(o).receives < receives_max_before;
    });
    if (offsets.empty()) continue;
    any = true;
    change(queue, i, ReviveOp{runs_of(std::move(offsets))});
    settle(queue, i);
  }
  // What came back lies behind where reading ahead has come to.
  if (any && queue.grouped()) look_again(queue);
}

void Queues::State::target_is_gone(const std::string& name) {
  for (const std::uint32_t user : dying_into(name)) {
    Queue* const queue = find(user);
    if (!queue) continue;
    revive_used_up(*queue, queue->config().max_receives);
    serve(user);
  }
}

void Queues::State::move_dead(Queue& queue) {
  if (!serving || !dead_letter_queue(queue)) return;
  if (queue.moves && queue.moves->running) {
    queue.moves->again = true;
    return;
  }
  queue.moves = std::make_unique<Moves>();
  move_next(queue);
}

void Queues::State::retry_moves(std::uint32_t id) {
  Queue* const queue = find(id);
  if (!queue || !queue->moves) return;
  queue->moves->running = false;
  move_next(*queue);
}

// Reads the next dead messages; the rest happens when they are here.
void Queues::State::move_next(Queue& queue) {
  Moves& moves = *queue.moves;
  for (;; ++moves.partition, moves.from = Offset{0}) {
    if (moves.partition == queue.partitions.size()) {
      if (!std::exchange(moves.again, false)) return queue.moves.reset();
      moves.partition = 0;
      moves.from = Offset{0};
    }
    const Partition& partition = queue.partitions[moves.partition];
    auto offsets = partition.delivery.dead_from(moves.from, moves.one_by_one ? 1 : kMovesMax);
    if (offsets.empty()) continue;
    moves.running = true;
    engine::ReadPlan plan = core.plan_offsets(partition.log, offsets);
    core.fetch(
        std::move(plan),
        [this, id = queue.id(), index = moves.partition, offsets = std::move(offsets)](
            Result<std::vector<engine::StoredBatch>> read) { moved(id, index, offsets, read); });
    return;
  }
}

void Queues::State::moved(std::uint32_t id, std::size_t index, const std::vector<Offset>& offsets,
                          const Result<std::vector<engine::StoredBatch>>& read) {
  Queue* const queue = find(id);
  if (!queue || !queue->moves) return;
  Moves& moves = *queue->moves;
  moves.running = false;
  Queue* const target = dead_letter_queue(*queue);
  if (!target) return queue->moves.reset();
  const auto letters = read ? letters_of(*queue, index, offsets, *read) : std::vector<Letter>();
  if (letters.empty()) {
    // Damaged, or acked meanwhile. Of several only one need be the culprit; it stays here, dead.
    if (!std::exchange(moves.one_by_one, true)) return move_next(*queue);
    moves.from = engine::advance(offsets.back(), 1);
    return move_next(*queue);
  }
  std::vector<Header> headers;
  std::size_t bytes = kNoteBytes;
  for (const Letter& letter : letters) bytes += engine::record_bytes_max(letter.to_append(headers));
  if (!core.admit(engine::Admission::publish, bytes)) {
    moves.running = true;  // until the timer: one is enough, however many die meanwhile
    return schedule(core.now() + kRetryAfter, id, TimerFor::moves, 0);
  }
  // There and gone from here in one commit: no crash can make it two, or none.
  std::vector<Offset> gone;
  for (const Letter& letter : letters) {
    core.append(target->partitions.front().log, letter.to_append(headers));
    gone.push_back(letter.offset());
    letter.tell(queue->name, target->name);
  }
  // A read may stop early: what it did not bring comes next.
  moves.from = engine::advance(gone.back(), 1);
  ack(*queue, index, AckOp{runs_of(std::move(gone))}, {.to = target->name});
  move_next(*queue);
}

}  // namespace twofold::queue
