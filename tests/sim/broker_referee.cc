#include "tests/sim/broker_referee.h"

#include <algorithm>

namespace twofold::test {

using engine::Durability;
using engine::LogId;

void Referee::promise(std::uint64_t turn, Durability durability) {
  if (durability >= Durability::os) written_ = std::max(written_, turn);
  if (durability >= Durability::disk) synced_ = std::max(synced_, turn);
}

void Referee::shown(std::uint32_t log, std::int64_t end) {
  const auto& of = model.logs.at(log);
  if (end > of.end()) return blame("a reader saw more than log " + std::to_string(log) + " holds");
  if (end > 0) promise(of.records[static_cast<std::size_t>(end - 1)].step, of.weakest);
}

void Referee::blame(const std::string& what) {
  if (!problem_) problem_ = what;
}

void Referee::note(BrokerRig& rig, const std::string& what, const std::string& detail) {
  ledger.wall_newest = std::max(ledger.wall_newest, rig.clock().wall().value());
  history.add(rig.clock().now(), 0, Told::event, what, detail);
}

void Referee::follow(BrokerRig& rig) {
  follow_topics(rig);
  follow_queues(rig);
  keep_turn();
}

void Referee::keep_turn() {
  if (changed_) turns_.emplace_back(turn_, model);
  changed_ = false;
  ++turn_;
  // The newest promised one stays: it is the least that must be there.
  while (turns_.size() > 1 && turns_[1].first <= synced_) turns_.pop_front();
}

// Retention: what somebody might still have wanted must have been old, or too much.
void Referee::check_age(BrokerRig& rig, const std::string& what, const ModelRecord& record,
                        std::optional<engine::Duration> age) {
  ledger.wall_newest = std::max(ledger.wall_newest, rig.clock().wall().value());
  if (!age || !ledger.may_be_old(record.appended_ms, *age))
    blame(what + " forgot record " + std::to_string(record.id) + " before its time");
}

void Referee::follow_topics(BrokerRig& rig) {
  for (const auto& [name, topic] : model.topics) {
    for (const auto id : topic.logs) {
      const auto status = rig.core().status(LogId{id});
      const auto& log = model.logs.at(id);
      if (status.end.value() != log.end())
        return blame("topic " + name + " ends at " + std::to_string(status.end.value()) +
                     ", not at " + std::to_string(log.end()));
      if (status.start.value() < log.start) return blame("topic " + name + " has its past back");
      if (status.start.value() == log.start) continue;
      const auto& bytes_max = topic.config.retention_bytes;
      if (bytes_max && !topic.config.retention_time && status.bytes < *bytes_max)
        return blame("topic " + name + " kept less than it may");
      if (status.start.value() > log.end()) return blame("topic " + name + " forgot too much");
      for (auto o = log.start; o < status.start.value() && !bytes_max; ++o)
        check_age(rig, "topic " + name, log.records[static_cast<std::size_t>(o)],
                  topic.config.retention_time);
      changed_ = true;
      model.trim(id, status.start.value());
      note(rig, "retention", name + " " + std::to_string(status.start.value()));
    }
  }
}

void Referee::follow_queues(BrokerRig& rig) {
  follow_letters(rig);
  for (auto& [name, queue] : model.queues) {
    if (queue.source || !queue.config.retention) continue;
    auto& part = queue.parts.front();
    const auto start = rig.core().status(LogId{part.log}).start.value();
    if (start <= model.floor(part)) continue;
    const auto& log = model.logs.at(part.log);
    if (start > log.end()) return blame("queue " + name + " forgot too much");
    for (std::int64_t o = 0; o < start; ++o) {
      if (model.message(part, o).alive())
        check_age(rig, "queue " + name, log.records[static_cast<std::size_t>(o)],
                  queue.config.retention);
    }
    changed_ = true;
    Model::skip(part, start);
    note(rig, "retention", name + " " + std::to_string(start));
  }
}

// Messages that died by themselves, and dead ones that left for another queue.
void Referee::follow_letters(BrokerRig& rig) {
  std::map<std::string, std::int64_t> letters;
  for (auto& [name, queue] : model.queues) {
    if (queue.source) continue;
    const auto log = queue.parts.front().log;
    const auto more = rig.core().status(LogId{log}).end.value() - model.logs.at(log).end();
    if (more < 0) return blame("queue " + name + " became shorter");
    if (more > 0) letters[name] = more;
  }
  std::map<std::string, QueueView> views;
  std::deque<std::map<Place, queue::BrowseItem>> messages;
  for (auto& [name, queue] : model.queues) {
    const auto* target = model.dead_letter_of(name);
    const bool sends = target && letters.contains(target->first);
    if (!sends && queue.config.max_receives == 0) continue;
    std::uint64_t dead = 0;
    for (const auto& part : queue.parts)
      dead += static_cast<std::uint64_t>(
          std::count_if(part.messages.begin(), part.messages.end(),
                        [](const ModelMessage& m) { return m.phase == Phase::dead; }));
    const auto info = rig.queues().find(name);
    if (!info) return blame("queue " + name + " has gone");
    if (!sends && info->counters.dead == dead) continue;
    QueueView view{&messages.emplace_back(browse_all(rig, name)), {}};
    for (const auto& part : queue.parts)
      view.visible_ends.push_back(rig.core().status(LogId{part.log}).visible_end.value());
    views.emplace(name, std::move(view));
  }
  if (views.empty() && letters.empty()) return;
  changed_ = true;
  const auto now = rig.clock().now().value();
  if (auto wrong = follow_the_dead(model, views, letters, now, turn_, ledger)) blame(*wrong);
}

void Referee::inspect(BrokerRig& rig) {
  const auto observed = observe(rig, ledger);
  for (const auto& [id, log] : observed.logs) {
    if (log.visible_end != log.end) blame("log " + std::to_string(id) + " hides durable records");
  }
  if (problem_) return;
  auto wrong = match(model, observed, rig.clock().now().value(), turn_, ledger);
  if (!wrong) wrong = name_letters(model, observed, ledger);
  if (wrong) blame("at rest: " + *wrong);
}

void Referee::died(End end, bool os_holds) {
  // What only the kernel had is gone with the power, also for whoever is killed later.
  if (end != End::kill || !os_holds) written_ = synced_;
  floor_ = std::max(written_, synced_);
}

void Referee::started(BrokerRig& rig) {
  const auto observed = observe(rig, ledger);
  const auto now = rig.clock().now().value();
  Problem least;
  for (auto at = turns_.rbegin(); at != turns_.rend(); ++at) {
    Model candidate = at->second;
    auto wrong = match(candidate, observed, now, turn_ + 1, ledger);
    const bool is_last = at->first <= floor_;
    if (!wrong) {
      Model recovered = std::move(at->second);
      model = std::move(candidate);
      for (auto older = std::next(at); !is_last && older != turns_.rend(); ++older) {
        Model alike = older->second;
        if (!match(alike, observed, now, turn_ + 1, ledger)) {
          if (recovered.waits_otherwise(older->second)) clock_floor_ = now;
          model.doubt_receipts(alike);
          recovered.doubt_receipts(alike);
        }
        if (older->first <= floor_) break;
      }
      note(rig, "started", "at turn " + std::to_string(at->first) + ", promised " +
                               std::to_string(floor_) + ", newest " +
                               std::to_string(turns_.back().first));
      if (auto twice = name_letters(model, observed, ledger)) blame(*twice);
      // What was recovered is durable before it is shown; what the broker did about it since (the
      // dead on their way) is a turn like any other.
      turns_.clear();
      turns_.emplace_back(turn_, std::move(recovered));
      synced_ = written_ = turn_++;
      turns_.emplace_back(turn_++, model);
      return;
    }
    if (is_last || !least) least = std::move(wrong);
    if (is_last) break;
  }
  blame("after a restart it is none of what it may be; compared with the last promise: " +
        least.value_or("nothing"));
}

}  // namespace twofold::test
