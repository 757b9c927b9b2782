#include <utility>

#include "tests/sim/broker_outgoing.h"
#include "tests/sim/broker_reasons.h"

namespace twofold::test {

using engine::Durability;
using engine::Duration;
using engine::Result;
using queue::Settled;

namespace {

std::string text_of(const std::vector<std::int32_t>& receipts) {
  std::string out;
  for (const auto receipt : receipts) out += " r" + std::to_string(receipt);
  return out;
}

std::string text_of(const std::vector<Settled>& results) {
  static constexpr const char* kNames[] = {"acked", "already", "stale", "unknown", "ok"};
  std::string out;
  for (const auto result : results) out.append(" ").append(kNames[static_cast<int>(result)]);
  return out;
}

}  // namespace

// Mostly new receipts of this queue, some old ones, some of another.
std::vector<std::int32_t> Clients::any_receipts(const std::string& queue) {
  std::vector<std::int32_t> out;
  const auto there = referee_.model.queues.find(queue);
  if (receipts_.empty() || there == referee_.model.queues.end()) return out;
  const auto count = 1 + random_.below(4);
  for (std::size_t tries = 0; out.size() < count && tries < 30; ++tries) {
    const auto back =
        random_.below(one_in(4) ? receipts_.size() : std::min<std::size_t>(receipts_.size(), 25));
    const auto number = receipts_.size() - 1 - back;
    if (receipts_[number].queue != there->second.id && !one_in(20)) continue;
    const auto* message = referee_.model.find(receipts_[number]);
    if (message && message->receipt == kUnsureReceipt) continue;
    const auto found = static_cast<std::int32_t>(number);
    if (std::find(out.begin(), out.end(), found) == out.end()) out.push_back(found);
  }
  return out;
}

// The message for which this is the newest receipt.
ModelMessage* Clients::current(const std::string& queue, std::int32_t receipt) {
  const auto there = referee_.model.queues.find(queue);
  const auto& known = receipts_[static_cast<std::size_t>(receipt)];
  if (there == referee_.model.queues.end() || there->second.id != known.queue) return nullptr;
  if (known.queue_was_lost) return nullptr;
  const auto p = static_cast<std::size_t>(known.partition);
  if (p >= there->second.parts.size()) return nullptr;  // of a queue whose making was lost
  auto& part = there->second.parts[p];
  auto& message = referee_.model.message(part, known.offset);
  return message.alive() && message.receipt == receipt ? &message : nullptr;
}

// What a receipt may be worth now; `ok` stands for acked as well.
std::set<Settled> Clients::expected(const std::string& queue, std::int32_t receipt) {
  if (current(queue, receipt)) return {Settled::ok};
  const auto& known = receipts_[static_cast<std::size_t>(receipt)];
  const auto there = referee_.model.queues.find(queue);
  if (there == referee_.model.queues.end() || there->second.id != known.queue)
    return {Settled::unknown};
  if (known.queue_was_lost) return {Settled::already, Settled::stale, Settled::unknown};
  const auto* message = referee_.model.find(known);
  if (message && !message->alive()) return {Settled::already};
  return {Settled::stale, Settled::unknown};
}

void Clients::ack() {
  const auto name = any_queue();
  const auto receipts = any_receipts(name);
  if (!receipts.empty()) ack(name, receipts);
}

void Clients::ack(const std::string& name, const std::vector<std::int32_t>& receipts) {
  const auto call = begin("ack", name + text_of(receipts), true);
  std::vector<std::string> texts;
  std::vector<std::set<Settled>> wanted;
  for (const auto receipt : receipts) {
    texts.push_back(receipts_[static_cast<std::size_t>(receipt)].text);
    wanted.push_back(expected(name, receipt));
  }
  rig_->queues().ack(
      name, std::move(texts),
      [this, call, wanted = std::move(wanted)](const Result<std::vector<Settled>>& results) {
        if (!results) return failed(call, results.error());
        ok(call, text_of(*results));
        bool promises = false;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          const auto result = (*results)[i];
          promises = promises || result == Settled::acked || result == Settled::already;
          referee_.expect(wanted[i].contains(result == Settled::acked ? Settled::ok : result),
                          "a receipt was worth" + text_of({result}) + " in" + text_of(*results));
        }
        if (promises) referee_.promise(call->turn, Durability::disk);
      });
  if (!taken(call)) return;
  for (const auto receipt : receipts) {
    if (auto* message = current(name, receipt)) *message = ModelMessage{Phase::done, 0, 0, -1, 0};
  }
  referee_.changed();
}

