#include "http/stats/recorder.h"

#include <algorithm>

namespace twofold::http::stats {
namespace {

constexpr std::int64_t kLateMax = 600;  // seconds that one call stands for; a machine was asleep

Step difference(const Totals& now, const Totals& before) {
  return {now.records_in - before.records_in, now.bytes_in - before.bytes_in,
          now.records_out - before.records_out, now.bytes_out - before.bytes_out};
}

}  // namespace

void Recorder::sample(engine::Instant now, engine::WallTime wall, const Totals& totals) {
  const std::lock_guard lock(mutex_);
  if (!at_) {
    at_ = now;
    wall_ = minute_end_ = wall;
    totals_ = totals;
    return;
  }
  // A tick that comes a little early or late is still one second.
  const std::int64_t seconds = std::min(((now - *at_).count() + 500) / 1000, kLateMax);
  if (seconds == 0) return;
  at_ = now;
  wall_ = wall;
  Step left = difference(totals, totals_);
  totals_ = totals;
  for (std::int64_t i = seconds; i > 0; --i) {
    Step share{};
    for (std::size_t series = 0; series < kSeries; ++series) {
      share[series] = left[series] / static_cast<std::uint64_t>(i);
      left[series] -= share[series];
    }
    push(share);
  }
}

void Recorder::push(const Step& step) {
  seconds_.push(step);
  for (std::size_t series = 0; series < kSeries; ++series) minute_[series] += step[series];
  if (++seconds_in_minute_ < 60) return;
  minutes_.push(minute_);
  minute_end_ = wall_;
  minute_ = {};
  seconds_in_minute_ = 0;
}

Chart Recorder::chart(engine::Duration window) const {
  const std::lock_guard lock(mutex_);
  const bool fine = window <= seconds_.step() * kSecondsMax;
  const Ring& ring = fine ? seconds_ : minutes_;
  const auto count =
      static_cast<std::size_t>((window + ring.step() - engine::Duration{1}) / ring.step());
  return ring.newest(count, fine ? wall_ : minute_end_);
}

void Recorder::Ring::push(const Step& step) {
  if (steps_.size() < most_) {
    steps_.push_back(step);
    return;
  }
  steps_[next_] = step;
  next_ = (next_ + 1) % most_;
}

Chart Recorder::Ring::newest(std::size_t count, engine::WallTime end) const {
  count = std::min(count, steps_.size());
  Chart chart{step_, end, {}};
  chart.steps.reserve(count);
  for (std::size_t i = steps_.size() - count; i < steps_.size(); ++i)
    chart.steps.push_back(steps_[(next_ + i) % steps_.size()]);
  return chart;
}

}  // namespace twofold::http::stats
