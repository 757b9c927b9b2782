#include "http/stats/recorder.h"

#include <algorithm>

namespace twofold::http::stats {
namespace {

// Seconds that one call stands for; a machine was asleep.
constexpr std::int64_t kLateMax = 24 * 3'600;
constexpr std::int64_t kSecondMs = 1'000;

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
  // A tick that comes a little early or late is still one second; the next one makes up for it.
  const std::int64_t passed = ((now - *at_).count() + kSecondMs / 2) / kSecondMs;
  const std::int64_t seconds = std::clamp<std::int64_t>(passed, 0, kLateMax);
  if (seconds == 0) return;
  at_ = passed <= kLateMax ? *at_ + engine::Duration(seconds * kSecondMs) : now;
  wall_ = wall;
  Step left = difference(totals, totals_);
  totals_ = totals;
  for (std::int64_t i = seconds; i > 0; --i) {
    Step share{};
    for (std::size_t series = 0; series < kSeries; ++series) {
      share[series] = left[series] / static_cast<std::uint64_t>(i);
      left[series] -= share[series];
    }
    push(share, wall - engine::Duration((i - 1) * kSecondMs));
  }
}

void Recorder::push(const Step& step, engine::WallTime end) {
  seconds_.push(step);
  for (std::size_t series = 0; series < kSeries; ++series) minute_[series] += step[series];
  if (++seconds_in_minute_ < 60) return;
  minutes_.push(minute_);
  minute_end_ = end;
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
