#include "http/stats/entities.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace twofold::http::stats {
namespace {

constexpr int kLateMax = 24 * 3'600;  // seconds that one call stands for; a machine was asleep
constexpr int kMinuteSeconds = 60;
constexpr auto kIdleMin = std::chrono::minutes{1};  // before somebody else may take the place
constexpr std::size_t kAveraged = 10;               // seconds
constexpr auto kSecond = std::chrono::seconds{1};
constexpr auto kMinute = std::chrono::minutes{1};

float milliseconds(const queue::Spread& spread, double share) {
  const auto found = spread.quantile(share);
  return found ? static_cast<float>(*found) : std::numeric_limits<float>::quiet_NaN();
}

// The four times of a queue, as they follow its depths.
void put_times(float* values, const queue::Spread& waited, const queue::Spread& worked) {
  values[0] = milliseconds(waited, 0.5);
  values[1] = milliseconds(waited, 0.99);
  values[2] = milliseconds(worked, 0.5);
  values[3] = milliseconds(worked, 0.99);
}

constexpr std::size_t kTimesAt = 9;  // in the series of a queue

}  // namespace

void Steps::push(const float* values) {
  if (size() < most_) {
    values_.insert(values_.end(), values, values + series_);
    return;
  }
  std::copy(values, values + series_,
            values_.begin() + static_cast<std::ptrdiff_t>(next_ * series_));
  next_ = (next_ + 1) % most_;
}

float Steps::at(std::size_t series, std::size_t step, std::size_t count) const {
  const std::size_t place = (next_ + size() - count + step) % size();
  return values_[place * series_ + series];
}

void Entities::begin(engine::Instant now, engine::WallTime wall) {
  const std::lock_guard lock(mutex_);
  // A tick that comes a little early or late is still one second; the next one makes up for it.
  const std::int64_t passed = at_ ? ((now - *at_).count() + 500) / 1000 : 1;
  seconds_ = static_cast<int>(std::clamp<std::int64_t>(passed, 0, kLateMax));
  at_ = at_ && passed <= kLateMax ? *at_ + kSecond * seconds_ : now;
  now_ = now;
  wall_ = wall;
  minutes_over_ = 0;
  first_part_ = minute_left_;
  minute_left_ -= seconds_;
  if (minute_left_ <= 0) {
    minutes_over_ = 1 - minute_left_ / kMinuteSeconds;
    last_part_ = -minute_left_ % kMinuteSeconds;
    minute_left_ = kMinuteSeconds - last_part_;
    minute_end_ = wall - kSecond * last_part_;
  }
  given_by_queues_.clear();
}

void Entities::see(const queue::QueueSample& queue) {
  const std::lock_guard lock(mutex_);
  bool is_new = false;
  Past* const past = find(queues_, queue.name, queue.id, kQueueSeries.size(), is_new);
  if (!past || seconds_ == 0) return;
  const queue::Traffic& traffic = queue.traffic;
  const std::array<std::uint64_t, kRates> totals = {queue.appended, traffic.delivered,
                                                    traffic.acked, traffic.redelivered};
  if (is_new) {
    past->totals = past->minute_began = totals;
    past->waited = past->minute_waited = traffic.waited;
    past->worked = past->minute_worked = traffic.worked;
    return;
  }
  if (!queue.topic.empty() && traffic.delivered > past->totals[1])
    given_by_queues_[std::string(queue.topic)] += traffic.delivered - past->totals[1];
  std::array<float, kQueueSeries.size()> values{};
  const queue::QueueCounters& counters = queue.counters;
  values[4] = static_cast<float>(counters.ready);
  values[5] = static_cast<float>(counters.in_flight);
  values[6] = static_cast<float>(counters.delayed);
  values[7] = static_cast<float>(counters.blocked);
  values[8] = static_cast<float>(counters.dead);
  put_times(&values[kTimesAt], traffic.waited.since(past->waited),
            traffic.worked.since(past->worked));
  past->waited = traffic.waited;
  past->worked = traffic.worked;
  const Grown grown = push(*past, totals, 4, values.data());
  if (minutes_over_ == 0) return;
  put_times(&values[kTimesAt], traffic.waited.since(past->minute_waited),
            traffic.worked.since(past->minute_worked));
  past->minute_waited = traffic.waited;
  past->minute_worked = traffic.worked;
  push_minutes(*past, grown, 4, values.data());
}

void Entities::see(std::uint32_t id, std::string_view topic, std::uint64_t appended,
                   std::uint64_t given) {
  const std::lock_guard lock(mutex_);
  if (const auto queues = given_by_queues_.find(topic); queues != given_by_queues_.end())
    given += queues->second;
  bool is_new = false;
  Past* const past = find(topics_, topic, id, kTopicSeries.size(), is_new);
  if (!past || seconds_ == 0) return;
  if (is_new) {
    past->totals[0] = past->minute_began[0] = appended;
    return;
  }
  std::array<float, kTopicSeries.size()> values{};
  const Grown grown = push(*past, {appended, past->totals[1] + given, 0, 0}, 2, values.data());
  if (minutes_over_ > 0) push_minutes(*past, grown, 2, values.data());
}

Entities::Grown Entities::push(Past& past, const std::array<std::uint64_t, kRates>& totals,
                               std::size_t rates, float* values) {
  Grown grown{};
  for (std::size_t i = 0; i < rates; ++i) {
    // What a topic's queue has passed over may be told later than what was appended.
    grown[i] = totals[i] > past.totals[i] ? totals[i] - past.totals[i] : 0;
    if (grown[i] > 0) past.active = now_;
    values[i] = static_cast<float>(grown[i]) / static_cast<float>(seconds_);
    past.totals[i] = std::max(past.totals[i], totals[i]);
  }
  const std::size_t steps = std::min(static_cast<std::size_t>(seconds_), kSecondsMax);
  for (std::size_t i = 0; i < steps; ++i) past.seconds.push(values);
  if (minutes_over_ == 0) past.seconds_in_minute += seconds_;
  return grown;
}

