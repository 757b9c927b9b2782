#include "http/inspect/inspector.h"

#include <utility>

#include <fmt/format.h>

#include "http/broker.h"

namespace twofold::http::inspect {

using engine::Errc;
using engine::Error;

std::shared_ptr<Inspector> make_inspector(engine::Core& core, log::Topics& topics,
                                          log::Groups& groups, queue::Queues& queues) {
  return std::make_shared<Inspector>(World{core, topics, groups, queues});
}

Inspector::~Inspector() {
  if (!views_.empty()) observe(false);
}

void Inspector::observe(bool begin) {
  world_.queues.observe(begin ? this : nullptr);
  world_.topics.observe(begin ? this : nullptr);
  world_.groups.observe(begin ? this : nullptr);
}

engine::Result<View*> Inspector::open(const Spec& spec) {
  auto found = views_.find(spec);
  if (found == views_.end()) {
    if (views_.size() >= kViewsMax && !let_go_of_idlest()) {
      return Error(Errc::overloaded, fmt::format("{} different views are open already", kViewsMax),
                   "close one, or look at the same names: a view goes a minute after its last "
                   "listener");
    }
    if (views_.empty()) observe(true);
    found = views_.emplace(spec, Entry{std::make_unique<View>(world_, spec)}).first;
  }
  ++found->second.listeners;
  return found->second.view.get();
}

// The view that nobody has looked at for the longest time. False: there is none.
bool Inspector::let_go_of_idlest() {
  auto idlest = views_.end();
  for (auto at = views_.begin(); at != views_.end(); ++at) {
    if (at->second.listeners > 0) continue;
    if (idlest == views_.end() || at->second.idle_since < idlest->second.idle_since) idlest = at;
  }
  if (idlest == views_.end()) return false;
  views_.erase(idlest);
  return true;
}

void Inspector::close(View& view, const void* listener) {
  view.forget(listener);
  const auto found = views_.find(view.spec());
  if (--found->second.listeners > 0) return;
  found->second.idle_since = world_.core.now();
  if (std::exchange(timer_set_, true)) return;
  world_.core.timers().schedule(world_.core.now() + kLinger, *this, 0, 0);
}

void Inspector::on_timer(std::uint32_t, std::uint64_t, engine::Instant now) {
  timer_set_ = false;
  bool waiting = false;
  std::erase_if(views_, [&](const auto& entry) {
    if (entry.second.listeners > 0) return false;
    const bool over = now - entry.second.idle_since >= kLinger;
    waiting = waiting || !over;
    return over;
  });
  if (views_.empty()) observe(false);
  if (!waiting) return;
  timer_set_ = true;
  world_.core.timers().schedule(now + kLinger, *this, 0, 0);
}

std::size_t Inspector::listeners() const {
  std::size_t listeners = 0;
  for (const auto& [spec, entry] : views_) listeners += entry.listeners;
  return listeners;
}

void Inspector::on_change(const queue::ChangedAt& at, const queue::Op& op,
                          const queue::Circumstances& with) {
  for (auto& [spec, entry] : views_) entry.view->on_change(at, op, with);
}

void Inspector::on_due(const queue::ChangedAt& at, const queue::Runs& ready) {
  for (auto& [spec, entry] : views_) entry.view->on_due(at, ready);
}

void Inspector::on_log_trimmed(const std::string& queue, engine::Offset start) {
  for (auto& [spec, entry] : views_) entry.view->on_log_trimmed(queue, start);
}

void Inspector::on_purged(const std::string& queue, std::uint64_t messages) {
  for (auto& [spec, entry] : views_) entry.view->on_purged(queue, messages);
}

void Inspector::on_defined(const std::string& queue, bool is_new) {
  const EventType what = is_new ? EventType::attached : EventType::configured;
  for (auto& [spec, entry] : views_) entry.view->on_queue(queue, what);
}

void Inspector::on_gone(const std::string& queue) {
  for (auto& [spec, entry] : views_) entry.view->on_queue(queue, EventType::detached);
}

void Inspector::on_topic(const std::string& topic, bool exists) {
  for (auto& [spec, entry] : views_) entry.view->on_topic(topic, exists);
}

void Inspector::on_offsets(const log::GroupNote& note, std::string_view member) {
  for (auto& [spec, entry] : views_) entry.view->on_offsets(note, member);
}

void Inspector::on_members(const std::string& group) {
  for (auto& [spec, entry] : views_) entry.view->on_members(group);
}

}  // namespace twofold::http::inspect
