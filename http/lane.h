#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/base/task_group.h"
#include "http/server_common.h"

namespace twofold::http {

class Session;
namespace ws {
class Hub;
}

/// What the connections of one I/O thread share: its clock (read twice a second), its part of the
/// metrics, its share of the request ids, and the list of who is connected.
/// Threads  its own I/O thread, but for metrics (read by any).
class Lane {
 public:
  Lane(boost::asio::io_context& context, ServerCommon& common);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane();

  /// Starts looking at deadlines. Ends with stop_ticking().
  void start_ticking();
  void stop_ticking();

  void enter(Session& session) { sessions_.insert(&session); }
  void leave(Session& session);
  std::size_t connections() const { return sessions_.size(); }

  /// No new requests: idle connections close, long polls are answered empty. Calls `done` once the
  /// last connection has left.
  void drain(engine::UniqueFunction<void()> done);
  bool draining() const { return draining_; }
  /// Ends every connection where it stands.
  void cut();

  engine::Instant now() const { return now_; }
  std::string_view date_line() const { return date_line_; }
  /// Another id, unlike any before: "q_" and 12 letters.
  void next_request_id(std::string& out);

  boost::asio::io_context& context() { return context_; }
  /// What the WebSocket connections share.
  ws::Hub& hub() { return *hub_; }

  ServerCommon& common;
  LaneMetrics metrics;
  engine::TaskGroup tasks;

 private:
  void tick();
  void wait_for_tick();

  boost::asio::io_context& context_;
  boost::asio::steady_timer timer_;
  engine::Instant now_;
  std::string date_line_;
  std::uint64_t next_id_;
  std::unordered_set<Session*> sessions_;
  bool draining_ = false;
  engine::UniqueFunction<void()> drained_;
  std::unique_ptr<ws::Hub> hub_;
};

}  // namespace twofold::http
