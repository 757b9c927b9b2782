#include "engine/base/manual_executor.h"

#include <algorithm>

#include "engine/base/check.h"

namespace twofold::engine {
namespace {

/// Moves `clock` to the next alarm, if it is not after `end`. False once there is none.
bool go_to(ManualClock& clock, std::optional<Instant> alarm, Instant end) {
  if (!alarm || *alarm > end) return false;
  clock.advance(std::max(*alarm - clock.now(), Duration::zero()));
  return true;
}

}  // namespace

void ManualExecutor::set_alarm(Instant due, UniqueFunction<void()> work) {
  due_ = due;
  alarm_ = std::move(work);
}

std::optional<Instant> ManualExecutor::next_alarm() const {
  if (!alarm_) return std::nullopt;
  return due_;
}

bool ManualExecutor::step() {
  UniqueFunction<void()> work;
  if (!queue_.empty()) {
    work = std::move(queue_.front());
    queue_.pop_front();
  } else if (alarm_due()) {
    work = std::move(alarm_);
  } else {
    return false;
  }
  ++depth_;
  work();
  --depth_;
  return true;
}

std::size_t ManualExecutor::run_until_idle() {
  std::size_t steps = 0;
  while (step()) ++steps;
  return steps;
}

void ManualExecutor::run_for(Duration time) {
  const auto end = clock_.now() + time;
  run_until_idle();
  while (go_to(clock_, next_alarm(), end)) run_until_idle();
  clock_.advance(end - clock_.now());
  run_until_idle();
}

void ManualExecutor::drop_all() {
  queue_.clear();
  alarm_ = nullptr;
}

bool ManualThreads::step() {
  std::vector<ManualExecutor*> ready;
  for (std::size_t i = 0; i < executors_.size(); ++i) {
    auto* executor = executors_[(turn_ + i) % executors_.size()];
    if (executor->ready()) ready.push_back(executor);
  }
  if (ready.empty()) return false;
  ++turn_;
  return ready[random_ ? random_->below(ready.size()) : 0]->step();
}

std::size_t ManualThreads::run_until_idle(std::size_t steps_max) {
  std::size_t steps = 0;
  while (step()) {
    ++steps;
    TF_CHECK(steps < steps_max);
  }
  return steps;
}

void ManualThreads::run_for(Duration time) {
  const auto end = clock_.now() + time;
  const auto first_alarm = [this] {
    std::optional<Instant> first;
    for (const auto* executor : executors_) {
      const auto alarm = executor->next_alarm();
      if (alarm && (!first || *alarm < *first)) first = alarm;
    }
    return first;
  };
  run_until_idle();
  while (go_to(clock_, first_alarm(), end)) run_until_idle();
  clock_.advance(end - clock_.now());
  run_until_idle();
}

}  // namespace twofold::engine
