#include "log/topics.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/base/check.h"
#include "log/observer.h"
#include "log/topics_limits.h"
#include "log/topics_state.h"

namespace twofold::log {

using engine::Admission;
using engine::Errc;
using engine::Error;

namespace {

// About what a partition takes in a topic's definition.
constexpr std::size_t kPartitionDefinitionBytes = 8;

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

Result<> check_name(std::string_view name) {
  const bool well_formed = !name.empty() && name.size() <= kTopicNameMax && name != "." &&
                           name != ".." && std::all_of(name.begin(), name.end(), is_name_letter);
  if (well_formed) return {};
  return Error(Errc::invalid_request, "this is not a name for a topic",
               fmt::format("1 to {} letters, digits, '.', '_' and '-'", kTopicNameMax));
}

Result<> check_compaction(const Compaction& compaction) {
  const auto refuse = [](std::string detail) {
    return Error(Errc::invalid_request, std::move(detail));
  };
  if (compaction.min_lag < Duration{0} || compaction.delete_retention < Duration{0}) {
    return refuse("times of a compaction cannot be negative");
  }
  if (compaction.max_lag && *compaction.max_lag < std::max(compaction.min_lag, Duration{1})) {
    return refuse(
        "the longest lag of a compaction is at least a millisecond, and no shorter than "
        "the shortest");
  }
  if (!(compaction.min_dirty_ratio >= 0 && compaction.min_dirty_ratio <= 1)) {
    return refuse("the dirty ratio of a compaction is from 0 to 1");
  }
  return {};
}

Result<> check_config(const TopicConfig& config) {
  const auto refuse = [](std::string detail) {
    return Error(Errc::invalid_request, std::move(detail));
  };
  if (config.partitions < 1 || config.partitions > kPartitionsMax) {
    return refuse(fmt::format("partitions must be 1 to {}", kPartitionsMax));
  }
  if (config.record_bytes_max < 1 || config.record_bytes_max > kRecordBytesMax) {
    return refuse(fmt::format("the largest record must be 1 to {} bytes", kRecordBytesMax));
  }
  if (config.retention_time && *config.retention_time < Duration{1}) {
    return refuse("the retention time must be at least a millisecond; leave it out to keep all");
  }
  if (config.retention_bytes && *config.retention_bytes < 1) {
    return refuse("the retention must be at least a byte; leave it out to keep all");
  }
  if (config.retention_records && *config.retention_records < 1) {
    return refuse("the retention must be at least a record; leave it out to keep all");
  }
  if (config.dedup_window < Duration{0} || config.dedup_window > kDedupWindowMax) {
    return refuse("the window of deduplication must be from 0 to 24h");
  }
  return check_compaction(config.compaction);
}

Error not_found(std::string_view name) {
  return Error(Errc::topic_not_found, fmt::format("there is no topic named {}", name));
}

std::string key_of(std::string_view name) { return fmt::format("{}{}", kTopicKeys, name); }

TopicInfo info_of(const std::string& name, const Topic& topic) {
  const TopicDefinition& definition = topic.definition;
  return {name,
          definition.id,
          topic.version,
          definition.config,
          definition.created,
          definition.logs,
          /*was_created=*/false};
}

}  // namespace

Topics::Topics(engine::Core& core, TopicLimits limits)
    : state_(std::make_unique<State>(*this, core, limits)) {
  core.catalog().watch(std::string(kTopicKeys),
                       [state = state_.get()](std::string_view key, const engine::Document* now) {
                         const std::string_view name = key.substr(kTopicKeys.size());
                         now ? state->define(name, *now) : state->undefine(name);
                       });
}

Topics::~Topics() = default;

Result<TopicInfo> Topics::preview_create(const std::string& name, const TopicConfig& config,
                                         bool create_only) const {
  if (auto checked = check_name(name); !checked) return checked.error();
  if (auto checked = check_config(config); !checked) return checked.error();
  if (const auto found = state_->find(name)) {
    TopicInfo info = info_of(name, (*found)->second);
    if (!create_only && info.config == config) return info;
    return Error(Errc::exists_with_other_config,
                 fmt::format("there is a topic named {} already", name));
  }
  engine::Core& core = state_->core;
  if (core.catalog().get(fmt::format("{}{}", kQueueKeys, name)))
    return Error(Errc::name_taken, fmt::format("{} is the name of a queue", name));
  const auto partitions = static_cast<std::size_t>(config.partitions);
  if (state_->partitions + partitions > kPartitionsTotalMax) {
    return Error(Errc::too_many_names, fmt::format("there are {} partitions already, of at most {}",
                                                   state_->partitions, kPartitionsTotalMax));
  }
  if (auto room = state_->names->room(); !room) return room.error();
  return TopicInfo{name, 0, 0, config, core.wall(), {}, /*was_created=*/true};
}

void Topics::create(std::string name, TopicConfig config, bool create_only,
                    Completion<TopicInfo> done) {
  auto planned = preview_create(name, config, create_only);
  if (!planned) return done(planned.error());
  if (!planned->was_created)
    return state_->answer_when_durable(*std::move(planned), std::move(done));

  // Before numbers are given: refused attempts use none up.
  engine::Core& core = state_->core;
  const auto partitions = static_cast<std::size_t>(config.partitions);
  if (auto admitted = core.admit(Admission::publish, partitions * kPartitionDefinitionBytes);
      !admitted) {
    return done(admitted.error());
  }
  TopicDefinition definition{0, {}, config, core.wall()};
  definition.logs.reserve(partitions);
  for (std::size_t i = 0; i < partitions; ++i) definition.logs.push_back(core.new_log_id());
  definition.id = definition.logs.front().value();
  const auto put = core.catalog().put_if(key_of(name), encode_topic(definition), 0);
  if (!put) return done(put.error());
  TopicInfo info = info_of(name, (*state_->find(name))->second);
  info.was_created = true;
  state_->answer_when_durable(std::move(info), std::move(done));
}

Result<TopicInfo> Topics::preview_configure(const std::string& name, const TopicConfig& config,
                                            std::optional<std::uint64_t> expected) const {
  const auto found = state_->find(name);
  if (!found) return found.error();
  TopicInfo info = info_of(name, (*found)->second);
  if (expected && *expected != info.version) {
    return Error(Errc::etag_mismatch,
                 fmt::format("topic {} is at version {}, not {}", name, info.version, *expected));
  }
  if (auto checked = check_config(config); !checked) return checked.error();
  if (config.partitions != info.config.partitions) {
    return Error(Errc::invalid_request,
                 "a topic keeps the number of partitions it was created with",
                 "the partition of a key would change: create another topic instead");
  }
  info.config = config;
  return info;
}

void Topics::configure(std::string name, TopicConfig config, std::optional<std::uint64_t> expected,
                       Completion<TopicInfo> done) {
  if (auto planned = preview_configure(name, config, expected); !planned)
    return done(planned.error());
  const auto found = state_->find(name);
  const Topic& topic = (*found)->second;
  if (config != topic.definition.config) {
    TopicDefinition definition = topic.definition;
    definition.config = config;
    std::string document = encode_topic(definition);
    engine::Core& core = state_->core;
    if (auto admitted = core.admit(Admission::consume, document.size()); !admitted) {
      return done(admitted.error());
    }
    const auto put = core.catalog().put_if(key_of(name), std::move(document), topic.version);
    if (!put) return done(put.error());
  }
  state_->answer_when_durable(info_of(name, (*found)->second), std::move(done));
}

void Topics::remove(std::string name, Completion<TopicInfo> done) {
  const auto found = state_->find(name);
  if (!found) return done(found.error());
  TopicInfo info = info_of(name, (*found)->second);
  engine::Core& core = state_->core;
  if (auto admitted = core.admit(Admission::consume, name.size()); !admitted) {
    return done(admitted.error());
  }
  const auto removed = core.catalog().remove_if(key_of(name), info.version);
  if (!removed) return done(removed.error());
  state_->answer_when_durable(std::move(info), std::move(done));
}

Result<TopicInfo> Topics::find(const std::string& name) const {
  const auto found = state_->find(name);
  if (!found) return found.error();
  return info_of(name, (*found)->second);
}

std::optional<TopicRef> Topics::resolve(std::string_view name) const {
  const auto found = state_->topics.find(name);
  if (found == state_->topics.end()) return std::nullopt;
  const TopicDefinition& definition = found->second.definition;
  return TopicRef{definition.id, definition.config.partitions, &definition.logs};
}

const std::string* Topics::name_of(std::uint32_t id) const {
  const auto found = state_->by_id.find(id);
  return found == state_->by_id.end() ? nullptr : &found->second->first;
}

std::vector<std::uint32_t> Topics::take_stirred(std::size_t max) {
  std::vector<std::uint32_t> taken;
  auto& stirred = state_->stirred;
  while (taken.size() < max && !stirred.empty())
    taken.push_back(stirred.extract(stirred.begin()).value());
  return taken;
}

std::optional<std::uint32_t> Topics::topic_of(LogId log) const {
  const auto found = state_->topic_of.find(log);
  if (found == state_->topic_of.end()) return std::nullopt;
  return found->second;
}

std::optional<Topics::Sample> Topics::sample(std::uint32_t id) const {
  const auto found = state_->by_id.find(id);
  if (found == state_->by_id.end()) return std::nullopt;
  const auto& [name, topic] = *found->second;
  std::uint64_t appended = 0;
  for (const LogId log : topic.definition.logs)
    appended += static_cast<std::uint64_t>(state_->core.status(log).visible_end.value());
  return Sample{name, appended};
}

TopicCounters Topics::counters(std::uint32_t id) const {
  const auto found = state_->by_id.find(id);
  return found == state_->by_id.end() ? TopicCounters{} : found->second->second.counters;
}

void Topics::observe(Observer* observer) { state_->observer = observer; }

void Topics::when_removed(std::function<void(std::uint32_t id)> heard) {
  TF_CHECK(!state_->removed);
  state_->removed = std::move(heard);
}

std::vector<TopicInfo> Topics::list(const std::string& after, std::size_t limit) const {
  std::vector<TopicInfo> infos;
  for (auto at = state_->topics.upper_bound(after);
       at != state_->topics.end() && infos.size() < limit; ++at) {
    infos.push_back(info_of(at->first, at->second));
  }
  return infos;
}

// -- State ---------------------------------------------------------------------------------------

Topics::State::State(Topics& owner, engine::Core& the_core, TopicLimits limits)
    : self(owner),
      core(the_core),
      producers(the_core, ProducerLimits{.bytes_max = limits.producer_bytes_max},
                [this](std::uint32_t topic) { return by_id.contains(topic); }),
      ids(the_core,
          [this](std::uint32_t topic) {
            const auto found = by_id.find(topic);
            return found == by_id.end() ? Duration{0}
                                        : found->second->second.definition.config.dedup_window;
          }),
      keys(the_core, limits.key_bytes_max),
      waiting_bytes_max(limits.waiting_bytes_max),
      names(std::move(limits.names)) {}

void Topics::State::define(std::string_view name, const engine::Document& document) {
  auto decoded = decode_topic(document.value);
  TF_CHECK(decoded.has_value());
  if (const auto old = topics.find(name);
      old != topics.end() && old->second.definition.id != decoded->id)
    undefine(name);  // another topic of this name; that the first was removed is lost with a block
  const auto [at, is_new] = topics.try_emplace(std::string(name));
  Topic& topic = at->second;
  if (!is_new) count_retained(topic.definition.config, /*added=*/false);

  const bool opens = is_new || topic.definition.config.durability != decoded->config.durability;
  topic.definition = std::move(*decoded);
  topic.version = document.version;
  const engine::LogOptions options{topic.definition.config.durability, nullptr};
  for (const LogId log : topic.definition.logs) {
    if (opens) core.open_log(log, options);
    if (is_new) core.listen(log, self);
    topic_of[log] = topic.definition.id;
  }
  if (is_new) {
    names->add();
    by_id.emplace(topic.definition.id, &*at);
    partitions += topic.definition.logs.size();
  }
  count_retained(topic.definition.config, /*added=*/true);
  count_compacted(topic.definition.id, topic.definition.config);
  if (observer) observer->on_topic(at->first, /*exists=*/true);
}

void Topics::State::undefine(std::string_view name) {
  const auto found = topics.find(name);
  TF_CHECK(found != topics.end());
  const auto node = topics.extract(found);
  const Topic& topic = node.mapped();
  names->remove();
  by_id.erase(topic.definition.id);
  stirred.erase(topic.definition.id);
  compacted.erase(topic.definition.id);
  partitions -= topic.definition.logs.size();
  count_retained(topic.definition.config, /*added=*/false);
  for (const LogId log : topic.definition.logs) {
    keys.forget(log);
    topic_of.erase(log);
    core.unlisten(log, self);
    core.drop_log(log);
  }
  producers.forget_topic(topic.definition.id);
  ids.forget_topic(topic.definition.id);
  if (removed) removed(topic.definition.id);
  if (observer) observer->on_topic(node.key(), /*exists=*/false);
  refuse_readers_of(topic, node.key());  // last: whoever is answered may call right back
}

Result<Topics::State::ByName::value_type*> Topics::State::find(std::string_view name) {
  const auto found = topics.find(name);
  if (found == topics.end()) return not_found(name);
  return &*found;
}

void Topics::State::answer_when_durable(TopicInfo info, Completion<TopicInfo> done) {
  core.on_commit(Durability::disk, [info = std::move(info),
                                    done = std::move(done)](Result<Durability> durable) mutable {
    if (!durable) return done(durable.error());
    done(std::move(info));
  });
}

}  // namespace twofold::log
