#pragma once

#include <cstddef>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/base/clock.h"

namespace twofold {

/// What a stop asks again and again, to know how long clients may still settle what they hold.
struct Unsettled {
  std::function<std::size_t()> consumers;    ///< connected; without any nobody can settle anything
  std::function<bool()> anything_in_flight;  ///< messages that somebody holds, records just read
};

/// Whether a stop that began `since` waits on. Where anybody consumed when it began (`consumed`), a
/// second passes in any case: streams end with it, and what they brought may be committed over
/// another connection. Where nobody is known to consume, but messages are held, a moment passes, in
/// which the answer that handed them out may be counted. Then for those who are still connected, as
/// long as there is something to settle.
bool goes_on_settling(const Unsettled& unsettled, bool consumed, engine::Duration since,
                      engine::Duration most);

/// Waits while a draining broker's consumers ack, give back and commit.
/// Threads  the core, whose context `core_context` is.
class SettleWatch {
 public:
  SettleWatch(boost::asio::io_context& core_context, engine::Clock& clock, Unsettled unsettled);
  SettleWatch(const SettleWatch&) = delete;
  SettleWatch& operator=(const SettleWatch&) = delete;

  /// Whether there is anything to wait for now, `most` at the latest. Before begin().
  bool is_needed(engine::Duration most);
  /// Calls `over` once nothing is left to settle, after `most` at the latest; at once when it is so
  /// already. Once.
  void begin(engine::Duration most, std::function<void()> over);

 private:
  void look(engine::Duration most);

  engine::Clock& clock_;
  const Unsettled unsettled_;
  boost::asio::steady_timer timer_;
  engine::Instant since_{0};
  bool consumed_ = false;  // somebody was connected who consumes, at any time since
  std::function<void()> over_;
};

}  // namespace twofold