void Clients::nack() {
  const auto name = any_queue();
  const auto receipts = any_receipts(name);
  if (receipts.empty()) return;
  const auto call = begin("nack", name + text_of(receipts), true, false);
  const Duration delay{one_in(2) ? 0 : static_cast<long>(random_.below(8'000))};
  const bool dead = one_in(4);
  const auto reason = static_cast<std::int32_t>(random_.below(3));
  std::vector<queue::NackItem> items;
  for (const auto receipt : receipts)
    items.push_back(
        {receipts_[static_cast<std::size_t>(receipt)].text, delay, dead, reason_text(reason)});
  rig_->queues().nack(
      name, std::move(items),
      [this, call, name, receipts, delay, dead, reason](const Result<std::vector<Settled>>& done) {
        if (!done) return failed(call, done.error());
        ok(call, text_of(*done));
        const auto max = referee_.model.receives_max(name);
        for (std::size_t i = 0; i < receipts.size(); ++i) {
          auto* message = current(name, receipts[i]);
          const auto wanted = expected(name, receipts[i]);
          const bool was_dead = message && message->phase == Phase::dead;
          const bool may_be_stale = message && message->may_be_dead(now(), max);
          referee_.expect((wanted.contains((*done)[i]) && !was_dead) ||
                              (may_be_stale && (*done)[i] == Settled::stale),
                          "a nack was answered" + text_of(*done));
          if (!message || (*done)[i] != Settled::ok) continue;
          const bool used_up = max > 0 && message->receives >= max;
          message->phase = dead || used_up ? Phase::dead : Phase::delayed;
          message->due = now() + delay.count();
          if (message->phase == Phase::dead) message->reason = reason;
        }
        referee_.changed();
      });
  taken(call);
}

void Clients::extend() {
  const auto name = any_queue();
  const auto receipts = any_receipts(name);
  if (receipts.empty()) return;
  const auto call = begin("extend", name + text_of(receipts), true, false);
  const Duration timeout{static_cast<long>(random_.below(20'000))};
  std::vector<queue::ExtendItem> items;
  for (const auto receipt : receipts)
    items.push_back({receipts_[static_cast<std::size_t>(receipt)].text, timeout});
  rig_->queues().extend(
      name, std::move(items),
      [this, call, name, receipts, timeout](const Result<std::vector<Settled>>& results) {
        if (!results) return failed(call, results.error());
        ok(call, text_of(*results));
        for (std::size_t i = 0; i < receipts.size(); ++i) {
          const auto result = (*results)[i];
          auto* message = current(name, receipts[i]);
          // What is due may have come free, or not yet: both are right.
          if (message && !message->held_at(now())) {
            const bool due = message->phase == Phase::held && result == Settled::ok;
            referee_.expect(due || result == Settled::stale, "a message that is free was extended");
            if (!due) continue;
          } else {
            referee_.expect(expected(name, receipts[i]).contains(result),
                            "an extend was answered" + text_of(*results));
          }
          if (message) message->due = now() + timeout.count();
        }
        referee_.changed();
      });
  taken(call);
}

void Clients::release() {
  const auto name = any_queue();
  release(name, any_receipts(name));
}

void Clients::release(const std::string& queue, const std::vector<std::int32_t>& receipts) {
  std::vector<std::string> texts;
  std::vector<ModelMessage*> messages;
  for (const auto receipt : receipts) {
    auto* message = current(queue, receipt);
    // What is due may have come free already: nobody could say what a release did.
    if (!message || !message->held_at(now())) continue;
    texts.push_back(receipts_[static_cast<std::size_t>(receipt)].text);
    messages.push_back(message);
  }
  if (texts.empty()) return;
  // Refused, nothing happens; there is no answer to tell by.
  if (!rig_->core().admit(engine::Admission::consume, 64 + 4 * texts.size())) return;
  referee_.history.add(rig_->clock().now(), 0, Told::event, "release", queue + text_of(receipts));
  for (auto* message : messages)
    *message = ModelMessage{Phase::delayed, message->receives - 1, 0, -1, 0};
  referee_.changed();
  rig_->queues().release(queue, texts);
}

}  // namespace twofold::test
