#include <algorithm>

#include "tests/property/queue_episode.h"

namespace twofold::queue {

using Is = ModelMessage::Is;

// Receipts as clients present them: mostly new, some old, a few of another queue or of nobody.
std::vector<QueueEpisode::Held> QueueEpisode::pick(std::size_t queue, std::size_t max, bool apart) {
  std::vector<Held> picked;
  for (std::size_t i = 0; i < max && !receipts_.empty(); ++i) {
    const std::size_t recent = std::min<std::size_t>(receipts_.size(), 40);
    const bool old = random_.below(8) == 0;
    Held held = old ? receipts_[random_.below(receipts_.size())]
                    : receipts_[receipts_.size() - 1 - random_.below(recent)];
    if (random_.below(100) == 0) held = {queue, Offset{-1}, "r1.garbage", 0};
    if (held.queue != queue && random_.below(10) != 0) continue;
    const bool double_one = std::any_of(picked.begin(), picked.end(), [&held](const Held& other) {
      return other.queue == held.queue && other.offset == held.offset;
    });
    if (!apart || !double_one) picked.push_back(std::move(held));
  }
  return picked;
}

Settled QueueEpisode::present(std::size_t queue, const Held& receipt) {
  if (receipt.queue != queue || receipt.offset == Offset{-1}) return Settled::unknown;
  const ModelMessage* const m = live_[queue].find(receipt.offset);
  if (!m || m->is == Is::leaving) return Settled::already;
  return m->receipt == receipt.hash ? Settled::ok : Settled::stale;
}

Settled QueueEpisode::ackable(std::size_t queue, const Held& receipt, Receipts accepted) {
  const Settled settled = present(queue, receipt);
  const ModelMessage* const m = live_[queue].find(receipt.offset);
  if (accepted == Receipts::any && settled == Settled::stale) return Settled::ok;
  if (accepted == Receipts::held && settled == Settled::ok && m->is != Is::held)
    return Settled::stale;
  return settled;
}

void QueueEpisode::ack(std::size_t queue) {
  const Receipts accepted = std::array{Receipts::newest, Receipts::newest, Receipts::any,
                                       Receipts::held}[random_.below(4)];
  ack_these(queue, pick(queue, 1 + random_.below(10), false), accepted);
}

void QueueEpisode::ack_these(std::size_t queue, const std::vector<Held>& receipts,
                             Receipts accepted) {
  ModelQueue& model = live_[queue];
  Acking acking{queue, {}, {}};
  Texts texts;
  std::string what = std::to_string(static_cast<int>(accepted)) + ":";
  for (const Held& held : receipts) {
    texts.push_back(held.text);
    const Settled settled = ackable(queue, held, accepted);
    const auto& before = acking.offsets;
    const bool twice = std::find(before.begin(), before.end(), held.offset) != before.end();
    acking.expected.push_back(settled != Settled::ok ? settled
                              : twice                ? Settled::already
                                                     : Settled::acked);
    if (acking.expected.back() == Settled::acked) acking.offsets.push_back(held.offset);
  }
  for (const Offset o : acking.offsets) {
    ModelMessage& m = *model.find(o);
    model.touch(m);
    m.was_held = m.is == Is::held || (m.dying && m.was_held);
    m.was_dead = m.is == Is::dead && !m.dying;
    m.is = Is::leaving;
    what += " " + std::to_string(o.value());
  }
  note("ack", queue, what);
  model.recheck();
  const std::uint64_t id = next_id_++;
  ackings_.emplace(id, std::move(acking));
  rig_.queues->ack(
      model.name, texts,
      [this, id](Result<std::vector<Settled>> settled) {
        if (!settled) return wrong("an ack failed");
        events_.push_back({Event::Kind::acked, id, now(), std::nullopt, std::nullopt, *settled});
      },
      accepted);
  judge();
}

void QueueEpisode::nack(std::size_t queue) {
  ModelQueue& model = live_[queue];
  std::vector<NackItem> items;
  std::vector<Settled> expected;
  std::vector<ModelMessage*> backed_off;
  std::vector<Offset> dying;
  std::string what;
  for (const Held& held : pick(queue, 1 + random_.below(6), true)) {
    NackItem item{held.text};
    if (random_.below(4) != 0) item.delay = some_time({0, 0, 80, 2'000});
    item.dead = random_.below(8) == 0;
    const auto reason = static_cast<std::uint32_t>(random_.below(3));
    if (reason != 0) item.reason = "reason " + std::to_string(reason);
    Settled settled = present(queue, held);
    ModelMessage* const m = model.find(held.offset);
    if (settled == Settled::ok && m->is == Is::dead) settled = Settled::stale;
    expected.push_back(settled);
    items.push_back(item);
    if (settled != Settled::ok) continue;
    model.touch(*m);
    what += " " + std::to_string(held.offset.value());
    const std::uint32_t max = model.receives_max();
    if (item.dead || (max > 0 && m->receives >= max)) {
      m->was_held = m->is == Is::held;
      m->dying = true;
      dying.push_back(held.offset);
      model.die(*m, reason);
      what += "dead";
      continue;
    }
    const bool backs_off = !item.delay && model.config.backoff_min > Duration{0};
    // What is ready already need not leave its place to be so again.
    if (m->is != Is::again || backs_off || item.delay > Duration{0}) m->is = Is::delayed;
    m->due = now() + item.delay.value_or(Duration{0});
    m->put_off = true;
    what += "+" + std::to_string(item.delay.value_or(Duration{-1}).count());
    if (backs_off) backed_off.push_back(m);
  }
  note("nack", queue, what);
  if (!dying.empty()) {
    // Noted before the broker's own commit: what that unblocks is delivered behind this.
    rig_.core->on_commit(Durability::disk, [this, queue, dying](const auto&) {
      events_.push_back({Event::Kind::died, queue, now()});
      events_.back().offsets = dying;
    });
  }
  std::optional<std::vector<Settled>> results;
  rig_.queues->nack(model.name, items, [&](auto settled) { results = std::move(*settled); });
  if (results != expected) return wrong("a nack was answered otherwise");
  for (ModelMessage* const m : backed_off) {
    const auto browsed = rig_.queues->browse({model.name, std::nullopt, {m->offset}, 1});
    Duration longest = model.config.backoff_min;
    for (std::uint32_t n = 1; n < m->receives && longest < model.config.backoff_max; ++n)
      longest *= 2;
    longest = std::clamp(longest, model.config.backoff_min,
                         std::max(model.config.backoff_min, model.config.backoff_max));
    if (browsed->items.empty() || !browsed->items[0].visible_at)
      return wrong("a nacked message does not back off");
    m->due = *browsed->items[0].visible_at;
    if (m->due < now() + longest / 2 || m->due > now() + longest) wrong("a wrong backoff");
  }
  model.recheck();
  model.expire(now());
  judge();
}

void QueueEpisode::extend(std::size_t queue) {
  ModelQueue& model = live_[queue];
  const Receipts accepted =
      std::array{Receipts::newest, Receipts::any, Receipts::held}[random_.below(3)];
  std::vector<ExtendItem> items;
  std::vector<Settled> expected;
  std::string what = std::to_string(static_cast<int>(accepted)) + ":";
  for (const Held& held : pick(queue, 1 + random_.below(5), true)) {
    const Duration timeout = some_time({0, 80, 400, 4'000, 40'000});
    items.push_back({held.text, timeout});
    Settled settled = present(queue, held);
    ModelMessage* const m = model.find(held.offset);
    if (settled == Settled::ok || settled == Settled::stale) {
      const bool any = accepted == Receipts::any && m->is != Is::dead;
      const bool holds = settled == Settled::ok && m->is == Is::held;
      settled = any || holds ? Settled::ok : Settled::stale;
    }
    expected.push_back(settled);
    if (settled != Settled::ok) continue;
    model.touch(*m);
    // A crash took the receive back: it happens again.
    if (m->is == Is::fresh) {
      m->receipt = held.hash;
      ++m->receives;
    }
    // What is ready already need not leave its place to be so again.
    if (m->is != Is::again || timeout > Duration{0}) m->is = Is::held;
    m->due = now() + timeout;
    m->put_off = false;
    what += " " + std::to_string(held.offset.value()) + "+" + std::to_string(timeout.count());
  }
  note("extend", queue, what);
  model.recheck();
  model.expire(now());
  std::optional<std::vector<Settled>> results;
  rig_.queues->extend(
      model.name, items, [&](auto settled) { results = std::move(*settled); }, accepted);
  if (results != expected) return wrong("an extend was answered otherwise");
  judge();
}

void QueueEpisode::release(std::size_t queue) {
  ModelQueue& model = live_[queue];
  Texts texts;
  std::string what;
  for (const Held& held : pick(queue, 1 + random_.below(5), true)) {
    texts.push_back(held.text);
    // Its answer never arrived: whoever asks again with that id receives anew, or what is left.
    for (ModelAttempt& attempt : model.attempts) {
      const auto& given = attempt.receipts;
      const auto at = std::find(given.begin(), given.end(), held.hash) - given.begin();
      if (at == std::ssize(given)) continue;
      attempt.receipts.erase(attempt.receipts.begin() + at);
      attempt.offsets.erase(attempt.offsets.begin() + at);
    }
    std::erase_if(model.attempts, [](const ModelAttempt& a) { return a.receipts.empty(); });
    ModelMessage* const m = model.find(held.offset);
    if (present(queue, held) != Settled::ok || m->is != Is::held) continue;
    model.touch(*m);
    m->is = Is::delayed;
    m->due = Instant{0};
    m->receipt = 0;
    --m->receives;
    what += " " + std::to_string(held.offset.value());
  }
  note("release", queue, what);
  model.recheck();
  model.expire(now());
  rig_.queues->release(model.name, texts);
  judge();
}

}  // namespace twofold::queue
