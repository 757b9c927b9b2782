// What a client says, and what comes of it.
#include <algorithm>

#include <fmt/format.h>

#include "http/lane.h"
#include "http/rest/filter_in.h"
#include "http/rest/not_found.h"
#include "http/rest/position_in.h"
#include "http/ws/connection.h"
#include "http/ws/hub.h"
#include "http/ws/queue_sub.h"
#include "http/ws/topic_sub.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

namespace {

constexpr std::int32_t kTotalOrderPartitionsMax = 64;

// Requests of a stream do not wait the way long polls do.
struct NoWatch final : Watch {
  void begin_wait(std::shared_ptr<Interruptible>) override {}
  void end_wait() override {}
};

Problem later(std::string_view what) {
  return {ProblemKind::invalid_request, fmt::format("{} not available in this version.", what)};
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
  const engine::WallTime now = broker_.clock.wall();
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
  if (std::holds_alternative<PublishFrame>(frame.op)) {
    if (hold_if_full(frame, keep)) return;
    return publish(std::move(frame), std::move(keep));
  }
  std::visit(
      [&](auto& op) {
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(op)>, PublishFrame>) {
          take(frame.id, frame.sub, op);
        }
      },
      frame.op);
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
  welcome.message_bytes_max = broker_.topic_defaults.record_bytes_max;
  send(welcome_frame(format(), id, welcome));
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
  heartbeat_ = asked;
  next_heartbeat_ = broker_.clock.now() + heartbeat_;
  welcome(id);
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, Subscribe& subscribe) {
  if (!sub) {
    return refuse(id, sub, {ProblemKind::invalid_request, "A subscription has a number.", "sub"});
  }
  if (draining_) return refuse(id, sub, {ProblemKind::draining, "The broker is shutting down."});
  if (subs_.contains(*sub)) {
    return refuse(id, sub,
                  {ProblemKind::invalid_request,
                   fmt::format("There is a subscription {} already.", *sub), "sub"});
  }
  if (subs_.size() == kSubscriptionsMax) {
    return refuse(id, sub,
                  {ProblemKind::quota_exceeded,
                   fmt::format("A connection has at most {} subscriptions.", kSubscriptionsMax)});
  }
  if (!subscribe.group.empty()) {
    return refuse(id, sub, later("Subscriptions of a group are"));
  }
  if (!subscribe.topic.empty()) {
    subs_.emplace(*sub, std::make_shared<TopicSub>(self(), *sub, subscribe));
    lane_->tasks.spawn(open_topic(self(), id, *sub, std::move(subscribe)));
  } else {
    subs_.emplace(*sub, std::make_shared<QueueSub>(self(), *sub, subscribe));
    lane_->tasks.spawn(open_queue(self(), id, *sub, std::move(subscribe.queue)));
  }
}

Task<> Connection::open_topic(std::shared_ptr<Connection> self, FrameId id, std::uint32_t sub,
                              Subscribe request) {
  Connection& connection = *self;
  NoWatch watch;
  NoOutlet outlet;
  Call call(connection.broker_, connection.common_, watch, outlet);
  auto filter = read_filter(connection.broker_, request.filter, "filter");
  std::optional<Problem> problem;
  if (!filter) {
    problem = std::move(filter).problem();
    connection.refuse(id, sub, *std::move(problem));
    connection.drop_sub(sub, CloseCode::normal);
    co_return;
  }
  const bool resumes = !request.resume.empty();
  Try<Places> places = Places();
  if (resumes) {
    places = co_await places_of_cursor(call, request.topic, request.resume);
  } else {
    places = co_await find_places(call, request.topic, request.from, "from");
  }
  const auto found = connection.subs_.find(sub);
  if (connection.state_ != State::open || found == connection.subs_.end()) co_return;
  if (!places) {
    Problem refusal = std::move(places).problem();
    const CloseCode code = close_code(refusal.kind);
    if (resumes && refusal.param == "cursor") refusal.param = "resume";
    connection.refuse(id, sub, std::move(refusal));
    connection.drop_sub(sub, code);
    co_return;
  }
  if (request.total_order && places->topic.config.partitions > kTotalOrderPartitionsMax) {
    connection.refuse(id, sub,
                      {ProblemKind::invalid_request,
                       "order=total is for topics of up to 64 partitions.", "order"});
    connection.drop_sub(sub, CloseCode::normal);
    co_return;
  }
  auto spec = std::make_shared<StreamSpec>();
  spec->topic = request.topic;
  spec->topic_id = places->topic.id;
  spec->format = connection.format();
  spec->batch_max = request.batch_max;
  spec->total_order = request.total_order;
  spec->filter_text = std::move(request.filter);
  spec->filter = *std::move(filter);
  const auto topic = std::static_pointer_cast<TopicSub>(found->second);
  connection.send(subscribed_frame(connection.format(), id, sub,
                                   log::encode_cursor({spec->topic_id, places->positions})));
  topic->open(std::move(spec), std::move(places->positions));
}

