#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/base/task_group.h"
#include "http/connected.h"
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

  /// Answers the connection's number.
  std::uint64_t enter(Session& session);
  void leave(Session& session);
  std::size_t connections() const { return sessions_.size(); }

  /// Those behind `after`, by their numbers.
  std::vector<Connected> connected(std::uint64_t after, std::size_t max) const;
  /// Ends one; false when it is not (or no longer) here.
  bool disconnect(std::uint64_t number);
  /// Ends one, unless it has become known meanwhile who it is.
  void dismiss(std::uint64_t number);
  /// Which of all lanes a connection's number is of.
  static std::size_t lane_of(std::uint64_t number) { return number >> kNumberBits; }

  /// Long polls are answered empty, idle connections close unless common.settling. Calls `done` once
  /// the last connection has left.
  void drain(engine::UniqueFunction<void()> done);
  bool draining() const { return draining_; }
  /// Of a drain: when whoever has not finished asking, or reading, is cut.
  engine::Instant last_call() const { return last_call_; }
  /// Likewise whoever has not even begun: nobody knows who it is, or what is asked.
  engine::Instant last_beginning() const { return last_beginning_; }
  /// common.settling is over: idle connections close.
  void end_settling();
  /// Ends every connection where it stands.
  void cut();

  engine::Instant now() const { return now_; }
  std::string_view date_line() const { return date_line_; }
  /// Whether the log tells of another refusal now: of some in each tick, the rest is counted there.
  bool tells_of_refusal() { return ++refusals_ <= kRefusalsTold; }
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
  void sum_up_refusals();

  boost::asio::io_context& context_;
  boost::asio::steady_timer timer_;
  engine::Instant now_;
  std::string date_line_;
  std::uint64_t next_id_;
  static constexpr int kNumberBits = 40;
  static constexpr std::size_t kRefusalsTold = 5;
  std::map<std::uint64_t, Session*> sessions_;
  std::uint64_t last_number_ = 0;
  bool draining_ = false;
  engine::Instant last_call_{std::numeric_limits<std::int64_t>::max()};
  engine::Instant last_beginning_ = last_call_;
  std::size_t refusals_ = 0;  // since the last tick
  engine::UniqueFunction<void()> drained_;
  std::unique_ptr<ws::Hub> hub_;
};

}  // namespace twofold::http
