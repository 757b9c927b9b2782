#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "queue/delivery.h"

namespace twofold::queue {

/// What goes with a change and its operation does not say.
struct Circumstances {
  std::string_view client{};  ///< of a receive: who asked
  std::string_view to{};      ///< of an ack: the queue where the messages went, in the same commit
  bool passed_over = false;  ///< of an ack: nobody acked, they are not for this queue (its filter),
                             ///< or a cleaning has dropped them
};

/// Where something has changed, as it is now.
struct ChangedAt {
  const std::string& queue;
  PartitionId partition;
  const Delivery& delivery;
};

/// Hears of what happens in queues, of all of them, in the turn in which it happens: for people who
/// look. There is one at most, and mostly none: then a change costs a look at a null pointer.
///
/// Contract  told once the change is made, before it is durable: a crash may take back what was
///           told. Nothing is told during recovery. An observer changes no queue.
/// Threads   the core.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_change(const ChangedAt& at, const Op& op, const Circumstances& with) = 0;
  /// What time has made ready: held too long, or no longer delayed (see the marks).
  virtual void on_due(const ChangedAt& at, const Runs& ready) = 0;
  /// The queue's own log forgot what lies before `start`.
  virtual void on_log_trimmed(const std::string& queue, Offset start) = 0;
  virtual void on_purged(const std::string& queue, std::uint64_t messages) = 0;
  virtual void on_defined(const std::string& queue, bool is_new) = 0;
  virtual void on_gone(const std::string& queue) = 0;
};

}  // namespace twofold::queue
