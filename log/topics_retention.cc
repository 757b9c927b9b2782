#include <algorithm>

#include "log/topics_state.h"

namespace twofold::log {
namespace {

using namespace std::chrono_literals;

// Every partition is looked at once a round. A round is cut into sweeps, so that a turn of the core
// stays short and deletions are spread; with very many partitions it takes longer instead.
constexpr Duration kRound = 5s;
constexpr Duration kPauseMin = 50ms;
constexpr std::size_t kPartitionsPerSweep = 64;
constexpr std::size_t kTopicsPerSweep = 1024;  // of which most may keep everything
constexpr std::size_t kTrimBytes = 64;         // what one trim costs in the journal, generously

bool forgets(const TopicConfig& config) {
  if (config.cleanup == Cleanup::compact) return false;
  return config.retention_time || config.retention_bytes || config.retention_records;
}

}  // namespace

void Topics::State::count_retained(const TopicConfig& config, bool added) {
  if (!forgets(config)) return;
  const auto count = static_cast<std::size_t>(config.partitions);
  partitions_retained = added ? partitions_retained + count : partitions_retained - count;
  if (!sweep_scheduled) schedule_sweep();
}

void Topics::State::schedule_sweep() {
  sweep_scheduled = partitions_retained > 0;
  if (!sweep_scheduled) return;
  const std::size_t sweeps = (partitions_retained - 1) / kPartitionsPerSweep + 1;
  const Duration pause = std::max(kRound / static_cast<std::int64_t>(sweeps), kPauseMin);
  core.timers().schedule(core.now() + pause, self, 0, kSweepToken);
}

void Topics::State::sweep() {
  std::size_t partitions_left = std::min(kPartitionsPerSweep, partitions_retained);
  std::size_t topics_left = std::min(kTopicsPerSweep, by_id.size());
  if (!core.admit(engine::Admission::consume, partitions_left * kTrimBytes)) {
    return schedule_sweep();  // nothing can be forgotten now; later it may
  }
  auto at = by_id.lower_bound(sweep_topic);
  if (at != by_id.end() && at->first != sweep_topic) sweep_partition = 0;  // that one was removed
  while (partitions_left > 0 && topics_left > 0) {
    if (at == by_id.end()) {
      at = by_id.begin();
      sweep_partition = 0;
    }
    Topic& topic = at->second->second;
    const TopicDefinition& definition = topic.definition;
    const std::size_t upto = forgets(definition.config) ? definition.logs.size() : 0;
    for (; sweep_partition < upto && partitions_left > 0; ++sweep_partition, --partitions_left) {
      expire(topic, definition.logs[sweep_partition]);
    }
    if (sweep_partition < upto) break;
    ++at;
    --topics_left;
    sweep_partition = 0;
  }
  sweep_topic = at == by_id.end() ? 0 : at->first;
  schedule_sweep();
}

// By the time of appending: a client's clock must neither delete records nor pin them.
void Topics::State::expire(Topic& topic, LogId log) {
  const TopicConfig& config = topic.definition.config;
  const engine::LogStatus status = core.status(log);
  if (status.start == status.visible_end) return;
  Offset start = status.start;
  if (config.retention_time) {
    const WallTime since = core.wall() - *config.retention_time;
    if (status.oldest_append < since) start = core.first_appended_since(log, since);
  }
  const Offset aged = std::min(start, status.visible_end);
  if (config.retention_bytes && status.bytes > *config.retention_bytes) {
    start = std::max(start, core.start_for_size(log, *config.retention_bytes));
  }
  if (config.retention_records) {
    start = std::max(start, core.start_for_count(log, *config.retention_records));
  }
  start = std::min(start, status.visible_end);
  if (start <= status.start) return;
  core.trim(log, start, /*durable_decision=*/true);
  topic.counters.trimmed_for(Trimmed::retention) += records_between(status.start, aged);
  topic.counters.trimmed_for(Trimmed::size) += records_between(std::max(status.start, aged), start);
}

}  // namespace twofold::log
