// Acks, nacks and extensions of messages, and commits of a group's offsets.
#include "http/lane.h"
#include "http/on_core.h"
#include "http/trace/tracer.h"
#include "http/ws/connection.h"
#include "http/ws/group_sub.h"
#include "http/ws/queue_sub.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

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

template <class T, class Start, class Done>
void Connection::carry_out(Start start, Done done) {
  auto back = [self = self(), done = std::move(done)](Result<T> results) mutable {
    auto& context = self->lane_->context();
    asio::post(context,
               [self = std::move(self), done = std::move(done),
                results = std::move(results)]() mutable { done(*self, std::move(results)); });
  };
  detail::enter_core(
      broker().core,
      [start = std::move(start), completion = engine::Completion<T>(std::move(back))]() mutable {
        start(std::move(completion));
      });
}

namespace {

using Results = std::vector<queue::Settled>;

/// What happens on the lane once the core has settled.
struct Settling {
  FrameId id;
  std::optional<std::uint32_t> sub;
  std::shared_ptr<QueueSub> queue;
  std::shared_ptr<trace::Span> span{};  ///< null for nearly all
};

std::shared_ptr<trace::Span> begin_span(Broker& broker, std::string_view name,
                                        const std::string& queue, std::size_t messages) {
  if (!broker.shared.tracer) return nullptr;
  auto span = broker.shared.tracer->begin(trace::Operation::settle, name, std::nullopt);
  if (!span) return span;
  span->destination = queue;
  span->add(messages);
  return span;
}

void end_span(Broker& broker, const Settling& settling, const Result<Results>& results) {
  if (!settling.span) return;
  if (!results) settling.span->error = info(Problem(results.error()).kind).code;
  broker.shared.tracer->end(std::move(*settling.span));
}

}  // namespace

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, AckFrame& ack) {
  auto queue = find_queue(id, sub);
  if (!queue) return;
  auto receipts = ack.receipts;
  auto start = [&queues = broker().queues, name = queue->queue(),
                receipts = std::move(ack.receipts)](auto done) mutable {
    queues.ack(std::move(name), std::move(receipts), std::move(done));
  };
  auto span = begin_span(broker(), "ack", queue->queue(), receipts.size());
  auto done = [settling = Settling{id, sub, std::move(queue), std::move(span)},
               receipts = std::move(receipts)](Connection& self, auto results) {
    end_span(self.broker(), settling, results);
    if (results) settling.queue->settled(receipts, *results);
    self.answer_settled(settling.id, settling.sub, settling.queue->queue(), results);
  };
  carry_out<Results>(std::move(start), std::move(done));
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, NackFrame& nack) {
  auto queue = find_queue(id, sub);
  if (!queue) return;
  std::vector<std::string> receipts;
  for (const queue::NackItem& item : nack.items) receipts.push_back(item.receipt);
  auto start = [&queues = broker().queues, name = queue->queue(),
                items = std::move(nack.items)](auto done) mutable {
    queues.nack(std::move(name), std::move(items), std::move(done));
  };
  auto span = begin_span(broker(), "nack", queue->queue(), receipts.size());
  auto done = [settling = Settling{id, sub, std::move(queue), std::move(span)},
               receipts = std::move(receipts)](Connection& self, auto results) {
    end_span(self.broker(), settling, results);
    if (results) settling.queue->settled(receipts, *results);
    self.answer_settled(settling.id, settling.sub, settling.queue->queue(), results);
  };
  carry_out<Results>(std::move(start), std::move(done));
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, ExtendFrame& extend) {
  auto queue = find_queue(id, sub);
  if (!queue) return;
  auto items = extend.items;
  auto start = [&queues = broker().queues, name = queue->queue(),
                items = std::move(extend.items)](auto done) mutable {
    queues.extend(std::move(name), std::move(items), std::move(done));
  };
  auto span = begin_span(broker(), "extend", queue->queue(), items.size());
  auto done = [settling = Settling{id, sub, std::move(queue), std::move(span)},
               items = std::move(items)](Connection& self, auto results) {
    end_span(self.broker(), settling, results);
    if (results) settling.queue->extended(items, *results);
    self.answer_settled(settling.id, settling.sub, settling.queue->queue(), results);
  };
  carry_out<Results>(std::move(start), std::move(done));
}

void Connection::answer_settled(const FrameId& id, std::optional<std::uint32_t> sub,
                                const std::string& queue,
                                const Result<std::vector<queue::Settled>>& results) {
  if (state_ != State::open) return;
  if (!results) {
    lane_->tasks.spawn(explain(self(), id, sub, results.error(), queue, std::nullopt));
  } else if (id.given()) {
    send(acked_frame(format(), id, sub, *results));
  }
  if (draining_) end_drain();
}

void Connection::take(const FrameId& id, std::optional<std::uint32_t> sub, CommitFrame& commit) {
  Subscription* const found = find(id, sub);
  if (!found) return;
  const auto* const group = dynamic_cast<GroupSub*>(found);
  if (!group) {
    return refuse(id, found->sub(),
                  {ProblemKind::invalid_request,
                   "Only a subscription of a group commits; messages are acked.", "sub"});
  }
  auto offsets = group->commit_of(commit.cursor);
  if (!offsets) return refuse(id, found->sub(), std::move(offsets).problem());
  if (offsets->offsets.empty()) return send(ok_frame(format(), id, found->sub()));
  auto start = [&groups = broker().groups, offsets = *std::move(offsets)](auto done) mutable {
    groups.commit(std::move(offsets), std::move(done));
  };
  auto done = [id, number = found->sub(), topic = group->topic()](Connection& self, auto result) {
    self.commit_answered(id, number, topic, result);
  };
  carry_out<log::Committed>(std::move(start), std::move(done));
}

void Connection::commit_answered(const FrameId& id, std::uint32_t sub, const std::string& topic,
                                 const Result<log::Committed>& result) {
  if (state_ != State::open) return;
  if (!result) {
    lane_->tasks.spawn(explain(self(), id, sub, result.error(), topic, std::nullopt));
    return;
  }
  const auto found = subs_.find(sub);
  if (found != subs_.end()) {
    if (auto* const group = dynamic_cast<GroupSub*>(found->second.get())) group->committed(*result);
  }
  send(ok_frame(format(), id, sub));
  if (draining_) end_drain();
}

}  // namespace twofold::http::ws
