#include <algorithm>

#include "engine/base/diag.h"
#include "log/compaction.h"
#include "log/topics_state.h"

namespace twofold::log {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPartitionsPerLook = 256;
constexpr Duration kBetweenLooks = 50ms;
constexpr Duration kAfterTrouble = 15s;

}  // namespace

void Topics::State::count_compacted(std::uint32_t topic, const TopicConfig& config) {
  if (config.cleanup == Cleanup::delete_old) {
    compacted.erase(topic);
    return;
  }
  compacted.insert(topic);
  look_for_dirt_after(pace(config.compaction));
}

void Topics::State::look_for_dirt_after(Duration pause) {
  const Instant due = core.now() + pause;
  if (next_look && *next_look <= due) return;
  next_look = due;
  core.timers().schedule(due, self, 0, kCompactionToken);
}

// The dirtiest of a bounded slice of partitions is cleaned; the next look takes the next slice.
void Topics::State::look_for_dirt() {
  if (!next_look || *next_look > core.now()) return;  // an earlier one has taken its place
  next_look.reset();
  if (cleaning || compacted.empty()) return;
  Dirtiest dirtiest;
  std::size_t left = kPartitionsPerLook;
  auto at = compacted.lower_bound(look_topic);
  if (at != compacted.end() && *at != look_topic) look_partition = 0;
  Duration pause = kBetweenLooks;
  while (left > 0) {
    if (at == compacted.end()) {
      // A round is over: what comes next may take its time.
      look_topic = 0;
      look_partition = 0;
      pause = Duration{0};
      break;
    }
    const TopicDefinition& definition = by_id.at(*at)->second.definition;
    for (; look_partition < definition.logs.size() && left > 0; ++look_partition, --left)
      compare(definition.config.compaction, definition.logs[look_partition], dirtiest);
    look_topic = *at;
    if (look_partition < definition.logs.size()) break;
    ++at;
    look_partition = 0;
    look_topic = at == compacted.end() ? 0 : *at;
  }
  if (dirtiest.urgency > 0) return clean(dirtiest);
  look_for_dirt_after(pause > Duration{0} ? pause : shortest_pace());
}

Duration Topics::State::shortest_pace() const {
  Duration shortest = kAfterTrouble;
  for (const std::uint32_t id : compacted)
    shortest = std::min(shortest, pace(by_id.at(id)->second.definition.config.compaction));
  return shortest;
}

void Topics::State::compare(const Compaction& compaction, LogId log, Dirtiest& dirtiest) const {
  const Offset end = core.status(log).visible_end;
  const WallTime now = core.wall();
  const Offset upto = compaction.min_lag > Duration{0}
                          ? std::min(end, core.first_appended_since(log, now - compaction.min_lag))
                          : end;
  const auto urgent = urgency(compaction, core.cleaning(log, upto), now);
  if (urgent && *urgent > dirtiest.urgency)
    dirtiest = {
        *urgent, log, engine::CleanOrder{upto, compaction.delete_retention}
    };
}

void Topics::State::clean(const Dirtiest& dirtiest) {
  cleaning = true;
  core.clean(
      dirtiest.log, dirtiest.order, [this, log = dirtiest.log](Result<engine::Cleaned> cleaned) {
        cleaning = false;
        if (cleaned) return look_for_dirt_after(kBetweenLooks);
        const bool usual = cleaned.error().code == engine::Errc::topic_not_found ||
                           cleaned.error().code == engine::Errc::shutting_down;
        if (!usual)
          engine::diag(
              engine::DiagLevel::warn, "log", "cleaning a partition failed, will be tried again",
              {
                  {"log",   std::to_string(log.value())},
                  {"error", cleaned.error().detail     }
          });
        look_for_dirt_after(kAfterTrouble);
      });
}

}  // namespace twofold::log