// The first one has what came before this step, too; those that lie within it are all alike.
void Entities::push_minutes(Past& past, const Grown& grown, std::size_t rates, float* values) {
  std::array<float, kRates> of_step{};
  past.seconds_in_minute += first_part_;
  for (std::size_t i = 0; i < rates; ++i) {
    const auto share = [&](int seconds) {
      return grown[i] * static_cast<std::uint64_t>(seconds) / static_cast<std::uint64_t>(seconds_);
    };
    const std::uint64_t later = grown[i] - share(first_part_);
    of_step[i] = values[i];
    values[i] = static_cast<float>(past.totals[i] - past.minute_began[i] - later) /
                static_cast<float>(past.seconds_in_minute);
    past.minute_began[i] = past.totals[i] - share(last_part_);
  }
  past.seconds_in_minute = last_part_;
  past.minutes.push(values);
  std::copy(of_step.begin(), of_step.begin() + static_cast<std::ptrdiff_t>(rates), values);
  for (int minute = 1; minute < minutes_over_; ++minute) past.minutes.push(values);
}

Entities::Past* Entities::find(ByName& all, std::string_view name, std::uint32_t id,
                               std::size_t series, bool& is_new) {
  auto found = all.find(name);
  if (found != all.end() && found->second.id != id) {  // another one of that name
    all.erase(found);
    found = all.end();
  }
  is_new = found == all.end();
  if (is_new) {
    if (seconds_ == 0 || (queues_.size() + topics_.size() >= kEntitiesMax && !make_room()))
      return nullptr;
    found = all.emplace(name, Past(id, series)).first;
    found->second.active = now_;
  }
  found->second.seen = true;
  return &found->second;
}

bool Entities::make_room() {
  ByName* of = nullptr;
  ByName::iterator idlest;
  for (ByName* const all : {&queues_, &topics_}) {
    for (auto at = all->begin(); at != all->end(); ++at) {
      if (of && at->second.active >= idlest->second.active) continue;
      of = all;
      idlest = at;
    }
  }
  if (!of || now_ - idlest->second.active < kIdleMin) return false;
  of->erase(idlest);
  return true;
}

void Entities::end() {
  const std::lock_guard lock(mutex_);
  if (seconds_ == 0) return;
  const auto forget = [](ByName& all) {
    for (auto at = all.begin(); at != all.end();)
      at = std::exchange(at->second.seen, false) ? std::next(at) : all.erase(at);
  };
  forget(queues_);
  forget(topics_);
}

std::vector<std::uint32_t> Entities::ids(const ByName& all) {
  std::vector<std::uint32_t> ids;
  for (const auto& [name, past] : all) ids.push_back(past.id);
  return ids;
}

std::vector<std::uint32_t> Entities::queues() const {
  const std::lock_guard lock(mutex_);
  return ids(queues_);
}

std::vector<std::uint32_t> Entities::topics() const {
  const std::lock_guard lock(mutex_);
  return ids(topics_);
}

EntityChart Entities::chart(const ByName& all, std::string_view name, std::size_t series,
                            engine::Duration window) const {
  const bool fine = window <= kSecond * kSecondsMax;
  EntityChart chart;
  chart.step = fine ? engine::Duration(kSecond) : engine::Duration(kMinute);
  chart.end = fine ? wall_ : minute_end_;
  chart.series.resize(series);
  const auto found = all.find(name);
  if (found == all.end()) return chart;
  const Steps& steps = fine ? found->second.seconds : found->second.minutes;
  const auto wanted =
      static_cast<std::size_t>((window + chart.step - engine::Duration{1}) / chart.step);
  const std::size_t count = std::min(wanted, steps.size());
  for (std::size_t i = 0; i < series; ++i)
    for (std::size_t step = 0; step < count; ++step)
      chart.series[i].push_back(steps.at(i, step, count));
  return chart;
}

EntityChart Entities::queue_chart(std::string_view name, engine::Duration window) const {
  const std::lock_guard lock(mutex_);
  return chart(queues_, name, kQueueSeries.size(), window);
}

EntityChart Entities::topic_chart(std::string_view name, engine::Duration window) const {
  const std::lock_guard lock(mutex_);
  return chart(topics_, name, kTopicSeries.size(), window);
}

std::vector<EntityRates> Entities::rates(const ByName& all, std::size_t series) {
  std::vector<EntityRates> rates;
  for (const auto& [name, past] : all) {
    const std::size_t count = std::min(kAveraged, past.seconds.size());
    std::array<float, kRates> mean{};
    for (std::size_t i = 0; i < std::min(series, kRates); ++i) {
      for (std::size_t step = 0; step < count; ++step) mean[i] += past.seconds.at(i, step, count);
      if (count > 0) mean[i] /= static_cast<float>(count);
    }
    rates.push_back({name, mean[0], mean[1], mean[2], mean[3]});
  }
  return rates;
}

std::vector<EntityRates> Entities::queue_rates() const {
  const std::lock_guard lock(mutex_);
  return rates(queues_, kQueueSeries.size());
}

std::vector<EntityRates> Entities::topic_rates() const {
  const std::lock_guard lock(mutex_);
  return rates(topics_, kTopicSeries.size());
}

}  // namespace twofold::http::stats
