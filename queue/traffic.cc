#include "queue/traffic.h"

#include "queue/queues_state.h"

namespace twofold::queue {
namespace {

/// Where a class begins, in milliseconds; the last one has no end.
double begin_of(std::size_t one) {
  if (one == 0) return 0;
  const auto doublings = (one - 1) / 2;
  const double whole = static_cast<double>(std::uint64_t{1} << doublings);
  return (one - 1) % 2 == 0 ? whole : whole * 1.5;
}

}  // namespace

Spread Spread::since(const Spread& before) const {
  Spread grown;
  for (std::size_t i = 0; i < kClasses; ++i) grown.counts_[i] = counts_[i] - before.counts_[i];
  grown.sum_ms_ = sum_ms_ - before.sum_ms_;
  return grown;
}

std::uint64_t Spread::count() const {
  std::uint64_t all = 0;
  for (const std::uint64_t count : counts_) all += count;
  return all;
}

std::uint64_t Spread::below(Duration bound) const {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < class_of(bound); ++i) all += counts_[i];
  return all;
}

// Within a class they count as evenly spread.
std::optional<double> Spread::quantile(double share) const {
  const std::uint64_t all = count();
  if (all == 0) return std::nullopt;
  const double wanted = share * static_cast<double>(all);
  double before = 0;
  for (std::size_t i = 0; i < kClasses; ++i) {
    const auto here = static_cast<double>(counts_[i]);
    if (here > 0 && before + here >= wanted) {
      const double begin = begin_of(i);
      return begin + (begin_of(i + 1) - begin) * (wanted - before) / here;
    }
    before += here;
  }
  return begin_of(kClasses - 1);
}

Traffic& Queues::State::stir(const Queue& queue) {
  if (!queue.traffic) queue.traffic = std::make_unique<Traffic>();
  if (!queue.traffic->stirred) {
    queue.traffic->stirred = true;
    stirred.push_back(queue.id());
  }
  return *queue.traffic;
}

void Queues::State::count(const Queue& queue, const Op& op, const Circumstances& with) {
  const auto messages = [](const Runs& runs) { return static_cast<std::uint64_t>(count_of(runs)); };
  Traffic& traffic = stir(queue);
  if (const auto* const receive = std::get_if<ReceiveOp>(&op)) {
    traffic.delivered += messages(receive->runs);
  } else if (const auto* const ack = std::get_if<AckOp>(&op)) {
    if (with.passed_over) traffic.passed_over += messages(ack->runs);
    if (!with.passed_over && with.to.empty()) traffic.acked += messages(ack->runs);
  } else if (const auto* const nack = std::get_if<NackOp>(&op)) {
    traffic.nacked += messages(nack->runs);
  } else if (const auto* const dead = std::get_if<DeadOp>(&op)) {
    traffic.died += messages(dead->runs);
  }
}

// Of those that nobody received before: how long they lay in the log.
void Queues::State::count_waits(Traffic& traffic, LogId log, const std::vector<Delivered>& given,
                                std::size_t first) {
  const WallTime now = core.wall();
  engine::AppendedAt appended{WallTime{0}, Offset{0}};
  Offset known_from{0};
  for (std::size_t i = first; i < given.size(); ++i) {
    if (given[i].receive_count > 1) {
      ++traffic.redelivered;
      continue;
    }
    const Offset offset = given[i].offset;
    if (offset >= appended.upto || offset < known_from) {
      appended = core.appended_at(log, offset);
      known_from = offset;
    }
    traffic.waited.add(now - appended.at);
  }
}

std::vector<std::uint32_t> Queues::take_stirred(std::size_t max) {
  std::vector<std::uint32_t>& all = state_->stirred;
  const std::size_t count = std::min(max, all.size());
  std::vector<std::uint32_t> taken(all.end() - static_cast<std::ptrdiff_t>(count), all.end());
  all.resize(all.size() - count);
  std::erase_if(taken, [this](std::uint32_t id) {
    const Queue* const queue = state_->find(id);
    if (queue && queue->traffic) queue->traffic->stirred = false;
    return !queue;
  });
  return taken;
}

bool Queues::anything_in_flight() const {
  return std::any_of(state_->by_id.begin(), state_->by_id.end(),
                     [](const auto& one) { return one.second->counters().in_flight > 0; });
}

std::optional<QueueSample> Queues::sample(std::uint32_t id) const {
  const Queue* const queue = state_->find(id);
  if (!queue || !queue->traffic) return std::nullopt;
  std::uint64_t appended = 0;
  for (const Partition& partition : queue->partitions)
    appended += static_cast<std::uint64_t>(state_->core.status(partition.log).visible_end.value());
  const std::uint64_t passed_over = queue->traffic->passed_over;
  std::string_view topic;
  if (queue->attached()) topic = queue->definition.source->topic;
  return QueueSample{queue->name,     id,
                     topic,           appended - std::min(appended, passed_over),
                     *queue->traffic, queue->counters()};
}

std::vector<QueueFigures> Queues::figures(const std::string& after, std::size_t work) const {
  std::vector<QueueFigures> all;
  const std::string prefix = "queue/";
  for (const auto& key : state_->core.catalog().list(prefix, prefix + after, work)) {
    const Queue* const queue = state_->find(std::string_view(key).substr(prefix.size()));
    if (!queue) continue;
    all.push_back(state_->figures(*queue));
    work -= std::min(work, queue->partitions.size());
    if (work == 0) break;
  }
  return all;
}

QueueFigures Queues::State::figures(const Queue& queue) const {
  QueueFigures figures{queue.name, queue.counters()};
  figures.attached = queue.attached();
  figures.waiting = queue.waiters ? queue.waiters->size() : 0;
  figures.traffic = queue.traffic.get();
  for (std::size_t i = 0; i < queue.partitions.size(); ++i) {
    const Partition& partition = queue.partitions[i];
    Offset begin{0};
    if (queue.attached()) begin = queue.definition.source->start_offsets[i];
    const Offset end = core.status(partition.log).visible_end;
    if (end > begin) figures.sent += static_cast<std::uint64_t>(end.value() - begin.value());
    const auto backlog = core.backlog(partition.log, partition.delivery.floor());
    if (backlog.records == 0) continue;
    figures.behind += backlog.records;
    figures.oldest = std::min(figures.oldest.value_or(backlog.oldest_append), backlog.oldest_append);
  }
  return figures;
}

}  // namespace twofold::queue
