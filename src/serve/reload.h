#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace twofold {

/// What SIGHUP has the broker read again while it serves: certificates, keys.
///
///   reload.add("certificates", [&] { return tls.reload(); });   // while the broker is built
///   reload.run();                                               // with each SIGHUP
///
/// An action takes all of what it read, or nothing: when it fails, what was there stays in force.
/// Whatever comes of it is said in the log, by name; one that fails does not keep the others back.
/// Threads  add() before the first run(). run() on a thread that may wait for files, and so the
///          actions; never two of them at once.
class Reload {
 public:
  using Action = std::function<engine::Result<>()>;

  void add(std::string name, Action action);
  bool empty() const { return actions_.empty(); }
  void run();

 private:
  struct Named {
    std::string name;
    Action action;
  };
  std::vector<Named> actions_;
  std::mutex running_;
};

}  // namespace twofold