Task<> Connection::open_queue(std::shared_ptr<Connection> self, FrameId id, std::uint32_t sub,
                              std::string queue) {
  Connection& connection = *self;
  auto ask = [&queues = connection.broker_.queues, &queue] { return queues.view(queue); };
  const auto view = co_await ask_core(connection.broker_.core, std::move(ask));
  const auto found = connection.subs_.find(sub);
  if (connection.state_ != State::open || found == connection.subs_.end()) co_return;
  if (!view) {
    co_await explain(self, std::move(id), sub, view.error(), std::move(queue), std::nullopt, true);
    co_return;
  }
  connection.send(subscribed_frame(connection.format(), id, sub, ""));
  connection.want_turn(*found->second);
}

// An error with what a person needs to know of it. `ends`: the subscription ends with it.
Task<> Connection::explain(std::shared_ptr<Connection> self, FrameId id,
                           std::optional<std::uint32_t> sub, engine::Error error, std::string name,
                           std::optional<std::size_t> index, bool ends) {
  Connection& connection = *self;
  NoWatch watch;
  NoOutlet outlet;
  Call call(connection.broker_, connection.common_, watch, outlet);
  auto problem = co_await explained(call, std::move(error), std::move(name));
  problem.index = index;
  const CloseCode code = close_code(problem.kind);
  connection.refuse(id, sub, std::move(problem));
  if (ends) connection.drop_sub(*sub, code);
}

void Connection::sub_failed(std::uint32_t sub, const engine::Error& error, std::string name) {
  lane_->tasks.spawn(explain(self(), FrameId{}, sub, error, std::move(name), std::nullopt, true));
}

void Connection::drop_sub(std::uint32_t sub, CloseCode code) {
  const auto found = subs_.find(sub);
  if (found == subs_.end()) return;
  auto dropped = std::move(found->second);
  subs_.erase(found);
  dropped->end(/*release=*/true);
  retire(std::move(dropped));
  if (opening_.shortcut && subs_.empty()) close(code, "the subscription has ended");
}

Subscription* Connection::find(const FrameId& id, std::optional<std::uint32_t> sub) {
  // With one subscription there is no doubt which is meant.
  if (!sub && subs_.size() == 1) return subs_.begin()->second.get();
  if (!sub) {
    refuse(id, sub, {ProblemKind::invalid_request, "The frame does not say which sub.", "sub"});
    return nullptr;
  }
  const auto found = subs_.find(*sub);
  if (found != subs_.end()) return found->second.get();
  refuse(id, sub,
         {ProblemKind::invalid_request, fmt::format("There is no subscription {} here.", *sub),
          "sub"});
  return nullptr;
}

std::shared_ptr<QueueSub> Connection::find_queue(const FrameId& id,
                                                 std::optional<std::uint32_t> sub) {
  Subscription* const found = find(id, sub);
  if (!found) return nullptr;
  auto queue = std::dynamic_pointer_cast<QueueSub>(found->shared_from_this());
  if (!queue) {
    refuse(id, found->sub(),
           {ProblemKind::invalid_request, "Records of a topic are not settled one by one.", "sub"});
  }
  return queue;
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, CreditGrant& grant) {
  if (Subscription* const found = find(id, sub)) found->grant(grant);
}

// Asks the core to settle, and tells the subscription what came of it.
template <class Start, class Done>
void Connection::settle(Start start, Done done) {
  using Results = std::vector<queue::Settled>;
  auto back = [self = self(), done = std::move(done)](Result<Results> results) mutable {
    auto& context = self->lane_->context();
    asio::post(context,
               [self = std::move(self), done = std::move(done),
                results = std::move(results)]() mutable { done(*self, std::move(results)); });
  };
  detail::enter_core(broker_.core,
                     [start = std::move(start),
                      completion = engine::Completion<Results>(std::move(back))]() mutable {
                       start(std::move(completion));
                     });
}

