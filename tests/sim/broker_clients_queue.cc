#include <utility>

#include "engine/record_batch.h"
#include "tests/sim/broker_outgoing.h"

namespace twofold::test {

using engine::Durability;
using engine::Duration;
using engine::LogId;
using engine::Offset;
using engine::Result;

void Clients::send() {
  const auto name = any_queue();
  const auto there = referee_.model.queues.find(name);
  const bool exists = there != referee_.model.queues.end();
  const bool sound = exists && !there->second.source;
  const auto records = any_records(1 + random_.below(4));
  queue::Send send{name, {}, any_durability()};
  std::vector<std::int64_t> due;
  for (std::size_t i = 0; i < records->size(); ++i) {
    queue::SendMessage message{records->view(i), std::nullopt, std::nullopt};
    Duration delay = sound ? there->second.config.delay : Duration{0};
    if (one_in(4)) message.delay = delay = Duration{static_cast<long>(random_.below(10'000))};
    if (one_in(20)) {
      delay = Duration{static_cast<long>(random_.below(5'000)) - 1'000};
      message.deliver_at = rig_->clock().wall() + delay;
    }
    due.push_back(delay > Duration{0} ? now() + delay.count() : 0);
    send.messages.push_back(message);
  }
  const auto asked =
      send.durability.value_or(sound ? there->second.config.durability : Durability::disk);
  const auto call = begin("send", name + records->text(), sound);
  const std::int64_t first =
      sound ? referee_.model.logs.at(there->second.parts.front().log).end() : 0;
  rig_->queues().send(
      std::move(send), [this, call, records, first, asked](const Result<queue::Sent>& result) {
        if (!result) return failed(call, result.error());
        ok(call, "by " + std::to_string(static_cast<int>(result->durability)));
        referee_.expect(result->durability >= asked, "a send was answered too early");
        referee_.promise(call->turn, result->durability);
        referee_.expect(result->messages.size() == records->size(), "a send lost messages");
        for (std::size_t i = 0; i < result->messages.size(); ++i) {
          const auto& at = result->messages[i];
          referee_.expect(at.offset.value() == first + static_cast<std::int64_t>(i),
                          "message " + std::to_string(records->ids()[i]) + " has offset " +
                              std::to_string(at.offset.value()));
          told_seq(call, records->ids()[i], at.seq.value(), result->durability);
        }
      });
  if (!taken(call)) return refuse(*records);
  if (!sound) return;
  auto& part = there->second.parts.front();
  for (std::size_t i = 0; i < records->size(); ++i) {
    const auto offset = referee_.model.logs.at(part.log).end();
    referee_.model.append(part.log, records->ids()[i], call->turn, rig_->clock().wall().value());
    auto& message = referee_.model.message(part, offset);
    if (due[i] != 0) message = ModelMessage{Phase::delayed, 0, due[i], -1, 0};
  }
  referee_.changed();
}

void Clients::receive() {
  const auto name = any_queue();
  const auto there = referee_.model.queues.find(name);
  const bool exists = there != referee_.model.queues.end();
  queue::Receive receive{name, 1 + random_.below(5), 8 << 20, std::nullopt};
  if (one_in(3)) receive.bytes_max = 1 + random_.below(6'000);
  if (one_in(2)) receive.visibility_timeout = Duration{1 + static_cast<long>(random_.below(9'000))};
  const auto timeout = receive.visibility_timeout.value_or(
      exists ? there->second.config.visibility_timeout : Duration{0});
  const bool waits = one_in(2);
  const auto deadline = rig_->clock().now() + Duration{waits ? 1 + random_.below(20'000) : 0};
  const auto call = begin("receive", name, exists, false);
  const bool says_timeout = receive.visibility_timeout.has_value();
  const auto ticket = rig_->queues().receive(
      std::move(receive), deadline,
      [this, call, name, timeout, says_timeout](Result<queue::Received> result) {
        auto tell = [this, call, name, timeout, says_timeout, result = std::move(result)]() mutable {
          auto holds = timeout;
          const auto queue = referee_.model.queues.find(name);
          if (!says_timeout && queue != referee_.model.queues.end())
            holds = queue->second.config.visibility_timeout;
          received(call, name, holds, std::move(result));
        };
        if (!configuring_) return tell();
        told_later_.push_back(std::move(tell));
      });
  taken(call);
  if (ticket != 0) waiting_receivers_[ticket] = {name, call};
}

void Clients::received(const CallRef& call, const std::string& name, Duration timeout,
                       Result<queue::Received> result) {
  if (!result) {
    if (call->returned) call->sound = false;  // the queue was removed while it waited
    return failed(call, result.error());
  }
  const auto queue = referee_.model.queues.find(name);
  if (queue == referee_.model.queues.end()) return referee_.blame("a removed queue is received");
  std::vector<std::int32_t> receipts;
  std::vector<std::int64_t> notes;
  std::string detail;
  for (const auto& message : result->messages) {
    referee_.expect(message.visible_at.value() == now() + timeout.count(),
                    "a message is held for another time than asked");
    receipts.push_back(deliver(*queue, message));
    if (referee_.problem()) return;
    const auto& known = receipts_.back();
    const auto& log = referee_.model.logs.at(
        queue->second.parts[static_cast<std::size_t>(known.partition)].log);
    notes.push_back(log.records[static_cast<std::size_t>(known.offset)].id);
    detail += " " + std::to_string(known.partition) + "-" + std::to_string(known.offset) + "#" +
              std::to_string(message.receive_count);
  }
  ok(call, detail);
  if (receipts.empty()) return;
  referee_.changed();
  check_messages(name, std::move(receipts), std::move(notes), std::move(result->plans),
                 std::move(result->plan_partitions));
}

// Whether this message may go out now, and as what. Answers the number of its receipt.
std::int32_t Clients::deliver(std::pair<const std::string, ModelQueue>& queue,
                              const queue::Delivered& message) {
  const auto offset = message.offset.value();
  const auto p = message.partition.value();
  const auto where = queue.first + ":" + std::to_string(p) + "-" + std::to_string(offset);
  auto& part = queue.second.parts.at(static_cast<std::size_t>(p));
  const auto& log = referee_.model.logs.at(part.log);
  const auto number = static_cast<std::int32_t>(receipts_.size());
  receipts_.push_back(KnownReceipt{queue.second.id, p, offset, message.receipt});
  if (offset >= log.end()) {
    referee_.blame(where + " was delivered, but nobody sent it");
    return number;
  }
  referee_.shown(part.log, offset + 1);
  auto& known = referee_.model.message(part, offset);
  switch (known.phase) {
    case Phase::done: referee_.blame(where + " was delivered after it was done with"); break;
    case Phase::dead: referee_.blame(where + " was delivered after it was dead"); break;
    case Phase::held:
      referee_.expect(known.due <= now(), where + " was delivered while somebody held it");
      break;
    case Phase::delayed:
      referee_.expect(known.due <= now(), where + " was delivered before its delay was over");
      break;
    case Phase::fresh:
      for (std::int64_t o = log.start; o < offset; ++o)
        referee_.expect(referee_.model.message(part, o).phase != Phase::fresh,
                        where + " was delivered before " + std::to_string(o));
      break;
  }
  auto& held = referee_.model.message(part, offset);
  referee_.expect(message.receive_count == held.receives + 1,
                  where + " counts " + std::to_string(message.receive_count) + " receives after " +
                      std::to_string(held.receives));
  held = ModelMessage{Phase::held, message.receive_count, message.visible_at.value(), number, 0};
  return number;
}

// What was handed out must be what was sent. Where it cannot be read, the client never got it.
void Clients::check_messages(const std::string& queue, std::vector<std::int32_t> receipts,
                             std::vector<std::int64_t> notes, std::vector<engine::ReadPlan> plans,
                             std::vector<engine::PartitionId> partitions) {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    std::map<std::int64_t, std::int64_t> expected;
    std::vector<std::int32_t> of_plan;
    for (std::size_t r = 0; r < receipts.size(); ++r) {
      const auto& known = receipts_[static_cast<std::size_t>(receipts[r])];
      if (known.partition != partitions[i].value()) continue;
      expected[known.offset] = notes[r];
      of_plan.push_back(receipts[r]);
    }
    rig_->core().fetch(
        std::move(plans[i]),
        [this, queue, expected = std::move(expected),
         of_plan = std::move(of_plan)](Result<std::vector<engine::StoredBatch>> batches) {
          if (!batches) {
            referee_.expect(disk_unwell_,
                            "a sound disk cannot be read: " + batches.error().detail);
            return release(queue, of_plan);
          }
          std::vector<std::string> wrong;
          auto found = read_records(*batches, 0, INT64_MAX, referee_.ledger, wrong);
          if (!wrong.empty()) return referee_.blame("a consumer finds that " + wrong.front());
          std::size_t seen = 0;
          for (const auto& record : found) {
            const auto note = expected.find(record.offset);
            if (note == expected.end()) continue;
            ++seen;
            referee_.expect(referee_.ledger.is(note->second, record.id, true),
                            "a consumer finds another message at offset " +
                                std::to_string(record.offset) + " of " + queue);
          }
          referee_.expect(seen == expected.size() || disk_unwell_,
                          "a message was delivered without its record");
        });
  }
}

void Clients::consume(const std::string& name) {
  const auto timeout = referee_.model.queues.at(name).config.visibility_timeout;
  const auto call = begin("receive", name, true, false);
  const auto before = receipts_.size();
  rig_->queues().receive({name, 10, 8 << 20, std::nullopt}, rig_->clock().now(),
                         [this, call, name, timeout](Result<queue::Received> result) {
                           received(call, name, timeout, std::move(result));
                         });
  taken(call);
  std::vector<std::int32_t> receipts;
  for (auto at = before; at < receipts_.size(); ++at)
    receipts.push_back(static_cast<std::int32_t>(at));
  if (!receipts.empty()) ack(name, receipts);
}

void Clients::purge() {
  const auto name = any_queue();
  const auto there = referee_.model.queues.find(name);
  const bool exists = there != referee_.model.queues.end();
  const auto call = begin("purge", name, exists);
  rig_->queues().purge(name, durably<std::uint64_t>(call));
  if (!taken(call) || !exists) return;
  for (auto& part : there->second.parts)
    Model::skip(part, referee_.model.logs.at(part.log).end());
  referee_.changed();
}

// Somebody who waits hangs up: nothing may be handed to him.
void Clients::go_away() {
  if (!waiting_receivers_.empty() && one_in(2)) {
    const auto at = waiting_receivers_.begin();
    rig_->queues().cancel(at->first);
    at->second.second->cancelled = !at->second.second->answered;
    waiting_receivers_.erase(at);
  } else if (!waiting_readers_.empty()) {
    const auto at = waiting_readers_.begin();
    rig_->topics().cancel(at->first);
    at->second->cancelled = !at->second->answered;
    waiting_readers_.erase(at);
  }
}

}  // namespace twofold::test
