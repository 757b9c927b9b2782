// How subscriptions begin, and where they are moved.
#include <algorithm>

#include <fmt/format.h>

#include "http/lane.h"
#include "http/on_core.h"
#include "http/rest/filter_in.h"
#include "http/rest/position_in.h"
#include "http/rest/total_order.h"
#include "http/ws/connection.h"
#include "http/ws/group_sub.h"
#include "http/ws/own_call.h"
#include "http/ws/queue_sub.h"
#include "log/cursor.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

namespace {

Try<> check_order(const Subscribe& request, std::size_t partitions) {
  return request.total_order ? check_total_order(partitions) : Try<>();
}

std::shared_ptr<StreamSpec> stream_of(Broker& broker, const Subscribe& request,
                                      std::uint32_t topic_id, Format format,
                                      std::shared_ptr<const queue::RecordFilter> filter) {
  auto spec = std::make_shared<StreamSpec>();
  spec->broker = &broker;
  spec->topic = request.topic;
  spec->topic_id = topic_id;
  spec->format = format;
  spec->batch_max = request.batch_max;
  spec->total_order = request.total_order;
  spec->filter_text = request.filter;
  spec->filter = std::move(filter);
  return spec;
}

}  // namespace

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
    auto member = fmt::format("{}-{}", opening_.session, *sub);
    auto group = std::make_shared<GroupSub>(self(), *sub, subscribe, std::move(member));
    subs_.emplace(*sub, group);
    begin(group, open_group(self(), id, group, std::move(subscribe)));
  } else if (!subscribe.topic.empty()) {
    auto topic = std::make_shared<TopicSub>(self(), *sub, subscribe);
    subs_.emplace(*sub, topic);
    begin(topic, open_topic(self(), id, topic, std::move(subscribe)));
  } else {
    auto queue = std::make_shared<QueueSub>(self(), *sub, subscribe);
    subs_.emplace(*sub, queue);
    begin(queue, open_queue(self(), id, queue));
  }
}

Task<> Connection::open_topic(std::shared_ptr<Connection> self, FrameId id,
                              std::shared_ptr<TopicSub> topic, Subscribe request) {
  Connection& connection = *self;
  OwnCall call(connection.broker(), connection.common_);
  auto filter = read_filter(connection.broker(), request.filter, "filter");
  if (!filter) {
    connection.sub_refused(id, *topic, std::move(filter).problem());
    co_return;
  }
  const bool resumes = !request.resume.empty();
  Try<Places> places = Places();
  if (resumes) {
    places = co_await places_of_cursor(*call, request.topic, request.resume);
  } else {
    places = co_await find_places(*call, request.topic, request.from, "from");
  }
  if (connection.state_ != State::open || topic->is_over()) co_return;
  if (!places) {
    Problem refusal = std::move(places).problem();
    if (resumes && refusal.param == "cursor") refusal.param = "resume";
    connection.sub_refused(id, *topic, std::move(refusal));
    co_return;
  }
  if (auto order = check_order(request, places->positions.size()); !order) {
    connection.sub_refused(id, *topic, std::move(order).problem());
    co_return;
  }
  auto spec = stream_of(connection.broker(), request, places->topic.id, connection.format(),
                        *std::move(filter));
  connection.send(subscribed_frame(connection.format(), id, topic->sub(),
                                   log::encode_cursor({spec->topic_id, places->positions})));
  topic->open(std::move(spec), std::move(places->positions));
}

// Joins first: what is read is what the group gives this member.
Task<> Connection::open_group(std::shared_ptr<Connection> self, FrameId id,
                              std::shared_ptr<GroupSub> group, Subscribe request) {
  Connection& connection = *self;
  auto filter = read_filter(connection.broker(), request.filter, "filter");
  if (!filter) {
    connection.sub_refused(id, *group, std::move(filter).problem());
    co_return;
  }
  if (group->is_over()) co_return;  // nobody would leave again
  auto join = [&topics = connection.broker().topics, &request,
               membership = group->membership()]() -> Result<log::TopicInfo> {
    auto topic = topics.find(request.topic);
    if (!topic) return topic;
    const auto holding = membership->join();
    if (!holding) return holding.error();
    return topic;
  };
  auto topic = co_await ask_core(connection.broker().core, std::move(join));
  if (connection.state_ != State::open || group->is_over()) co_return;
  if (!topic) {
    co_await explain(self, std::move(id), group->sub(), topic.error(), request.topic, std::nullopt,
                     group);
    co_return;
  }
  if (auto order = check_order(request, static_cast<std::size_t>(topic->config.partitions));
      !order) {
    connection.sub_refused(id, *group, std::move(order).problem());
    co_return;
  }
  auto spec =
      stream_of(connection.broker(), request, topic->id, connection.format(), *std::move(filter));
  connection.send(subscribed_frame(connection.format(), id, group->sub(), ""));
  group->open(std::move(spec), *std::move(topic));
}

