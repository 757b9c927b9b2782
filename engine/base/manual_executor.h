#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/random.h"

namespace twofold::engine {

/// A core, journal or pool executor without a thread: it runs when a test says so, one piece of
/// work a step, on the thread of the test. Its alarm goes off by the manual clock.
class ManualExecutor final : public CoreExecutor {
 public:
  explicit ManualExecutor(ManualClock& clock) : clock_(clock) {}

  void post(UniqueFunction<void()> work) override { queue_.push_back(std::move(work)); }
  void defer(UniqueFunction<void()> work) override { queue_.push_back(std::move(work)); }
  void set_alarm(Instant due, UniqueFunction<void()> work) override;
  /// True inside step() and run().
  bool is_current() const override { return depth_ > 0; }

  /// Whether step() would do something now.
  bool ready() const { return !queue_.empty() || alarm_due(); }
  std::optional<Instant> next_alarm() const;
  /// Runs the oldest piece of work, or the alarm when it is due and nothing else waits.
  bool step();
  /// Steps until nothing is left to do at this time; says how many steps that took.
  std::size_t run_until_idle();
  /// Moves the clock on by `time`, stopping at each alarm on the way.
  void run_for(Duration time);
  /// Calls `work` at once as if it ran here, then everything that follows from it.
  template <class Work>
  void run(Work&& work) {
    ++depth_;
    std::forward<Work>(work)();
    --depth_;
    run_until_idle();
  }
  /// What a killed process does with it: nothing.
  void drop_all();

 private:
  bool alarm_due() const { return alarm_ && due_ <= clock_.now(); }

  ManualClock& clock_;
  std::deque<UniqueFunction<void()>> queue_;
  Instant due_{0};
  UniqueFunction<void()> alarm_;
  int depth_ = 0;
};

/// Several executors whose turns a seed decides: the same seed, the same run.
class ManualThreads {
 public:
  /// Without `random` the executors take turns in the order in which they were added.
  explicit ManualThreads(ManualClock& clock, Random* random = nullptr)
      : clock_(clock), random_(random) {}

  void add(ManualExecutor& executor) { executors_.push_back(&executor); }
  bool step();
  /// As ManualExecutor's, over all of them. `steps_max` is there so that a loop fails, not hangs.
  std::size_t run_until_idle(std::size_t steps_max = 10'000'000);
  void run_for(Duration time);

 private:
  ManualClock& clock_;
  Random* random_;
  std::vector<ManualExecutor*> executors_;
  std::size_t turn_ = 0;
};

}  // namespace twofold::engine
