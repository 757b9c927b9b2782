#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/base/clock.h"

namespace twofold {

/// What a stop asks again and again, to know how long clients may still settle what they hold.
struct Unsettled {
  std::function<std::size_t()> consumers;    ///< connected; without any nobody can settle anything
  std::function<bool()> anything_in_flight;  ///< messages that somebody holds
};

/// Whether to wait on. A second passes in any case while consumers are connected: what they read
/// last may be committed, and an answer may be on its way to them that hands out messages.
bool goes_on_settling(const Unsettled& unsettled, engine::Duration since, engine::Duration most);

/// Waits while a draining broker's consumers ack, give back and commit.
/// Threads  the core, whose context `core_context` is.
class SettleWatch {
 public:
  SettleWatch(boost::asio::io_context& core_context, engine::Clock& clock, Unsettled unsettled);
  SettleWatch(const SettleWatch&) = delete;
  SettleWatch& operator=(const SettleWatch&) = delete;

  /// Calls `over` once nothing is left to settle, after `most` at the latest; at once when it is so
  /// already. Once.
  void begin(engine::Duration most, std::function<void()> over);

 private:
  void look(engine::Duration most);

  engine::Clock& clock_;
  const Unsettled unsettled_;
  boost::asio::steady_timer timer_;
  engine::Instant since_{0};
  std::function<void()> over_;
};

}  // namespace twofold
