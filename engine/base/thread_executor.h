#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/executor.h"

namespace twofold::engine {

/// Some threads that take work from one queue, oldest first; cold reads run here. With more than
/// one thread, work that was posted earlier starts earlier but need not end earlier.
///
/// The destructor runs everything that was posted, also by that work itself, and then returns.
/// Threads  post() from any thread; never blocks longer than it takes to append to the queue.
class ThreadPool final : public Executor {
 public:
  /// `name` is what a debugger and top show; the system keeps its first 15 characters.
  ThreadPool(std::string name, std::size_t threads);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void post(UniqueFunction<void()> work) override;
  /// Whether the caller is one of these threads.
  bool is_current() const;

 private:
  void run(const std::string& name);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<UniqueFunction<void()>> queue_;  // guarded by mutex_
  std::size_t running_ = 0;                   // guarded by mutex_
  bool ending_ = false;                       // guarded by mutex_
  std::vector<std::thread> threads_;
};

/// One thread that does what it was given in the order in which it was given: the journal thread.
class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(std::string name) : pool_(std::move(name), 1) {}

  void post(UniqueFunction<void()> work) override { pool_.post(std::move(work)); }
  bool is_current() const { return pool_.is_current(); }

 private:
  ThreadPool pool_;
};

}  // namespace twofold::engine