// Any thread; the connection ends on its own.
void Connection::group_changed(std::shared_ptr<Connection> connection, std::uint32_t sub) {
  auto& context = connection->lane_->context();
  asio::post(context, [connection = std::move(connection), sub] {
    const auto found = connection->subs_.find(sub);
    if (connection->state_ != State::open || found == connection->subs_.end()) return;
    if (auto* const group = dynamic_cast<GroupSub*>(found->second.get())) group->look();
  });
}

Task<> Connection::open_queue(std::shared_ptr<Connection> self, FrameId id,
                              std::shared_ptr<QueueSub> queue) {
  Connection& connection = *self;
  auto ask = [&queues = connection.broker().queues, &queue] { return queues.view(queue->queue()); };
  const auto view = co_await ask_core(connection.broker().core, std::move(ask));
  if (connection.state_ != State::open || queue->is_over()) co_return;
  if (!view) {
    co_await explain(self, std::move(id), queue->sub(), view.error(), queue->queue(), std::nullopt,
                     queue);
    co_return;
  }
  connection.send(subscribed_frame(connection.format(), id, queue->sub(), ""));
  connection.want_turn(*queue);
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, Seek& seek) {
  Subscription* const found = find(id, sub);
  if (!found) return;
  if (auto group = std::dynamic_pointer_cast<GroupSub>(found->shared_from_this())) {
    return begin(group, seek_group(self(), id, group, std::move(seek.to)));
  }
  auto topic = std::dynamic_pointer_cast<TopicSub>(found->shared_from_this());
  if (!topic) {
    return refuse(id, found->sub(),
                  {ProblemKind::invalid_request, "A queue keeps its own place.", "sub"});
  }
  begin(topic, seek_topic(self(), id, topic, std::move(seek.to)));
}

Task<> Connection::seek_topic(std::shared_ptr<Connection> self, FrameId id,
                              std::shared_ptr<TopicSub> topic, std::string to) {
  Connection& connection = *self;
  const std::uint32_t sub = topic->sub();
  OwnCall call(connection.broker(), connection.common_);
  Try<Places> places = Places();
  if (to.starts_with("c1.")) {
    places = co_await places_of_cursor(*call, topic->topic(), std::move(to));
  } else {
    places = co_await find_places(*call, topic->topic(), std::move(to), "to");
  }
  if (connection.state_ != State::open || topic->is_over()) co_return;
  if (!places) {
    connection.refuse(id, sub, std::move(places).problem());
    co_return;
  }
  topic->seek(std::move(places->positions));
  connection.send(subscribed_frame(connection.format(), id, sub, topic->cursor()));
}

// Moves the group, all its members: each is told where it stands now.
Task<> Connection::seek_group(std::shared_ptr<Connection> self, FrameId id,
                              std::shared_ptr<GroupSub> group, std::string to) {
  Connection& connection = *self;
  const std::uint32_t sub = group->sub();
  OwnCall call(connection.broker(), connection.common_);
  Try<Places> places = Places();
  if (to.starts_with("c1.")) {
    places = co_await places_of_cursor(*call, group->topic(), std::move(to));
  } else {
    places = co_await find_places(*call, group->topic(), std::move(to), "to");
  }
  if (connection.state_ != State::open || group->is_over()) co_return;
  if (!places) {
    connection.refuse(id, sub, std::move(places).problem());
    co_return;
  }
  std::vector<log::CommittedOffset> offsets;
  for (const log::PartitionPosition& place : places->positions)
    offsets.push_back({group->topic(), place.partition, place.offset});
  auto start = [&groups = connection.broker().groups, name = group->group(),
                offsets = std::move(offsets)](engine::Completion<log::Committed> done) mutable {
    groups.seek(std::move(name), std::move(offsets), std::move(done));
  };
  const auto sought = co_await on_core<log::Committed>(connection.broker().core, std::move(start));
  if (connection.state_ != State::open || group->is_over()) co_return;
  if (!sought) {
    co_await explain(self, std::move(id), sub, sought.error(), group->topic(), std::nullopt);
    co_return;
  }
  Positions stands;
  for (const log::CommittedOffset& one : sought->stands)
    stands.push_back({one.partition, one.offset, one.seeks.value_or(0)});
  connection.send(subscribed_frame(connection.format(), id, sub,
                                   log::encode_cursor({places->topic.id, stands})));
}

}  // namespace twofold::http::ws
