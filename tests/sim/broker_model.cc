#include "tests/sim/broker_model.h"

namespace twofold::test {

bool Ledger::is(std::int64_t noted, std::int64_t found, bool remember) {
  if (noted >= 0) return noted == found;
  Letter& letter = letters[static_cast<std::size_t>(-noted - 1)];
  if (letter.id) return *letter.id == found;
  auto& group = letter_groups[letter.group];
  const auto at = std::find_if(group.begin(), group.end(),
                               [&](std::int64_t member) { return is(member, found, false); });
  if (at == group.end()) return false;
  if (!remember) return true;
  const auto member = *at;
  group.erase(at);
  letter.id = found;
  return is(member, found, true);
}

void Model::add_topic(const log::TopicInfo& info) {
  auto& topic = topics[info.name];
  topic = ModelTopic{info.id, info.version, info.config, {}};
  for (const auto log : info.logs) {
    topic.logs.push_back(log.value());
    weaken(log.value(), info.config.durability);
  }
}

void Model::remove_topic(const std::string& name) {
  for (const auto log : topics.at(name).logs) logs.erase(log);
  topics.erase(name);
  for (auto at = groups.begin(); at != groups.end();) {
    std::erase_if(at->second, [&](const auto& item) { return item.first.first == name; });
    at = at->second.empty() ? groups.erase(at) : std::next(at);
  }
}

void Model::add_queue(const queue::QueueInfo& info) {
  ModelQueue queue{info.id, info.version, info.config, info.source, {}};
  if (info.own_log) {
    weaken(info.own_log->value(), info.config.durability);
    queue.parts.push_back(ModelPart{info.own_log->value(), {}});
  } else {
    for (std::size_t i = 0; i < info.source->logs.size(); ++i) {
      queue.parts.push_back(ModelPart{info.source->logs[i].value(), {}});
      skip(queue.parts[i], info.source->start_offsets[i].value());
    }
  }
  queues[info.name] = std::move(queue);
}

void Model::remove_queue(const std::string& name) {
  const auto& queue = queues.at(name);
  if (!queue.source) logs.erase(queue.parts.front().log);
  queues.erase(name);
}

void Model::weaken(std::uint32_t log, engine::Durability durability) {
  logs[log].weakest = std::min(logs[log].weakest, durability);
}

void Model::append(std::uint32_t log, std::int64_t id, std::uint64_t step, std::int64_t now) {
  logs.at(log).records.push_back(ModelRecord{id, step, now});
}

void Model::trim(std::uint32_t log, std::int64_t start) {
  logs.at(log).start = std::max(logs.at(log).start, start);
  for (auto& [name, queue] : queues) {
    for (auto& part : queue.parts) {
      if (part.log == log) skip(part, start);
    }
  }
}

void Model::skip(ModelPart& part, std::int64_t upto) {
  if (static_cast<std::int64_t>(part.messages.size()) < upto)
    part.messages.resize(static_cast<std::size_t>(upto));
  for (std::int64_t o = 0; o < upto; ++o)
    part.messages[static_cast<std::size_t>(o)] = ModelMessage{Phase::done, 0, 0, -1, 0};
}

std::int64_t Model::floor(const ModelPart& part) const {
  const auto alive = [](const ModelMessage& m) { return m.alive(); };
  const auto first = std::find_if(part.messages.begin(), part.messages.end(), alive);
  return first - part.messages.begin();
}

bool Model::due_within(std::int64_t now, std::int64_t ms) const {
  for (const auto& [name, queue] : queues) {
    for (const auto& part : queue.parts) {
      for (const auto& m : part.messages)
        if (m.timed() && m.due <= now && m.due > now - ms) return true;
    }
  }
  return false;
}

bool Model::undecided(std::int64_t now) const {
  for (const auto& [name, queue] : queues) {
    for (const auto& part : queue.parts) {
      for (const auto& m : part.messages)
        if (m.timed() && m.may_be_dead(now, receives_max(name))) return true;
    }
  }
  return false;
}

ModelMessage& Model::message(ModelPart& part, std::int64_t offset) {
  const auto at = static_cast<std::size_t>(offset);
  if (at >= part.messages.size()) part.messages.resize(at + 1);
  return part.messages[at];
}

const ModelMessage* Model::find(const KnownReceipt& receipt) const {
  for (const auto& [name, queue] : queues) {
    if (queue.id != receipt.queue) continue;
    const auto p = static_cast<std::size_t>(receipt.partition);
    if (p >= queue.parts.size()) return nullptr;  // of a queue whose making was lost
    const auto& messages = queue.parts[p].messages;
    const auto at = static_cast<std::size_t>(receipt.offset);
    return at < messages.size() ? &messages[at] : nullptr;
  }
  return nullptr;
}

namespace {

/// Calls visit(mine, others) for each message that both know, of the queues that both have.
template <class Mine, class Visit>
void each_of_both(Mine& mine, const Model& other, Visit visit) {
  for (auto& [name, queue] : mine.queues) {
    const auto there = other.queues.find(name);
    if (there == other.queues.end() || there->second.id != queue.id) continue;
    for (std::size_t p = 0; p < queue.parts.size() && p < there->second.parts.size(); ++p) {
      auto& messages = queue.parts[p].messages;
      const auto& others = there->second.parts[p].messages;
      for (std::size_t o = 0; o < messages.size() && o < others.size(); ++o)
        visit(messages[o], others[o]);
    }
  }
}

}  // namespace

void Model::doubt_receipts(const Model& other) {
  each_of_both(*this, other, [](ModelMessage& mine, const ModelMessage& others) {
    if (mine.receipt != others.receipt) mine.receipt = kUnsureReceipt;
  });
}

bool Model::waits_otherwise(const Model& other) const {
  bool otherwise = false;
  each_of_both(*this, other, [&](const ModelMessage& mine, const ModelMessage& others) {
    otherwise = otherwise || mine.phase != others.phase || mine.due != others.due;
  });
  return otherwise;
}

std::pair<const std::string, ModelQueue>* Model::queue_of(std::uint32_t id) {
  for (auto& item : queues) {
    if (item.second.id == id) return &item;
  }
  return nullptr;
}

std::pair<const std::string, ModelQueue>* Model::dead_letter_of(const std::string& name) {
  const auto found = queues.find(queues.at(name).config.dead_letter);
  if (found == queues.end() || found->second.source || found->first == name) return nullptr;
  return &*found;
}

std::uint32_t Model::receives_max(const std::string& name) const {
  const auto& config = queues.at(name).config;
  const bool has_target = const_cast<Model*>(this)->dead_letter_of(name) != nullptr;
  return config.dead_letter.empty() || has_target ? config.max_receives : 0;
}

void Model::revive_used_up(const std::string& name, std::uint32_t max_before) {
  if (receives_max(name) > 0 || max_before == 0) return;
  for (auto& part : queues.at(name).parts) {
    for (auto& m : part.messages) {
      if (m.phase != Phase::dead || m.reason != 0 || m.receives < max_before) continue;
      m = ModelMessage{Phase::delayed, 0, 0, -1, 0};
    }
  }
}

}  // namespace twofold::test
