#include <algorithm>
#include <string>

#include "tests/property/queue_episode.h"

namespace twofold::queue {

using Is = ModelMessage::Is;

// Sets a header of any message that is there, or takes it away.
void QueueEpisode::edit(std::size_t queue) {
  ModelQueue& model = live_[queue];
  if (model.messages.empty()) return;
  ModelMessage& m = model.messages[random_.below(model.messages.size())];
  const std::uint32_t number = random_.below(4) == 0 ? 0 : next_body_;
  const std::string text = "edit " + std::to_string(number);
  note("edit", queue, std::to_string(m.offset.value()) + " " + text);
  const bool changes = m.is != Is::held && m.is != Is::leaving;
  const bool lasts = changes || m.is == Is::held;
  HeaderChange change{"edited", std::nullopt};
  if (number != 0) change.value = text;
  rig_.queues->edit(model.name, {PartitionId{0}, m.offset}, {change},
                    [this, lasts](Result<MessageState> before) {
                      if (before.has_value() != lasts) wrong("an edit was answered otherwise");
                    });
  if (!changes) return;
  m.edit = number;
}

// Another time for any message that is there.
void QueueEpisode::put_off(std::size_t queue) {
  ModelQueue& model = live_[queue];
  if (model.messages.empty()) return;
  ModelMessage& m = model.messages[random_.below(model.messages.size())];
  const Offset offset = m.offset;
  const Duration delay = some_time({0, 80, 400, 4'000});
  note("put off", queue, std::to_string(offset.value()) + "+" + std::to_string(delay.count()));
  const bool lasts = m.is != Is::leaving;
  if (m.is_ready() || m.is == Is::delayed) {
    model.touch(m);
    // What is ready already need not leave its place to be so again.
    const bool stays = delay <= Duration{0} && m.is_ready();
    if (m.is != Is::fresh || !stays) {
      m.due = now() + delay;
      m.put_off = true;
    }
    if (!stays) m.is = Is::delayed;
    model.recheck();
    model.expire(now());
  }
  rig_.queues->reschedule(model.name, {PartitionId{0}, offset}, now() + delay,
                          [this, lasts](Result<MessageState> before) {
                            if (before.has_value() != lasts)
                              wrong("a message was put off though it is gone, or not though it is there");
                          });
  judge();
}

void QueueEpisode::purge(std::size_t queue) {
  ModelQueue& model = live_[queue];
  note("purge", queue);
  std::uint64_t count = 0;
  for (ModelMessage& m : model.messages) {
    count += m.is != Is::leaving ? 1 : 0;
    m.is = Is::gone;
  }
  for (ModelMessage& m : model.pending) {
    count += m.is == Is::delayed ? 1 : 0;
    m.is = Is::gone;
  }
  model.erase_gone();
  model.ids.clear();
  model.recheck();
  const std::uint64_t id = next_id_++;
  purges_.emplace(id, count);
  rig_.queues->purge(model.name, [this, id](Result<std::uint64_t> gone) {
    if (!gone) return wrong("a purge failed");
    events_.push_back({Event::Kind::purged, id, now(), std::nullopt, std::nullopt, {}, *gone});
  });
  judge();
}

void QueueEpisode::configure(std::size_t queue) {
  ModelQueue& model = live_[queue];
  const Order before = model.config.order;
  QueueConfig& config = model.config;
  switch (random_.below(6)) {
    case 0: config.max_receives = static_cast<std::uint32_t>(random_.below(5)); break;
    case 1:
    case 2: config.paused = !config.paused && random_.below(3) == 0; break;
    case 3:
      if (before == Order::none) config.order = Order::fair;
      break;
    case 4:
      if (random_.below(20) == 0) config.order = static_cast<Order>(random_.below(4));
      break;
    case 5: config.visibility_timeout = some_time({80, 2'000, 30'000}); break;
  }
  note("configure", queue,
       "order " + std::to_string(static_cast<int>(config.order)) + " max " +
           std::to_string(config.max_receives) + (config.paused ? " paused" : ""));
  const auto is_ordered = [](Order order) { return order == Order::key || order == Order::strict; };
  const bool begins = config.order != before && !(is_ordered(before) && is_ordered(config.order));
  for (ModelMessage& m : model.messages) {
    // An order begins with what is there now: what was acked before holds nobody up.
    if (begins) {
      if (m.is == Is::leaving && m.dying) m.is = Is::gone;
      m.was_dead = m.is == Is::leaving;
      m.was_held = m.dying = false;
    }
  }
  model.kill_used_up();
  model.erase_gone();
  model.recheck();
  if (config.order != before) model.forget_turns();
  rig_.queues->configure(model.name, config, std::nullopt, [this](const auto& done) {
    if (!done) wrong("a configure failed");
  });
  judge();
}

}  // namespace twofold::queue
