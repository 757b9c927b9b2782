// What a client says, and who takes it.
#include <fmt/format.h>

#include "http/lane.h"
#include "http/rest/not_found.h"
#include "http/ws/connection.h"
#include "http/ws/inspect_sub.h"
#include "http/ws/own_call.h"
#include "http/ws/subscription.h"
#include "queue/client_names.h"

namespace twofold::http::ws {
namespace {

// Credit adds up in any order; whatever else is said of a subscription keeps its place.
bool keeps_its_place(const ClientOp& op) {
  return std::holds_alternative<AckFrame>(op) || std::holds_alternative<NackFrame>(op) ||
         std::holds_alternative<ExtendFrame>(op) || std::holds_alternative<CommitFrame>(op) ||
         std::holds_alternative<Seek>(op) || std::holds_alternative<Unsubscribe>(op);
}

bool needs_hello(const ClientOp& op) {
  return !std::holds_alternative<Hello>(op) && !std::holds_alternative<Ping>(op);
}

// A connection that a shortcut has opened has nothing to live for without its subscription.
CloseCode close_code(ProblemKind kind) {
  switch (info(kind).status) {
    case 401: return CloseCode::unauthenticated;
    case 403: return CloseCode::forbidden;
    case 404: return CloseCode::not_found;
    case 500: return CloseCode::internal;
    case 429:
    case 503: return CloseCode::too_much;
    default: return CloseCode::normal;
  }
}

}  // namespace

void Connection::take_frame(std::string_view bytes, std::shared_ptr<const void> keep) {
  const engine::WallTime now = broker().clock.wall();
  ReadFrame read =
      format() == Format::json ? read_json_frame(bytes, now) : read_proto_frame(bytes, now);
  switch (read.kind) {
    case ReadFrame::Kind::nonsense:
      if (format() == Format::json && !is_utf8(bytes)) {
        return close(CloseCode::not_utf8, "the text is not UTF-8");
      }
      return close(CloseCode::not_a_frame, format() == Format::json
                                               ? "the message is not a JSON object"
                                               : "the message is not a ClientFrame");
    case ReadFrame::Kind::refused:
      return refuse(read.frame.id, read.frame.sub, *std::move(read.problem));
    case ReadFrame::Kind::frame: break;
  }
  if (!greeted_ && !opening_.authenticated && needs_hello(read.frame.op)) {
    Problem problem(ProblemKind::unauthenticated, "Say hello first.");
    problem.with_hint(R"(Send {"type":"hello"}.)");
    return refuse(read.frame.id, read.frame.sub, std::move(problem));
  }
  handle(std::move(read.frame), std::move(keep));
}

void Connection::handle(ClientFrame frame, std::shared_ptr<const void> keep) {
  if (auto problem = permit_frame(frame)) return refuse(frame.id, frame.sub, *std::move(problem));
  if (is_write(frame.op)) {
    if (hold_if_full(frame, keep)) return;
    return write(std::move(frame), std::move(keep));
  }
  if (hold_if_busy(frame, keep)) return;
  std::visit(
      [&](auto& op) {
        using Op = std::remove_cvref_t<decltype(op)>;
        if constexpr (!std::is_same_v<Op, PublishFrame> && !std::is_same_v<Op, Transact>)
          take(frame.id, frame.sub, op);
      },
      frame.op);
}

bool Connection::hold_if_busy(ClientFrame& frame, const std::shared_ptr<const void>& keep) {
  const Subscription* const sub = keeps_its_place(frame.op) ? look_up(frame.sub) : nullptr;
  if (!sub || !sub->busy_) return false;
  held_frame_.emplace(HeldFrame{std::move(frame), keep});
  return true;
}

void Connection::begin(std::shared_ptr<Subscription> sub, Task<> work) {
  sub->busy_ = true;
  lane_->tasks.spawn(carry_through(self(), std::move(sub), std::move(work)));
}

Task<> Connection::carry_through(std::shared_ptr<Connection> self,
                                 std::shared_ptr<Subscription> sub, Task<> work) {
  co_await std::move(work);
  sub->busy_ = false;
  if (self->held_frame_ && !is_write(self->held_frame_->frame.op)) self->obey_held();
}

// It may have to be held again, or what comes behind it.
void Connection::obey_held() {
  HeldFrame held = *std::exchange(held_frame_, std::nullopt);
  if (is_write(held.frame.op)) {
    write(std::move(held.frame), std::move(held.keep));
  } else {
    handle(std::move(held.frame), std::move(held.keep));
  }
  resume_reading();
}

void Connection::refuse(const FrameId& id, std::optional<std::uint32_t> sub, Problem problem) {
  send(error_frame(format(), id, sub, problem, opening_.session));
}

void Connection::welcome(const FrameId& id) {
  greeted_ = true;
  Welcome welcome;
  welcome.session = opening_.session;
  welcome.window_frames = kWindowFrames;
  welcome.window_bytes = kWindowBytes;
  welcome.heartbeat = heartbeat_;
  welcome.subscriptions_max = kSubscriptionsMax;
  welcome.frame_bytes_max = common_.options.body_bytes_max;
  welcome.message_bytes_max = broker().shared.topic_defaults.record_bytes_max;
  send(welcome_frame(format(), id, welcome));
}

// The first thing that is said is the snapshot.
void Connection::inspect() {
  greeted_ = true;
  auto inspection = std::make_shared<InspectSub>(self(), 1, *opening_.inspection);
  subs_.emplace(1, inspection);
  inspection->open();
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t>, Hello& hello) {
  if (greeted_) {
    return refuse(id, std::nullopt,
                  {ProblemKind::invalid_request, "Hello was said on this connection."});
  }
  const engine::Duration asked = hello.heartbeat.value_or(heartbeat_);
  if (asked < kHeartbeatMin || asked > kHeartbeatMax) {
    return refuse(id, std::nullopt,
                  {ProblemKind::invalid_duration, "A heartbeat is from 1s to 60s.", "heartbeat"});
  }
  auto who = greeter(hello);
  if (!who || (broker().shared.access.keyring.required() && !who->known()))
    return turn_away(id, hello);
  auto home = home_of(*who);
  if (!home) {
    refuse(id, std::nullopt, std::move(home).problem());
    return close(CloseCode::unauthenticated, "a key of another namespace");
  }
  become(std::move(who), **home);
  heartbeat_ = asked;
  client_ = hello.client.substr(0, queue::ClientNames::kBytesMax);
  next_heartbeat_ = broker().clock.now() + heartbeat_;
  welcome(id);
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, CreditGrant& grant) {
  if (Subscription* const found = find(id, sub)) found->grant(grant);
}

// Asks the core to settle, and tells the subscription what came of it.
void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, Unsubscribe& op) {
  Subscription* const found = find(id, sub);
  if (!found) return;
  const std::uint32_t number = found->sub();
  auto dropped = found->shared_from_this();
  subs_.erase(number);
  dropped->end(op.release);
  retire(std::move(dropped));
  send(ok_frame(format(), id, number));
}

