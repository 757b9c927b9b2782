// How a connection ends, and what time brings: pings, heartbeats, clients that do not read.
#include <algorithm>
#include <map>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "http/lane.h"
#include "http/on_core.h"
#include "http/wire.h"
#include "http/ws/connection.h"
#include "http/ws/hub.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

namespace {

constexpr auto kClosingTime = std::chrono::seconds{3};
constexpr auto kReadingTime = std::chrono::milliseconds{250};
constexpr auto kClosingTimeDraining = std::chrono::milliseconds{500};
constexpr auto kLeastDrainTime = std::chrono::seconds{1};  // for what was read and not committed yet
constexpr auto kReconnectAfter = std::chrono::seconds{1};
constexpr std::string_view kShuttingDown = "the broker is shutting down";
constexpr int kMissesMax = 2;
constexpr auto kHelloTime = std::chrono::seconds{10};

}  // namespace

// -- the end -------------------------------------------------------------------------------------

void Connection::close(CloseCode code, std::string_view reason) {
  if (state_ != State::open) return;
  state_ = State::closing;
  over_at_ = broker().clock.now() + (draining_ ? engine::Duration(kClosingTimeDraining) : kClosingTime);
  end_all();
  outbox_.add_frame(close_frame(code, reason));
  flush();
}

// At once: nothing is waited for but that the client reads why, as long as it seems to read.
void Connection::send_away(std::string_view reason) {
  close(CloseCode::unauthenticated, reason);
  if (state_ == State::over) return;
  if (outbox_.unsent() > 0) return lose();
  lane_->tasks.spawn(lose_soon(self()));
}

Task<> Connection::lose_soon(std::shared_ptr<Connection> self) {
  asio::steady_timer timer(self->lane_->context());
  timer.expires_after(kReadingTime);
  co_await timer.async_wait(engine::kAwait);
  self->lose();
}

// The client is gone.
void Connection::lose() {
  if (state_ == State::over) return;
  alive_ = false;
  state_ = State::closing;
  end_all();
  finish();
}

void Connection::end_all() {
  for (auto& [number, sub] : std::exchange(subs_, {})) {
    sub->end(/*release=*/true);
    retire(std::move(sub));
  }
  line_.clear();
}

// It may be in the middle of something of its own: it goes with the next turn of the thread.
void Connection::retire(std::shared_ptr<Subscription> sub) {
  asio::post(lane_->context(), [sub = std::move(sub)] {});
}

void Connection::finish() {
  if (state_ == State::over) return;
  state_ = State::over;
  held_frame_.reset();
  outbox_.clear();
  lane_->common.body_bytes -= std::exchange(accounted_, 0);
  account_output();
  metrics().closed.add();
  if (wire_) wire_->cancel();
  if (ended_) std::exchange(ended_, nullptr)();
}

void Connection::cut() {
  if (wire_) wire_->cut();
  lose();
}

// Nothing new is sent; what the client holds it may still settle.
void Connection::drain() {
  if (state_ != State::open || draining_) return;
  draining_ = true;
  for (const auto& [number, sub] : subs_) sub->pause();
  const engine::Duration settle_time = common_.settling ? common_.options.settle_time : engine::Duration{0};
  const bool holds = held() > 0 || unanswered_ > 0;
  const engine::Duration deadline = holds ? settle_time : std::min<engine::Duration>(settle_time, kLeastDrainTime);
  send(goaway_frame(format(), "drain", deadline, kReconnectAfter));
  draining_since_ = broker().clock.now();
  over_at_ = draining_since_ + settle_time;
}

void Connection::end_settling() {
  if (draining_) end_drain();
}

// Who holds nothing has a moment all the same: what he has read he may want to commit.
void Connection::end_drain() {
  const engine::Instant now = broker().clock.now();
  const bool busy = held() > 0 || unanswered_ > 0 || held_frame_ || outbox_.unsent() > 0;
  const bool reads = !subs_.empty() && now - draining_since_ < kLeastDrainTime;
  if (now >= over_at_ || (!busy && !reads)) close(CloseCode::drain, kShuttingDown);
}

