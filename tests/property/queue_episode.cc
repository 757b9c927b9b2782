#include "tests/property/queue_episode.h"

#include <algorithm>

namespace twofold::queue {

using Is = ModelMessage::Is;

namespace {

constexpr std::size_t kNotes = 30;

std::string text_of(const QueueCounters& c) {
  return "ready " + std::to_string(c.ready) + ", in flight " + std::to_string(c.in_flight) +
         ", delayed " + std::to_string(c.delayed) + ", blocked " + std::to_string(c.blocked) +
         ", dead " + std::to_string(c.dead);
}

bool same(const QueueCounters& a, const QueueCounters& b) {
  return a.ready == b.ready && a.in_flight == b.in_flight && a.delayed == b.delayed &&
         a.blocked == b.blocked && a.dead == b.dead;
}

MessageState state_of(const ModelMessage& m) {
  switch (m.is) {
    case Is::fresh:
    case Is::again: return m.blocked ? MessageState::blocked : MessageState::ready;
    case Is::held: return MessageState::in_flight;
    case Is::delayed: return MessageState::delayed;
    case Is::dead: return MessageState::dead;
    case Is::leaving:
    case Is::gone: return MessageState::acked;
  }
  __builtin_unreachable();
}

}  // namespace

QueueEpisode::QueueEpisode(std::uint64_t seed, Order order)
    : random_(seed), place_of_(1, Offset{-1}) {
  const std::array<std::string, kQueues> names = {"main", "letters", "grave"};
  const bool small_window = order != Order::none && random_.below(3) == 0;
  if (small_window) {
    rig_.limits.ahead_of_partition = 16 + random_.below(500);
    rig_.limits.ahead_of_late_partition = 16;
    if (random_.below(4) == 0) rig_.limits.ahead_max = 256;
    rig_.restart();
  }
  const bool grouped = order == Order::key || order == Order::strict;
  for (std::size_t i = 0; i < kQueues; ++i) {
    live_[i].name = names[i];
    live_[i].number = static_cast<std::uint32_t>(i);
    live_[i].has_small_window = small_window;
    QueueConfig& config = live_[i].config;
    config.order = i == 0 ? order : grouped ? Order::key : Order::none;
    config.dedup_scope = random_.below(2) == 0 ? DedupScope::queue : DedupScope::group;
    config.visibility_timeout = some_time({80, 2'000, 30'000});
    if (i + 1 < kQueues && random_.below(3) != 0) config.dead_letter = names[i + 1];
    if (random_.below(3) != 0)
      config.max_receives = 1 + static_cast<std::uint32_t>(random_.below(4));
    if (random_.below(4) == 0) config.delay = some_time({8, 400});
    if (random_.below(3) == 0) config.backoff_min = 400ms;
    if (random_.below(2) == 0) config.backoff_max = 4s;
    if (config.backoff_max < config.backoff_min) config.backoff_max = config.backoff_min;
  }
  for (std::size_t i = 0; i < kQueues; ++i)
    if (i == 0 || random_.below(3) != 0) create(i);
  commit();
}

std::string QueueEpisode::run(int steps) {
  for (int i = 0; i < steps && !failed(); ++i) {
    ++step_;
    step();
  }
  if (!failed()) drain();
  if (!failed()) return {};
  std::string report = "step " + std::to_string(step_) + ": " + wrong_ + "\nthe last operations:";
  for (const std::string& note : notes_) report += "\n  " + note;
  return report;
}

Duration QueueEpisode::some_time(std::initializer_list<int> ms) {
  return Duration{*(ms.begin() + random_.below(ms.size()))};
}

void QueueEpisode::note(const char* what, std::size_t queue, const std::string& more) {
  notes_.push_back(std::to_string(step_) + " " + std::to_string(now().value() % 100'000'000) + " " +
                   what + " " + live_[queue].name + " " + more);
  if (notes_.size() > kNotes) notes_.pop_front();
}

void QueueEpisode::wrong(const std::string& what) {
  if (wrong_.empty()) wrong_ = what;
}

void QueueEpisode::create(std::size_t queue) {
  note("create", queue);
  ModelQueue& model = live_[queue];
  model.exists = true;
  for (ModelQueue& user : live_) {
    if (user.config.dead_letter != model.name) continue;
    user.target_exists = true;
    user.kill_used_up();
    user.recheck();
  }
  rig_.queues->create(model.name, model.config, std::nullopt, true, [](const auto&) {});
}

void QueueEpisode::step() {
  std::size_t queue = random_.below(6);
  if (queue >= kQueues || !live_[queue].exists) queue = 0;
  const bool full = live_[queue].messages.size() + live_[queue].pending.size() > 120;
  switch (random_.below(52)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7: full ? receive(queue) : send(queue); break;
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14: receive(queue); break;
    case 15:
    case 16: poll(queue, some_time({8, 80, 2'000, 20'000}), {}); break;
    case 17: repeat(queue); break;
    case 18: cancel(); break;
    case 19:
    case 20:
    case 21:
    case 22:
    case 23:
    case 24:
    case 25: ack(queue); break;
    case 26:
    case 27:
    case 28: nack(queue); break;
    case 29:
    case 30: extend(queue); break;
    case 31: release(queue); break;
    case 32:
    case 33:
    case 34: pass(some_time({8, 8, 80, 400, 2'000, 4'000})); break;
    case 35:
      if (random_.below(4) == 0) pass(some_time({30'000, 30'000, 100'000, 300'000}));
      break;
    case 36:
      if (random_.below(6) == 0) purge(queue);
      break;
    case 37: configure(queue); break;
    case 38:
      if (random_.below(3) == 0) restart(random_.below(2) == 0);
      break;
    case 39:
      if (random_.below(2) == 0 && !live_[queue].partial()) move(queue);
      break;
    case 40:
      if (!live_[queue = random_.below(kQueues)].exists) create(queue);
      break;
    case 41: edit(queue); break;
    case 42: put_off(queue); break;
    default: commit();
  }
  if (!failed() && random_.below(5) != 0) run_posted();
  if (failed()) return;
  check(queue);
  if (random_.below(8) == 0) check(random_.below(kQueues));
  if (random_.below(60) == 0) look(random_.below(kQueues));
}

void QueueEpisode::check(std::size_t queue) {
  const ModelQueue& model = live_[queue];
  if (!model.exists) return;
  const auto info = rig_.queues->find(model.name);
  if (!info) return wrong("the queue is gone");
  // What is not remembered is not known to be blocked.
  QueueCounters counters = info->counters;
  const QueueCounters& expected = model.counters();
  if (model.partial() && counters.blocked < expected.blocked &&
      counters.blocked + counters.ready == expected.blocked + expected.ready) {
    counters.blocked = expected.blocked;
    counters.ready = expected.ready;
  }
  if (!same(counters, expected))
    return wrong(model.name + " counts " + text_of(info->counters) + "; it should be " +
                 text_of(model.counters()));
  if (!line_[queue].empty() && !model.config.paused && model.deliverable() > 0)
    wrong("somebody waits while " + model.name + " has something to deliver");
}

// Every message, one by one.
void QueueEpisode::look(std::size_t queue) {
  ModelQueue& model = live_[queue];
  if (!model.exists || failed()) return;
  const auto browsed = rig_.queues->browse({model.name, std::nullopt, {}, 100'000});
  if (!browsed) return wrong("browse failed");
  auto item = browsed->items.begin();
  for (const ModelMessage& m : model.messages) {
    if (state_of(m) == MessageState::acked) continue;
    const std::string which = model.name + " offset " + std::to_string(m.offset.value());
    if (item == browsed->items.end() || item->offset != m.offset) return wrong(which + " is lost");
    const bool is_forgotten = model.partial() && m.blocked && item->state == MessageState::ready;
    if (item->state != state_of(m) && !is_forgotten) return wrong(which + " is in another state");
    if (item->receive_count != m.receives) return wrong(which + " counts other receives");
    if (m.waits() && item->visible_at != m.due) return wrong(which + " is due at another time");
    const std::string reason = m.reason == 0 ? "" : "reason " + std::to_string(m.reason);
    if (m.is == Is::dead && item->reason != reason) return wrong(which + " died of something else");
    ++item;
  }
  if (item != browsed->items.end())
    wrong(model.name + " offset " + std::to_string(item->offset.value()) + " came back");
}

// Nothing may be lost: all that is not dead is delivered, acked, and then nothing is left.
void QueueEpisode::drain() {
  for (std::size_t i = 0; i < kQueues; ++i) {
    if (!live_[i].exists) continue;
    live_[i].config.paused = false;
    live_[i].config.max_receives = 0;
    note("open", i);
    rig_.queues->configure(live_[i].name, live_[i].config, std::nullopt, [](const auto&) {});
    judge();
  }
  commit();
  for (int round = 0; round < 200 && !failed(); ++round) {
    run_posted();
    commit();
    pass(30s);
    bool empty = true;
    for (std::size_t i = 0; i < kQueues && !failed(); ++i) {
      if (!live_[i].exists) continue;
      poll(i, 0s, {});
      std::vector<Held> held(receipts_.end() - static_cast<std::ptrdiff_t>(
                                                   std::min<std::size_t>(receipts_.size(), 10)),
                             receipts_.end());
      std::erase_if(held, [i](const Held& h) { return h.queue != i; });
      if (!held.empty()) ack_these(i, held, Receipts::newest);
      check(i);
      for (const ModelMessage& m : live_[i].messages) empty = empty && m.is == Is::dead;
    }
    if (!empty) continue;
    commit();
    for (std::size_t i = 0; i < kQueues; ++i) look(i);
    return;
  }
  std::string left;
  for (const ModelQueue& model : live_)
    for (const ModelMessage& m : model.messages)
      if (m.is != Is::dead)
        left += " " + model.name + " " + std::to_string(m.offset.value()) + " as " +
                std::to_string(static_cast<int>(m.is));
  if (!failed()) wrong("the queues do not drain:" + left);
}

}  // namespace twofold::queue