// An error with what a person needs to know of it. `ends`: the subscription ends with it.
Task<> Connection::explain(std::shared_ptr<Connection> self, FrameId id,
                           std::optional<std::uint32_t> sub, engine::Error error, std::string name,
                           std::optional<std::size_t> index, std::shared_ptr<Subscription> ends) {
  Connection& connection = *self;
  OwnCall call(connection.broker(), connection.common_);
  auto problem = co_await explained(*call, std::move(error), std::move(name));
  problem.index = index;
  if (ends) {
    connection.sub_refused(id, *ends, std::move(problem));
  } else {
    connection.refuse(id, sub, std::move(problem));
  }
}

void Connection::sub_refused(const FrameId& id, Subscription& sub, Problem problem) {
  if (sub.is_over()) return;
  const CloseCode code = close_code(problem.kind);
  refuse(id, sub.sub(), std::move(problem));
  drop_sub(sub, code);
}

void Connection::sub_failed(Subscription& sub, const engine::Error& error, std::string name) {
  lane_->tasks.spawn(explain(self(), FrameId{}, sub.sub(), error, std::move(name), std::nullopt,
                             sub.shared_from_this()));
}

void Connection::drop_sub(Subscription& sub, CloseCode code) {
  const auto found = subs_.find(sub.sub());
  if (found == subs_.end() || found->second.get() != &sub) return;
  auto dropped = std::move(found->second);
  subs_.erase(found);
  dropped->end(/*release=*/true);
  retire(std::move(dropped));
  if ((opening_.shortcut || opening_.inspection) && subs_.empty())
    close(code, "the subscription has ended");
}

Subscription* Connection::look_up(std::optional<std::uint32_t> sub) const {
  // With one subscription there is no doubt which is meant.
  if (!sub && subs_.size() == 1) return subs_.begin()->second.get();
  const auto found = sub ? subs_.find(*sub) : subs_.end();
  return found == subs_.end() ? nullptr : found->second.get();
}

Subscription* Connection::find(const FrameId& id, std::optional<std::uint32_t> sub) {
  if (Subscription* const found = look_up(sub)) return found;
  refuse(id, sub,
         {ProblemKind::invalid_request,
          sub ? fmt::format("There is no subscription {} here.", *sub)
              : std::string("The frame does not say which sub."),
          "sub"});
  return nullptr;
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t>, Ping&) {
  send(pong_frame(format(), id));
}

}  // namespace twofold::http::ws
