#include "http/metrics/survey.h"

#include <algorithm>
#include <map>
#include <utility>

#include "http/metrics/others.h"

namespace twofold::http::metrics {
namespace {

// Of queues and topics: partitions looked at in one turn. What was not used for a while is not in
// the CPU's caches: 1 to 2 us each. A request takes several turns of the core and waits in each of
// them for one of these.
constexpr std::size_t kWorkPerTurn = 50;
constexpr std::size_t kGroupsPerTurn = 10;
constexpr int kTurnsOfASmallOne = 40;  // 2 to 4 ms
constexpr engine::Duration kGoodFor = std::chrono::seconds{1};
constexpr engine::Duration kOften = std::chrono::milliseconds{1'500};
constexpr engine::Duration kPause = std::chrono::milliseconds{8};  // a tick of the wheel
constexpr int kPauses = 100;

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

void QueueRow::add(const QueueRow& other) {
  counters.ready += other.counters.ready;
  counters.in_flight += other.counters.in_flight;
  counters.delayed += other.counters.delayed;
  counters.blocked += other.counters.blocked;
  counters.dead += other.counters.dead;
  if (other.behind) behind = behind.value_or(0) + *other.behind;
  oldest_age_seconds = std::max(oldest_age_seconds, other.oldest_age_seconds);
  waiting += other.waiting;
}

Surveyor::Surveyor(engine::Core& core, log::Topics& topics, log::Groups& groups,
                   queue::Queues& queues)
    : core_(core),
      topics_(topics),
      groups_(groups),
      queues_(queues),
      others_(std::make_unique<Others>()) {}

Surveyor::~Surveyor() = default;

void Surveyor::ask(MetricsDetail detail, engine::Completion<Made> done) {
  const engine::Instant now = core_.now();
  often_ = now < std::exchange(asked_at_, now) + kOften;
  detail_ = detail;
  if (last_ && now < last_at_ + kGoodFor) {
    done(last_);
    return go_ahead();
  }
  waiting_.push_back(std::move(done));
  if (making_ && !ahead_) return;
  if (!making_) begin();
  ahead_ = false;
  go_on();
}

void Surveyor::begin() {
  making_ = std::make_shared<Survey>();
  making_->number = ++number_;
  making_->queues.reserve(queues_before_);  // to grow by moving ten thousand is a long turn
  turns_ = 0;
  next(At::queues);
}

void Surveyor::next(At at) {
  at_ = at;
  after_.clear();
}

void Surveyor::go_on() {
  turn();
  if (at_ == At::end) return end();
  core_.executor().post([self = shared_from_this()] { self->go_on(); });
}

void Surveyor::go_ahead() {
  if (!often_ || making_ || !last_) return;
  begin();
  ahead_ = true;
  core_.timers().schedule(core_.now() + kPause, *this, 0, number_);
}

void Surveyor::on_timer(std::uint32_t, std::uint64_t number, engine::Instant now) {
  if (!ahead_ || !making_ || number != number_) return;
  for (int turns = turns_before_ / kPauses + 1; turns > 0 && at_ != At::end; --turns) turn();
  if (at_ == At::end) return end();
  core_.timers().schedule(now + kPause, *this, 0, number_);
}

void Surveyor::turn() {
  ++turns_;
  switch (at_) {
    case At::queues: return step_queues();
    case At::topics: return step_topics();
    case At::groups: return step_groups();
    case At::end: return;
  }
}

void Surveyor::end() {
  queues_before_ = making_->queues.size() + kWorkPerTurn;
  turns_before_ = turns_;
  ahead_ = false;
  const Made made = std::exchange(making_, nullptr);
  last_ = turns_ > kTurnsOfASmallOne ? made : nullptr;
  last_at_ = core_.now();
  auto waiting = std::exchange(waiting_, {});
  for (auto& done : waiting) done(made);
  if (!waiting.empty()) go_ahead();
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
    row.counters = topics_.counters(info.id);
    std::optional<engine::WallTime> oldest;
    for (const engine::LogId log : info.logs) {
      const engine::LogStatus status = core_.status(log);
      row.partitions.push_back({static_cast<std::uint64_t>(status.start.value()),
                                static_cast<std::uint64_t>(status.visible_end.value())});
      row.bytes += status.bytes;
      row.segments += status.segments;
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

// A group may read very many topics: it is left in the middle when a turn was long enough.
void Surveyor::step_groups() {
  if (groups_found_.empty()) {
    groups_found_ = groups_.list(after_, kGroupsPerTurn);
    if (groups_found_.empty()) return next(At::end);
    after_ = groups_found_.back().name;
    std::reverse(groups_found_.begin(), groups_found_.end());
    begin(groups_found_.back());
  }
  std::size_t work = 0;
  while (work < kWorkPerTurn) {
    const log::GroupInfo& group = groups_found_.back();
    if (!group_topics_.empty()) {
      const GroupTopic topic = std::move(group_topics_.back());
      group_topics_.pop_back();
      add(group, topic.name, topic.offsets);
      work += topic.offsets.size() + 1;
      continue;
    }
    groups_found_.pop_back();
    if (groups_found_.empty()) return;
    begin(groups_found_.back());
  }
}

// Offsets come by topic: each topic has a stretch of them, or none.
void Surveyor::begin(const log::GroupInfo& group) {
  making_->groups.push_back({group.name, group.members.size(),
                             static_cast<std::uint64_t>(std::max(group.generation, 0))});
  std::map<std::string, Committed> topics;
  const Committed all(group.offsets);
  for (std::size_t from = 0, upto = 0; from < all.size(); from = upto) {
    while (upto < all.size() && all[upto].topic == all[from].topic) ++upto;
    topics.emplace(all[from].topic, all.subspan(from, upto - from));
  }
  for (const log::GroupMember& member : group.members)
    for (const std::string& topic : member.topics) topics.emplace(topic, Committed());
  group_topics_.clear();
  for (auto at = topics.rbegin(); at != topics.rend(); ++at)
    group_topics_.push_back({at->first, at->second});
}

void Surveyor::add(const log::GroupInfo& group, const std::string& topic, Committed offsets) {
  const auto ref = topics_.resolve(topic);
  if (!ref) return;
  const auto seconds = [this](const log::Lag& lag) {
    return lag.oldest ? age_seconds(core_.wall(), *lag.oldest) : 0;
  };
  Standing whole{group.name, topic};
  const log::Lag lag = groups_.lag(group.name, topic);
  whole.lag = static_cast<std::uint64_t>(lag.count);
  whole.lag_seconds = seconds(lag);
  for (const log::CommittedOffset& at : offsets) {
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
