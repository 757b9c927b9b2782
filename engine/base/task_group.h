#pragma once

#include <cstddef>
#include <memory>

#include "engine/base/task.h"

namespace twofold::engine {

/// The coroutines of one I/O thread that belong together: those of a listener, say. No coroutine is
/// spawned outside a group, so none outlives what it uses.
///
/// stop() cancels what each of them waits for; they see an error and return. They are not cut off.
/// An exception that escapes a coroutine ends that coroutine only and leaves a diag line.
/// Threads  stop() and size() from any; spawn() and ended() on the executor's thread, or before it
///          runs. The group may end before its coroutines do: whatever they use must then live on.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Runs `task` up to its first wait before it returns. After stop() it is dropped unstarted.
  void spawn(Task<> task);
  void stop();
  /// Returns once no coroutine is left.
  Task<> ended();
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace twofold::engine