std::size_t Connection::held() const {
  std::size_t held = 0;
  for (const auto& [number, sub] : subs_) held += sub->held();
  return held;
}

// -- time ----------------------------------------------------------------------------------------

void Connection::tick(engine::Instant now) {
  if (state_ == State::over) return;
  if (state_ == State::closing) {
    if (now >= over_at_) finish();
    return;
  }
  // A hello may have shown another key since; what the first one opened is its own.
  if (principal_->revoked || opening_.principal->revoked) {
    return send_away("the key was revoked");
  }
  if (draining_) end_drain();
  if (state_ != State::open) return;
  if (!greeted_ && !opening_.authenticated && now - opened_ >= kHelloTime) {
    return close(CloseCode::unauthenticated, "no hello within 10 s");
  }
  watch_output(now);
  if (state_ != State::open) return;
  // What had to wait for memory may find it again; what waits on does not keep the lane's block.
  if (writable()) give_turns();
  resume_reading();
  if (state_ != State::open) return;
  inbox_.set_aside();
  account();
  if (state_ != State::open) return;
  for (const auto& [number, sub] : subs_) sub->tick(now);
  if (now >= next_ping_) ping(now);
  if (state_ != State::open || now < next_heartbeat_ || subs_.empty() || draining_) return;
  next_heartbeat_ = now + heartbeat_;
  if (writable()) lane_->tasks.spawn(say_heartbeat(self()));
}

// Only the core knows how far behind somebody is who does not keep up.
Task<> Connection::say_heartbeat(std::shared_ptr<Connection> self) {
  std::vector<std::pair<std::uint32_t, engine::UniqueFunction<std::int64_t()>>> lags;
  for (const auto& [number, sub] : self->subs_) {
    if (auto lag = sub->lag()) lags.emplace_back(number, std::move(lag));
  }
  std::map<std::uint32_t, std::int64_t> known;
  if (!lags.empty()) {
    auto ask = [&lags, &known] {
      for (auto& [number, lag] : lags) known[number] = lag();
      return true;
    };
    co_await ask_core(self->broker().core, std::move(ask));
  }
  if (self->state_ != State::open) co_return;
  std::vector<SubState> states;
  for (const auto& [number, sub] : self->subs_) {
    states.push_back(sub->state());
    if (const auto lag = known.find(number); lag != known.end()) states.back().lag = lag->second;
  }
  self->send(heartbeat_frame(self->format(), states));
}

void Connection::describe(Connected& seen) const {
  seen.client = client();
  seen.bytes_sent += outbox_.written();
  seen.messages += messages_;
  for (const auto& [number, sub] : subs_) seen.subscriptions.push_back(sub->about());
}

void Connection::count(std::size_t batches, std::size_t messages) {
  metrics().batches.add(batches);
  metrics().messages.add(messages);
  messages_ += messages;
}

StreamMetrics& Connection::metrics() const {
  return lane_->metrics.streams_of(opening_.inspection ? StreamKind::inspect : StreamKind::subscribe);
}

// A client that takes nothing of what waits for it for so long is gone.
void Connection::watch_output(engine::Instant now) {
  if (outbox_.unsent() == 0 || outbox_.written() != progress_) {
    if (outbox_.unsent() > 0) heard_ = true;  // it reads: that is a sign of life, too
    progress_ = outbox_.written();
    progress_at_ = now;
  } else {
    engine::Duration patience = common_.options.write_timeout;
    if (common_.answers.is_tight())
      patience = std::min<engine::Duration>(patience, kCrowdedWriteTimeout);
    if (now - progress_at_ >= patience) lose();
  }
}

void Connection::ping(engine::Instant now) {
  misses_ = std::exchange(heard_, false) ? 0 : misses_ + 1;
  if (misses_ >= kMissesMax) return lose();
  next_ping_ = now + kPingTime;
  outbox_.add_frame(control_frame(Opcode::ping, ""));
  send({});
}

}  // namespace twofold::http::ws
