#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/thread_executor.h"

namespace twofold {

/// What SIGHUP has the broker read again while it serves: certificates, keys.
///
///   reload.add("certificates", [&] { return tls.reload(); });   // while the broker is built
///   reload.request();                                           // with each SIGHUP
///
/// An action takes all of what it read, or nothing: when it fails, what was there stays in force.
/// Whatever comes of it is said in the log, by name; one that fails does not keep the others back.
/// Threads  add() before the first request(), which is made on one thread. run() and so the actions
///          on a thread that may wait for files; never two of them at once.
class Reload {
 public:
  using Action = std::function<engine::Result<>()>;

  void add(std::string name, Action action);
  bool empty() const { return actions_.empty(); }
  /// Soon, on a thread of its own: a file that hangs holds up nothing else. Asking again before it
  /// has begun is asking once.
  void request();
  void run();

 private:
  struct Named {
    std::string name;
    Action action;
  };
  std::vector<Named> actions_;
  std::mutex running_;
  std::atomic<bool> requested_{false};
  std::unique_ptr<engine::ThreadPool> thread_;  // ends first: it uses all of the above
};

}  // namespace twofold
