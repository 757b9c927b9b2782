// Commits over a connection: publishes, acks and offsets, all of it or nothing.
#include "http/lane.h"
#include "http/on_core.h"
#include "http/rest/commit_out.h"
#include "http/trace/tracer.h"
#include "http/ws/group_sub.h"
#include "http/ws/own_call.h"
#include "http/ws/queue_sub.h"
#include "http/ws/writing.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

namespace {

// A stream belongs to no trace; the first record that is published may.
std::shared_ptr<trace::Span> begin_span(trace::Tracer& tracer, const Transaction& transaction) {
  auto span = tracer.begin(trace::Operation::send, "commit", trace::context_in(transaction));
  if (span) span->tell(transaction);
  return span;
}

}  // namespace

/// What is to be said, and told to this connection's subscriptions, once it is carried out.
struct Connection::Transacting {
  std::shared_ptr<Writing> writing;
  CommitNames names;
  std::vector<Acks> acks;
  std::vector<GroupOffsets> offsets;
};

void Connection::transact(std::shared_ptr<Writing> job) {
  CommitBody& body = job->transact().body;
  if (broker().shared.tracer) job->span = begin_span(*broker().shared.tracer, body.transaction);
  auto doing = std::make_shared<Transacting>(
      Transacting{job, CommitNames(body), body.transaction.ack, body.transaction.offsets});
  auto back = [self = self(), doing](TransactionOutcome outcome) mutable {
    auto& context = self->lane_->context();
    asio::post(context, [self = std::move(self), doing = std::move(doing),
                         outcome = std::move(outcome)]() mutable {
      auto* const refused = std::get_if<Refused>(&outcome);
      if (auto& span = doing->writing->span) {
        if (refused) span->error = info(Problem(refused->error).kind).code;
        self->broker().shared.tracer->end(std::move(*span));
      }
      if (refused) {
        auto& tasks = self->lane_->tasks;
        tasks.spawn(refuse_transaction(self, std::move(doing), std::move(*refused)));
        return;
      }
      std::string answer;
      const auto& committed = std::get<Committed>(outcome);
      if (self->format() == Format::json) {
        append_committed(answer, doing->names, committed);
      } else {
        append_committed_proto(answer, doing->names, committed);
      }
      self->transacted(*doing);
      if (self->state_ == State::open)
        self->send(committed_frame(self->format(), doing->writing->frame.id, answer));
      self->write_answered(*doing->writing);
    });
  };
  for (log::Publish& publish : body.transaction.publish) publish.via = log::Via::ws;
  detail::enter_core(broker().core, [&broker = broker(), transaction = std::move(body.transaction),
                                     back = std::move(back)]() mutable {
    commit(broker, std::move(transaction), std::move(back));
  });
}

// What was acked or committed is in nobody's hands any more.
void Connection::transacted(const Transacting& job) {
  for (const auto& [number, sub] : subs_) {
    if (auto* const queue = dynamic_cast<QueueSub*>(sub.get())) {
      for (const Acks& acks : job.acks) {
        if (acks.queue != queue->queue()) continue;
        queue->settled(acks.receipts, std::vector(acks.receipts.size(), queue::Settled::acked));
      }
    } else if (auto* const group = dynamic_cast<GroupSub*>(sub.get())) {
      for (const GroupOffsets& offsets : job.offsets)
        if (offsets.group == group->group()) group->committed({offsets.offsets});
    }
  }
}

Task<> Connection::refuse_transaction(std::shared_ptr<Connection> self,
                                      std::shared_ptr<Transacting> job, Refused refused) {
  Connection& connection = *self;
  OwnCall call(connection.broker(), connection.common_);
  auto problem = co_await explained_refusal(*call, refused, job->names);
  if (connection.state_ == State::open)
    connection.refuse(job->writing->frame.id, std::nullopt, std::move(problem));
  connection.write_answered(*job->writing);
}

}  // namespace twofold::http::ws
