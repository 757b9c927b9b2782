#pragma once

#include "engine/base/clock.h"
#include "engine/base/unique_function.h"

namespace twofold::engine {

/// Somewhere functions run, one after the other, in the order they were posted.
///
/// The core, the journal thread and the storage pool are executors. The real ones own threads; the
/// simulated one is stepped by a seed, which is what makes a whole broker replayable.
/// Threads  post() may be called from any thread and never blocks.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(UniqueFunction<void()> work) = 0;
};

/// The executor that the core runs on: it can also be woken at a time, and says whether the caller
/// is already there.
class CoreExecutor : public Executor {
 public:
  /// Calls `work` once `due` has come. A later call replaces an earlier one: the core keeps one
  /// alarm and knows itself what is due.
  virtual void set_alarm(Instant due, UniqueFunction<void()> work) = 0;
  /// Runs `work` after everything that is ready now: the end of this turn.
  virtual void defer(UniqueFunction<void()> work) = 0;
  virtual bool is_current() const = 0;
};

}  // namespace twofold::engine
