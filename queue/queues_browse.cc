#include <algorithm>
#include <bit>

#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

// Windows looked at in one call: a state that is rare in a long queue must not hold up the core.
constexpr std::int64_t kWindowsMax = 16'384;

/// Walks one partition, window by window, and gathers what matches.
class Walk {
 public:
  Walk(const Partition& partition, PartitionId id, const Browse& browse, Offset start,
       std::vector<BrowseItem>& items)
      : delivery_(partition.delivery), id_(id), browse_(browse), start_(start), items_(items) {}

  /// Where to go on; the end when everything was seen.
  Offset run(Offset from, std::int64_t& windows_left) {
    from = std::max({from, start_, acked_wanted() ? start_ : delivery_.floor()});
    const Offset end = delivery_.visible_end();
    while (from < end) {
      if (items_.size() >= browse_.limit || windows_left <= 0) return from;
      --windows_left;
      from = visit(window_of(from), from, end);
    }
    return end;
  }

  const std::vector<Offset>& offsets() const { return offsets_; }

 private:
  bool acked_wanted() const { return browse_.state == MessageState::acked; }

  bool matches(MessageState state) const {
    return browse_.state ? *browse_.state == state : state != MessageState::acked;
  }

  // Without a look at each message: what cannot be in a state at all.
  Bits candidates(std::int64_t window) const {
    if (!browse_.state || *browse_.state == MessageState::ready) return ~Bits{0};
    const Bits touched = delivery_.touched() ? delivery_.touched()->taken(window) : 0;
    return acked_wanted() ? ~Bits{0} : touched;
  }

  Offset visit(std::int64_t window, Offset from, Offset end) {
    Bits bits = bits_from(window, from) & bits_before(window, end) & candidates(window);
    for (; bits != 0; bits &= bits - 1) {
      const Offset o = engine::advance(window_base(window), std::countr_zero(bits));
      if (items_.size() >= browse_.limit) return o;
      const MessageView view = delivery_.view(o);
      if (!matches(view.state)) continue;
      offsets_.push_back(o);
      items_.push_back({id_, o, view.state, view.receives, view.due,
                        view.state == MessageState::dead ? delivery_.reason(o) : std::string()});
    }
    return window_base(window + 1);
  }

  const Delivery& delivery_;
  PartitionId id_;
  const Browse& browse_;
  Offset start_;
  std::vector<BrowseItem>& items_;
  std::vector<Offset> offsets_;
};

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
    Walk walk(partition, id, browse, s.core.status(partition.log).start, out.items);
    out.next.push_back(walk.run(from, windows_left));
    seen_all = seen_all && out.next.back() >= partition.delivery.visible_end();
    if (walk.offsets().empty()) continue;
    out.plans.push_back(s.core.plan_offsets(partition.log, walk.offsets()));
    out.plan_partitions.push_back(id);
  }
  if (seen_all) out.next.clear();
  return out;
}

}  // namespace twofold::queue
