#include "tests/sim/broker_match.h"

#include <set>
#include <utility>

#include "tests/sim/broker_reasons.h"

namespace twofold::test {

using queue::MessageState;

namespace {

std::string place_text(const std::string& queue, const Place& place) {
  return queue + ":" + std::to_string(place.first) + "-" + std::to_string(place.second);
}

Problem compare_topics(const Model& model, const Observed& observed) {
  if (model.topics.size() != observed.topics.size()) return "another number of topics";
  for (const auto& [name, topic] : model.topics) {
    const auto found = observed.topics.find(name);
    if (found == observed.topics.end()) return "topic " + name + " is missing";
    const auto& info = found->second;
    if (info.id != topic.id) return "topic " + name + " is another one";
    if (info.version != topic.version || !(info.config == topic.config))
      return "topic " + name + " has another definition";
  }
  return std::nullopt;
}

Problem compare_definitions(const Model& model, const Observed& observed) {
  if (model.queues.size() != observed.queues.size()) return "another number of queues";
  for (const auto& [name, queue] : model.queues) {
    const auto found = observed.queues.find(name);
    if (found == observed.queues.end()) return "queue " + name + " is missing";
    const auto& info = found->second.info;
    if (info.id != queue.id) return "queue " + name + " is another one";
    if (info.version != queue.version || !(info.config == queue.config) ||
        info.source != queue.source)
      return "queue " + name + " has another definition";
  }
  return std::nullopt;
}

// The records of a topic's log; of an own log those that are still there.
Problem compare_log(const ModelLog& log, std::uint32_t id, const FoundLog& found, Ledger& ledger) {
  if (found.end != log.end())
    return "log " + std::to_string(id) + " ends at " + std::to_string(found.end) + ", not at " +
           std::to_string(log.end());
  for (const auto& record : found.records) {
    const auto& noted = log.records[static_cast<std::size_t>(record.offset)];
    const auto where = "offset " + std::to_string(record.offset) + " of log " + std::to_string(id);
    if (!ledger.is(noted.id, record.id, false))
      return where + " holds record " + std::to_string(record.id) + ", not " +
             std::to_string(noted.id);
    if (noted.id < 0) continue;
    const auto told = ledger.records[static_cast<std::size_t>(noted.id)].seq;
    if (told && *told != record.seq) return where + " has another seq than its author was told";
  }
  return std::nullopt;
}

// Whether retention may have moved the start on while nobody looked: a start looks for what is old
// at once, and may have been cut short.
bool may_begin_at(const ModelTopic& topic, const ModelLog& log, std::int64_t start,
                  const Ledger& ledger) {
  if (start < log.start || start > log.end()) return false;
  if (topic.config.retention_bytes) return true;
  const auto age = topic.config.retention_time;
  return age && std::all_of(log.records.begin() + log.start, log.records.begin() + start,
                            [&](const ModelRecord& record) {
                              return ledger.may_be_old(record.appended_ms, *age);
                            });
}

Problem compare_logs(Model& model, const Observed& observed, Ledger& ledger) {
  for (const auto& [name, topic] : model.topics) {
    for (const auto id : topic.logs) {
      const auto& log = model.logs.at(id);
      const auto& found = observed.logs.at(id);
      if (auto wrong = compare_log(log, id, found, ledger)) return wrong;
      if (found.start != log.start && !may_begin_at(topic, log, found.start, ledger))
        return "topic " + name + " begins at " + std::to_string(found.start) + ", not at " +
               std::to_string(log.start);
      if (found.start != log.start) model.trim(id, found.start);
    }
  }
  for (const auto& [name, queue] : model.queues) {
    if (queue.source) continue;
    const auto id = queue.parts.front().log;
    if (auto wrong = compare_log(model.logs.at(id), id, observed.logs.at(id), ledger)) return wrong;
  }
  return std::nullopt;
}

std::string state_text(const queue::BrowseItem& item) {
  static constexpr const char* kNames[] = {"ready",   "in flight", "delayed",
                                           "blocked", "dead",      "acked"};
  return std::string(kNames[static_cast<int>(item.state)]) + " after " +
         std::to_string(item.receive_count) + " receives, until " +
         (item.visible_at ? std::to_string(item.visible_at->value()) : "-") + " " + item.reason;
}

std::string state_text(const ModelMessage& m) {
  static constexpr const char* kNames[] = {"fresh", "held", "delayed", "dead", "done"};
  return std::string(kNames[static_cast<int>(m.phase)]) + " after " + std::to_string(m.receives) +
         " receives, until " + std::to_string(m.due) + " " + reason_text(m.reason);
}

bool same(const ModelMessage& m, const queue::BrowseItem& item, std::int64_t now) {
  if (item.receive_count != m.receives) return false;
  if (m.phase == Phase::dead)
    return item.state == MessageState::dead && item.reason == reason_text(m.reason);
  if (m.ready_at(now)) return item.state == MessageState::ready;
  if (!item.visible_at || item.visible_at->value() != m.due) return false;
  return item.state == (m.phase == Phase::held ? MessageState::in_flight : MessageState::delayed);
}

Problem compare_messages(Model& model, const Observed& observed, std::int64_t now) {
  for (auto& [name, queue] : model.queues) {
    const auto& found = observed.queues.at(name).messages;
    std::size_t alive = 0;
    for (std::size_t i = 0; i < queue.parts.size(); ++i) {
      auto& part = queue.parts[i];
      const auto end = observed.logs.at(part.log).visible_end;
      for (std::int64_t o = 0; o < end; ++o) {
        const auto& message = model.message(part, o);
        const Place place{static_cast<std::int32_t>(i), o};
        const auto item = found.find(place);
        if (!message.alive()) {
          if (item != found.end())
            return place_text(name, place) + " came back: it is " + state_text(item->second);
          continue;
        }
        ++alive;
        if (item == found.end())
          return place_text(name, place) + " is lost: it was " + state_text(message);
        if (!same(message, item->second, now))
          return place_text(name, place) + " is " + state_text(item->second) + "; it was " +
                 state_text(message);
      }
    }
    if (alive != found.size()) return "queue " + name + " has messages nobody sent";
  }
  return std::nullopt;
}

}  // namespace

Problem follow_the_dead(Model& model, const std::map<std::string, QueueView>& views,
                        const std::map<std::string, std::int64_t>& letters, std::int64_t now,
                        std::uint64_t step, Ledger& ledger) {
  std::map<std::string, std::multiset<std::int64_t>> moved;
  std::map<std::string, std::int64_t> maybe_old;  // of those: retention may have been faster
  for (const auto& [name, view] : views) {
    auto& queue = model.queues.at(name);
    const auto* target = model.dead_letter_of(name);
    for (std::size_t i = 0; i < queue.parts.size(); ++i) {
      auto& part = queue.parts[i];
      for (std::int64_t o = 0; o < view.visible_end(i); ++o) {
        auto& message = model.message(part, o);
        if (!message.may_be_dead(now, model.receives_max(name))) continue;
        const auto item = view.messages->find({static_cast<std::int32_t>(i), o});
        if (item == view.messages->end()) {
          // Gone, but not there: retention took it, or the comparison says that it is lost.
          if (!target || !letters.contains(target->first)) continue;
          maybe_old[target->first] += queue.config.retention ? 1 : 0;
          moved[target->first].insert(
              model.logs.at(part.log).records[static_cast<std::size_t>(o)].id);
          message = ModelMessage{Phase::done, 0, 0, -1, 0};
        } else if (item->second.state == MessageState::dead && message.phase != Phase::dead) {
          message.phase = Phase::dead;
          message.reason = 0;
        }
      }
    }
  }
  for (const auto& [target, more] : letters) {
    auto& left = moved[target];
    const auto candidates = static_cast<std::int64_t>(left.size());
    if (candidates < more || candidates - maybe_old[target] > more)
      return "queue " + target + " got " + std::to_string(more) + " letters, but " +
             std::to_string(left.size()) + " messages left for it";
    const auto group = ledger.letter_groups.size();
    ledger.letter_groups.push_back(std::exchange(left, {}));
    for (std::int64_t i = 0; i < more; ++i)
      model.append(model.queues.at(target).parts.front().log, ledger.new_letter(group), step, now);
  }
  return std::nullopt;
}

Problem compare_groups(const Model& model, const Observed& observed) {
  if (model.groups == observed.groups) return std::nullopt;
  const auto told = [](const auto& groups) {
    std::string text;
    for (const auto& [group, offsets] : groups) {
      for (const auto& [key, offset] : offsets) {
        text += " " + group + ":" + key.first + "-" + std::to_string(key.second) + "=" +
                std::to_string(offset);
      }
    }
    return text;
  };
  return "groups stand elsewhere, at" + told(observed.groups) + " and not at" + told(model.groups);
}

Problem match(Model& model, const Observed& observed, std::int64_t now, std::uint64_t step,
              Ledger& ledger) {
  if (!observed.wrong.empty()) return observed.wrong.front();
  if (auto wrong = compare_topics(model, observed)) return wrong;
  if (auto wrong = compare_definitions(model, observed)) return wrong;
  if (auto wrong = compare_groups(model, observed)) return wrong;
  std::map<std::string, QueueView> views;
  std::map<std::string, std::int64_t> letters;
  for (const auto& [name, queue] : model.queues) {
    QueueView view{&observed.queues.at(name).messages, {}};
    for (const auto& part : queue.parts) {
      const auto& found = observed.logs.at(part.log);
      if (found.visible_end > model.logs.at(part.log).end() && queue.source)
        return "queue " + name + " reads more than its topic holds";
      view.visible_ends.push_back(std::min(found.visible_end, model.logs.at(part.log).end()));
    }
    if (!queue.source) {
      const auto& log = queue.parts.front();
      const auto more = observed.logs.at(log.log).end - model.logs.at(log.log).end();
      if (more < 0) return "queue " + name + " has lost its newest messages";
      if (more > 0) letters[name] = more;
    }
    views.emplace(name, std::move(view));
  }
  if (auto wrong = follow_the_dead(model, views, letters, now, step, ledger)) return wrong;
  if (auto wrong = compare_logs(model, observed, ledger)) return wrong;
  return compare_messages(model, observed, now);
}

Problem name_letters(const Model& model, const Observed& observed, Ledger& ledger) {
  for (const auto& [id, found] : observed.logs) {
    const auto& records = model.logs.at(id).records;
    for (const auto& record : found.records) {
      if (!ledger.is(records[static_cast<std::size_t>(record.offset)].id, record.id, true))
        return "record " + std::to_string(record.id) + " was dead lettered twice";
    }
  }
  return std::nullopt;
}

}  // namespace twofold::test
