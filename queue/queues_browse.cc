#include "queue/queues_state.h"
#include "queue/walk.h"

namespace twofold::queue {
namespace {

// Windows looked at in one call: a state that is rare in a long queue must not hold up the core.
constexpr std::int64_t kWindowsMax = 16'384;

}  // namespace

Result<Browsed> Queues::browse(const Browse& browse) const {
  const State& s = *state_;
  const auto needed = s.need(browse.queue);
  if (!needed) return needed.error();
  const Queue& queue = **needed;
  if (!browse.from.empty() && browse.from.size() != queue.partitions.size())
    return engine::Error(engine::Errc::invalid_request,
                         "a position has one offset for each partition of the queue");

  Browsed out;
  if (queue.attached()) out.topic = queue.definition.source->topic;
  std::int64_t windows_left = kWindowsMax;
  bool seen_all = true;
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    const Partition& partition = queue.partitions[i];
    const PartitionId id{static_cast<std::int32_t>(i)};
    const Offset from = browse.from.empty() ? Offset{0} : browse.from[i];
    const States states = browse.state ? States{*browse.state} : waiting_states();
    const Offset end = partition.delivery.visible_end();
    const Walk walk(partition, states, s.core.status(partition.log).start, end);
    std::vector<Offset> offsets;
    const auto visit = [&](Offset o, const MessageView& view) {
      if (out.items.size() >= browse.limit) return false;
      offsets.push_back(o);
      out.items.push_back(
          {id, o, view.state, view.receives, view.due,
           view.state == MessageState::dead ? partition.delivery.reason(o) : std::string()});
      return true;
    };
    out.next.push_back(walk.run(from, windows_left, visit));
    seen_all = seen_all && out.next.back() >= partition.delivery.visible_end();
    if (offsets.empty()) continue;
    out.plans.push_back(s.core.plan_offsets(partition.log, offsets));
    out.plan_partitions.push_back(id);
  }
  if (seen_all) out.next.clear();
  return out;
}

}  // namespace twofold::queue
