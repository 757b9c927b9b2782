#include "http/metrics/survey.h"

#include <algorithm>
#include <set>
#include <utility>

namespace twofold::http::metrics {
namespace {

// Of queues and topics: partitions looked at in one turn, which are 0.1 to 0.5 ms.
constexpr std::size_t kWorkPerTurn = 500;
constexpr std::size_t kGroupsPerTurn = 50;
constexpr engine::Duration kGoodFor = std::chrono::seconds{1};

double age_seconds(engine::WallTime now, engine::WallTime then) {
  return static_cast<double>(std::max<std::int64_t>((now - then).count(), 0)) / 1e3;
}

}  // namespace

void Times::add(const queue::Spread& spread) {
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < kQueueBoundsMs.size(); ++i) {
    const std::uint64_t upto = spread.below(engine::Duration(kQueueBoundsMs[i]));
    counts[i] += upto - before;
    before = upto;
  }
  counts.back() += spread.count() - before;
  sum_seconds += static_cast<double>(spread.sum_ms()) / 1e3;
}

void Times::add(const Times& other) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  sum_seconds += other.sum_seconds;
}

void Done::add(const Done& other) {
  received += other.received;
  redelivered += other.redelivered;
  acked += other.acked;
  nacked += other.nacked;
  timed_out += other.timed_out;
  died += other.died;
  expired += other.expired;
  empty += other.empty;
  waited.add(other.waited);
  worked.add(other.worked);
}

void QueueRow::add(const QueueRow& other) {
  counters.ready += other.counters.ready;
  counters.in_flight += other.counters.in_flight;
  counters.delayed += other.counters.delayed;
  counters.blocked += other.counters.blocked;
  counters.dead += other.counters.dead;
  sent += other.sent;
  if (other.behind) behind = behind.value_or(0) + *other.behind;
  oldest_age_seconds = std::max(oldest_age_seconds, other.oldest_age_seconds);
  waiting += other.waiting;
  if (!other.done) return;
  if (!done) done = std::make_unique<Done>();
  done->add(*other.done);
}

void Surveyor::ask(MetricsDetail detail, engine::Completion<Made> done) {
  if (last_ && core_.now() < last_at_ + kGoodFor) return done(last_);
  waiting_.push_back(std::move(done));
  if (making_) return;
  detail_ = detail;
  making_ = std::make_shared<Survey>();
  turns_ = 0;
  next(At::queues);
  step();
}

void Surveyor::next(At at) {
  at_ = at;
  after_.clear();
}

void Surveyor::step() {
  ++turns_;
  switch (at_) {
    case At::queues: step_queues(); break;
    case At::topics: step_topics(); break;
    case At::groups: step_groups(); break;
    case At::end: break;
  }
  if (at_ != At::end) {
    core_.executor().post([self = shared_from_this()] { self->step(); });
    return;
  }
  constexpr int kTurnsOfASmallOne = 6;  // for each kind one, and one to see that it was all
  const Made made = std::exchange(making_, nullptr);
  last_ = turns_ > kTurnsOfASmallOne ? made : nullptr;
  last_at_ = core_.now();
  for (auto& done : std::exchange(waiting_, {})) done(made);
}

void Surveyor::step_queues() {
  const auto found = queues_.figures(after_, kWorkPerTurn);
  for (const queue::QueueFigures& one : found) {
    QueueRow row;
    row.name = one.name;
    row.counters = one.counters;
    row.sent = one.sent;
    row.waiting = one.waiting;
    if (one.attached) row.behind = one.behind;
    if (one.oldest) row.oldest_age_seconds = age_seconds(core_.wall(), *one.oldest);
    if (const queue::Traffic* const of = one.traffic) {
      row.done = std::make_unique<Done>();
      Done& done = *row.done;
      done.received = of->delivered;
      done.redelivered = of->redelivered;
      done.acked = of->acked;
      done.nacked = of->nacked;
      done.timed_out = of->timed_out;
      done.died = of->died;
      done.expired = of->expired;
      done.empty = of->empty;
      done.waited.add(of->waited);
      done.worked.add(of->worked);
    }
    making_->queues.push_back(std::move(row));
  }
  if (found.empty()) return next(At::topics);
  after_ = found.back().name;
}

void Surveyor::step_topics() {
  const auto found = topics_.list(after_, kWorkPerTurn / 4);
  std::size_t work = 0;
  for (const log::TopicInfo& info : found) {
    TopicRow row;
    row.name = info.name;
    row.id = info.id;
    std::optional<engine::WallTime> oldest;
    for (const engine::LogId log : info.logs) {
      const engine::LogStatus status = core_.status(log);
      row.partitions.push_back({static_cast<std::uint64_t>(status.start.value()),
                                static_cast<std::uint64_t>(status.visible_end.value())});
      row.bytes += status.bytes;
      row.segments += status.segments;
      row.appended_bytes += status.appended_bytes;
      if (status.oldest_append.value() > 0)
        oldest = std::min(oldest.value_or(status.oldest_append), status.oldest_append);
    }
    if (oldest) row.oldest_seconds = static_cast<double>(oldest->value()) / 1e3;
    work += row.partitions.size();
    after_ = row.name;
    making_->topics.push_back(std::move(row));
    if (work >= kWorkPerTurn) return;
  }
  if (found.empty()) next(At::groups);
}

void Surveyor::step_groups() {
  const auto found = groups_.list(after_, kGroupsPerTurn);
  for (const log::GroupInfo& group : found) {
    const std::size_t before = making_->standings.size();
    add(group);
    after_ = group.name;
    if (making_->standings.size() - before >= kWorkPerTurn) return;
  }
  if (found.empty()) next(At::end);
}

void Surveyor::add(const log::GroupInfo& group) {
  making_->groups.push_back({group.name, group.members.size(),
                             static_cast<std::uint64_t>(std::max(group.generation, 0))});
  std::set<std::string> topics;
  for (const log::CommittedOffset& offset : group.offsets) topics.insert(offset.topic);
  for (const log::GroupMember& member : group.members)
    topics.insert(member.topics.begin(), member.topics.end());
  for (const std::string& topic : topics) add(group, topic);
}

void Surveyor::add(const log::GroupInfo& group, const std::string& topic) {
  const auto ref = topics_.resolve(topic);
  if (!ref) return;
  const auto seconds = [this](const log::Lag& lag) {
    return lag.oldest ? age_seconds(core_.wall(), *lag.oldest) : 0;
  };
  Standing whole{group.name, topic};
  const log::Lag lag = groups_.lag(group.name, topic);
  whole.lag = static_cast<std::uint64_t>(lag.count);
  whole.lag_seconds = seconds(lag);
  for (const log::CommittedOffset& at : group.offsets) {
    if (at.topic != topic) continue;
    const auto committed = static_cast<std::uint64_t>(at.offset.value());
    whole.committed = whole.committed.value_or(0) + committed;
    if (detail_ == MetricsDetail::topic) continue;
    const log::Lag here = groups_.lag(topic, at.partition, at.offset);
    making_->standings.push_back({group.name, topic, at.partition.value(), committed,
                                  static_cast<std::uint64_t>(here.count), seconds(here)});
  }
  if (detail_ == MetricsDetail::topic || !whole.committed)
    making_->standings.push_back(std::move(whole));
}

std::shared_ptr<Surveyor> make_surveyor(engine::Core& core, log::Topics& topics,
                                        log::Groups& groups, queue::Queues& queues) {
  return std::make_shared<Surveyor>(core, topics, groups, queues);
}

}  // namespace twofold::http::metrics
