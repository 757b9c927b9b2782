#include <algorithm>
#include <utility>

#include "queue/fitting.h"
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
  std::size_t bytes_left = browse.bytes_max;
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
           view.state == MessageState::dead ? partition.delivery.reason(o) : std::string(),
           view.first, view.revived, partition.delivery.edits().of(o)});
      return true;
    };
    const std::size_t before = out.items.size();
    out.next.push_back(walk.run(from, windows_left, visit));
    if (!offsets.empty()) {
      Fitting fitting = fit(s.core, partition.log, offsets, bytes_left, before == 0 ? 1 : 0);
      bytes_left -= std::min(bytes_left, fitting.bytes);
      if (fitting.count < offsets.size()) {
        out.next.back() = offsets[fitting.count];
        out.items.erase(out.items.begin() + static_cast<std::ptrdiff_t>(before + fitting.count),
                        out.items.end());
        bytes_left = 0;
      }
      if (fitting.count > 0) {
        out.plans.push_back(std::move(fitting.plan));
        out.plan_partitions.push_back(id);
      }
    }
    seen_all = seen_all && out.next.back() >= partition.delivery.visible_end();
  }
  if (seen_all) out.next.clear();
  return out;
}

}  // namespace twofold::queue