namespace {

/// What happens on the lane once the core has settled.
struct Settling {
  FrameId id;
  std::optional<std::uint32_t> sub;
  std::shared_ptr<QueueSub> queue;
};

}  // namespace

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, AckFrame& ack) {
  auto queue = find_queue(id, sub);
  if (!queue) return;
  auto receipts = ack.receipts;
  auto start = [&queues = broker_.queues, name = queue->queue(),
                receipts = std::move(ack.receipts)](auto done) mutable {
    queues.ack(std::move(name), std::move(receipts), std::move(done));
  };
  auto done = [settling = Settling{id, sub, std::move(queue)}, receipts = std::move(receipts)](
                  Connection& self, auto results) {
    if (results) settling.queue->settled(receipts, *results);
    self.answer_settled(settling.id, settling.sub, settling.queue->queue(), results);
  };
  settle(std::move(start), std::move(done));
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, NackFrame& nack) {
  auto queue = find_queue(id, sub);
  if (!queue) return;
  std::vector<std::string> receipts;
  for (const queue::NackItem& item : nack.items) receipts.push_back(item.receipt);
  auto start = [&queues = broker_.queues, name = queue->queue(),
                items = std::move(nack.items)](auto done) mutable {
    queues.nack(std::move(name), std::move(items), std::move(done));
  };
  auto done = [settling = Settling{id, sub, std::move(queue)}, receipts = std::move(receipts)](
                  Connection& self, auto results) {
    if (results) settling.queue->settled(receipts, *results);
    self.answer_settled(settling.id, settling.sub, settling.queue->queue(), results);
  };
  settle(std::move(start), std::move(done));
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, ExtendFrame& extend) {
  auto queue = find_queue(id, sub);
  if (!queue) return;
  auto items = extend.items;
  auto start = [&queues = broker_.queues, name = queue->queue(),
                items = std::move(extend.items)](auto done) mutable {
    queues.extend(std::move(name), std::move(items), std::move(done));
  };
  auto done = [settling = Settling{id, sub, std::move(queue)}, items = std::move(items)](
                  Connection& self, auto results) {
    if (results) settling.queue->extended(items, *results);
    self.answer_settled(settling.id, settling.sub, settling.queue->queue(), results);
  };
  settle(std::move(start), std::move(done));
}

void Connection::answer_settled(const FrameId& id, std::optional<std::uint32_t> sub,
                                const std::string& queue,
                                const Result<std::vector<queue::Settled>>& results) {
  if (state_ != State::open) return;
  if (!results) {
    lane_->tasks.spawn(explain(self(), id, sub, results.error(), queue, std::nullopt, false));
  } else if (id.given()) {
    send(acked_frame(format(), id, sub, *results));
  }
  if (draining_) end_drain();
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, CommitFrame&) {
  refuse(id, sub, later("Subscriptions of a group are"));
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t>, Transact&) {
  refuse(id, std::nullopt, later("Transactions are"));
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, Seek& seek) {
  Subscription* const found = find(id, sub);
  if (!found) return;
  const auto* const topic = dynamic_cast<TopicSub*>(found);
  if (!topic || !topic->is_open()) {
    return refuse(
        id, found->sub(),
        {ProblemKind::invalid_request,
         topic ? "The subscription is not open yet." : "A queue keeps its own place.", "sub"});
  }
  lane_->tasks.spawn(seek_topic(self(), id, found->sub(), std::move(seek.to)));
}

Task<> Connection::seek_topic(std::shared_ptr<Connection> self, FrameId id, std::uint32_t sub,
                              std::string to) {
  Connection& connection = *self;
  const auto found = connection.subs_.find(sub);
  if (found == connection.subs_.end()) co_return;
  const auto topic = std::static_pointer_cast<TopicSub>(found->second);
  NoWatch watch;
  NoOutlet outlet;
  Call call(connection.broker_, connection.common_, watch, outlet);
  Try<Places> places = Places();
  if (to.starts_with("c1.")) {
    places = co_await places_of_cursor(call, topic->topic(), std::move(to));
  } else {
    places = co_await find_places(call, topic->topic(), std::move(to), "to");
  }
  if (connection.state_ != State::open || !connection.subs_.contains(sub)) co_return;
  if (!places) {
    connection.refuse(id, sub, std::move(places).problem());
    co_return;
  }
  topic->seek(std::move(places->positions));
  connection.send(subscribed_frame(connection.format(), id, sub, topic->cursor()));
}

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

void Connection::take(const FrameId& id, std::optional<std::uint32_t>, Ping&) {
  send(pong_frame(format(), id));
}

}  // namespace twofold::http::ws
