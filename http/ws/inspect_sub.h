#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "http/inspect/frames.h"
#include "http/inspect/pace.h"
#include "http/ws/subscription.h"

namespace twofold::http {
class Lane;
namespace inspect {
class View;
}
}  // namespace twofold::http

namespace twofold::http::ws {

/// What somebody who looks on has asked for.
struct Inspection {
  inspect::Spec spec;
  std::optional<std::uint64_t> resume{};  ///< the last event that he knows
  std::optional<std::uint32_t> max_rate{};
};

/// Shows one client what happens to a topic, a queue and groups: a snapshot, then events.
///
/// It asks the view for what is new when there is something new, a moment later, so that what comes
/// together goes out together; and only while the socket takes more. A client that is slow gets
/// nothing meanwhile, and once what it missed is forgotten, a new snapshot.
/// Memory   what is on its way to the socket: about 256 KiB, and one snapshot.
class InspectSub final : public Subscription {
 public:
  InspectSub(std::shared_ptr<Connection> connection, std::uint32_t sub, Inspection asked);

  /// Begins; once.
  void open();

  // Subscription
  std::size_t on_turn(std::size_t quantum) override;
  void pause() override;
  void end(bool release) override;
  SubState state() const override;
  std::string about() const override;
  engine::UniqueFunction<std::int64_t()> lag() const override { return {}; }

 private:
  std::shared_ptr<InspectSub> self() {
    return std::static_pointer_cast<InspectSub>(shared_from_this());
  }
  static Task<> begin(std::shared_ptr<InspectSub> self);
  static Task<> step(std::shared_ptr<InspectSub> self);
  static Task<> show_everything(std::shared_ptr<InspectSub> self, std::string_view reason);
  static Task<> show(std::shared_ptr<InspectSub> self, inspect::Pulled pulled);
  void send_events(const inspect::Pulled& pulled, const MessageRecords& appended,
                   const MessageRecords& sent);
  bool calm() const;
  /// What comes next, and when.
  void wait_for_news();
  void go_after(engine::Duration pause);
  void close_view(inspect::View& view);

  const Inspection asked_;
  Broker& broker_;
  const ServerCommon& common_;
  Lane& lane_;
  inspect::FrameWriter writer_;
  inspect::Pace pace_;
  boost::asio::steady_timer timer_;
  inspect::View* view_ = nullptr;  // once it is open; used on the core only
  std::uint64_t seq_ = 0;          // everything up to here was dealt with
  inspect::Counts counts_{};       // up to there
  bool stale_ = false;             // events were left out since the last snapshot
  engine::Instant left_out_at_{0};
  engine::Instant paid_upto_{0};  // snapshots: each takes its share of time
  bool busy_ = false;
  bool paused_ = false;
};

}  // namespace twofold::http::ws
