#include <utility>

#include "tests/sim/broker_outgoing.h"

namespace twofold::test {

using engine::Durability;
using engine::Duration;
using engine::Offset;

namespace {

const std::vector<std::string> kTopics = {"t0", "t1", "t2"};
const std::vector<std::string> kQueues = {"q0", "q1", "q2", "dead", "dead"};
const std::vector<std::string> kAttached = {"a0", "a1", "a2"};

}  // namespace

log::TopicConfig Clients::any_topic_config() {
  log::TopicConfig config;
  config.partitions = static_cast<std::int32_t>(1 + random_.below(3));
  config.retention_time = std::nullopt;
  if (one_in(4))
    config.retention_time = Duration{20'000 + static_cast<long>(random_.below(60'000))};
  if (one_in(6)) config.retention_bytes = 4'000 + random_.below(40'000);
  if (one_in(4)) config.durability = one_in(2) ? Durability::memory : Durability::os;
  return config;
}

void Clients::create_topic() {
  const auto name = any(kTopics);
  auto config = any_topic_config();
  const auto there = referee_.model.topics.find(name);
  const bool exists = there != referee_.model.topics.end();
  if (exists && one_in(2)) config = there->second.config;
  const bool create_only = one_in(8);
  const bool sound = !exists || (!create_only && there->second.config == config);
  const auto call = begin("create topic", name, sound);
  rig_->topics().create(name, config, create_only, durably<log::TopicInfo>(call));
  if (!taken(call) || exists) return;
  const auto info = rig_->topics().find(name);
  referee_.expect(info.has_value(), "a topic that was created is not there");
  if (!info) return;
  referee_.model.add_topic(*info);
  referee_.changed();
}

void Clients::configure_topic() {
  const auto name = any_topic();
  const auto there = referee_.model.topics.find(name);
  const bool exists = there != referee_.model.topics.end();
  auto config = any_topic_config();
  if (exists) config.partitions = there->second.config.partitions;
  const auto call = begin("configure topic", name, exists);
  rig_->topics().configure(name, config, std::nullopt, durably<log::TopicInfo>(call));
  if (!taken(call) || !exists) return;
  auto& topic = there->second;
  if (!(topic.config == config)) ++topic.version;
  topic.config = config;
  for (const auto log : topic.logs) referee_.model.weaken(log, config.durability);
  referee_.changed();
}

// As the protocols do it: a topic that queues read stays.
void Clients::remove_topic() {
  const auto name = any_topic();
  if (!rig_->queues().reading(name).empty()) return;
  const bool exists = referee_.model.topics.contains(name);
  const auto call = begin("remove topic", name, exists);
  rig_->topics().remove(name, durably<log::TopicInfo>(call));
  if (!taken(call) || !exists) return;
  referee_.model.remove_topic(name);
  referee_.changed();
}

queue::QueueConfig Clients::any_queue_config(bool attached) {
  queue::QueueConfig config;
  config.visibility_timeout = Duration{500 + static_cast<long>(random_.below(20'000))};
  if (!one_in(3)) config.max_receives = static_cast<std::uint32_t>(1 + random_.below(3));
  if (!one_in(3)) config.dead_letter = "dead";
  if (attached) return config;
  if (one_in(6)) config.delay = Duration{static_cast<long>(random_.below(5'000))};
  if (one_in(6)) config.retention = Duration{10'000 + static_cast<long>(random_.below(60'000))};
  if (one_in(4)) config.durability = one_in(2) ? Durability::memory : Durability::os;
  return config;
}

void Clients::put_queue(const std::string& name, queue::QueueConfig config,
                        std::optional<queue::QueueSource> source) {
  const auto there = referee_.model.queues.find(name);
  const bool exists = there != referee_.model.queues.end();
  bool same = exists;
  if (exists) {
    const auto& had = there->second;
    if (one_in(2)) config = had.config;
    same = had.config == config && had.source.has_value() == source.has_value() &&
           (!source || (had.source->topic == source->topic && had.source->logs == source->logs));
  }
  const auto call = begin(source ? "attach queue" : "create queue", name, !exists || same);
  rig_->queues().create(name, config, std::move(source), false, durably<queue::QueueInfo>(call));
  if (!taken(call) || exists) return;
  const auto info = rig_->queues().find(name);
  referee_.expect(info.has_value(), "a queue that was created is not there");
  if (!info) return;
  referee_.model.add_queue(*info);
  referee_.changed();
}

void Clients::create_queue() {
  const auto name = any(kQueues);
  auto config = any_queue_config(false);
  if (name == "dead") config.dead_letter = one_in(2) ? "q0" : "";
  put_queue(name, std::move(config), std::nullopt);
}

void Clients::attach_queue() {
  const auto topic = referee_.model.topics.find(any_topic());
  if (topic == referee_.model.topics.end()) return;
  queue::QueueSource source{topic->first, {}, {}};
  for (const auto id : topic->second.logs) {
    const auto status = rig_->core().status(engine::LogId{id});
    const auto visible = distance(status.start, status.visible_end);
    source.logs.push_back(engine::LogId{id});
    source.start_offsets.push_back(
        advance(status.start,
                static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(visible) + 1))));
  }
  put_queue(any(kAttached), any_queue_config(true), std::move(source));
}

void Clients::configure_queue() {
  const auto name = any_queue();
  const auto there = referee_.model.queues.find(name);
  const bool exists = there != referee_.model.queues.end();
  auto config = any_queue_config(exists && there->second.source);
  if (name == "dead") config.dead_letter = one_in(2) ? "q0" : "";
  const auto call = begin("configure queue", name, exists);
  configuring_ = true;
  rig_->queues().configure(name, config, std::nullopt, durably<queue::QueueInfo>(call));
  configuring_ = false;
  if (taken(call) && exists) configured(name, config, there->second);
  for (auto& tell : std::exchange(told_later_, {})) tell();
}

void Clients::configured(const std::string& name, const queue::QueueConfig& config,
                         ModelQueue& queue) {
  ++queue.version;
  const auto before = std::exchange(queue.config, config);
  if (!before.dead_letter.empty() && before.dead_letter != config.dead_letter)
    referee_.model.revive_used_up(name, before.max_receives);
  if (!queue.source) referee_.model.weaken(queue.parts.front().log, config.durability);
  referee_.changed();
}

void Clients::remove_queue() {
  const auto name = any_queue();
  const bool exists = referee_.model.queues.contains(name);
  const auto call = begin("remove queue", name, exists);
  rig_->queues().remove(name, durably<queue::QueueInfo>(call));
  if (!taken(call) || !exists) return;
  referee_.model.remove_queue(name);
  for (const auto& [user, queue] : referee_.model.queues)
    if (queue.config.dead_letter == name)
      referee_.model.revive_used_up(user, queue.config.max_receives);
  referee_.changed();
}

}  // namespace twofold::test
