#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace twofold {

/// Tells whoever started the process how it is, as systemd wants to hear it (Type=notify,
/// WatchdogSec).
///
/// Contract
///   ready()     READY=1, and from now on WATCHDOG=1 at half the interval that was asked for. It
///               comes from the event loop given: a loop that hangs falls silent, and is ended.
///   stopping()  STOPPING=1; the watchdog is still answered, a stop may take its time.
///   ended()     nothing more is said, so that the loop can run out of work.
/// Without NOTIFY_SOCKET in the environment nothing is ever sent. What cannot be sent is left out:
/// a supervisor that is gone is no reason to stop.
/// Threads  that of the loop.
/// Source   sd_notify(3): datagrams of KEY=VALUE lines to a Unix socket, '@' for an abstract one;
///          WATCHDOG_USEC in microseconds, WATCHDOG_PID the process it is meant for.
class Supervisor {
 public:
  explicit Supervisor(boost::asio::io_context& loop);

  void ready(std::string_view status);
  void stopping();
  void ended();

 private:
  void send(std::string_view text) const;
  void answer_watchdog();

  const std::string socket_;                                 // empty: nobody listens
  const std::optional<std::chrono::microseconds> watchdog_;  // how long silence is tolerated
  boost::asio::steady_timer timer_;
};

}  // namespace twofold
