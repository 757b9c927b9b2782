// Writing over a connection: the window, and what goes to the core and comes back.
#include "http/rest/publishing.h"

#include "http/lane.h"
#include "http/on_core.h"
#include "http/trace/tracer.h"
#include "http/ws/writing.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

namespace {

constexpr int kWindowsIgnoredMax = 3;

// A stream belongs to no trace; its records may.
std::shared_ptr<trace::Span> begin_span(trace::Tracer& tracer, const PublishFrame& what) {
  const IncomingRecord& first = what.batch.records.front();
  const std::span<const engine::Header> headers(what.scratch.headers);
  const auto parent = trace::context_in(headers.subspan(first.headers_begin, first.headers_count));
  auto span = tracer.begin(trace::Operation::send, "send", parent);
  if (!span) return span;
  span->destination = what.topic.empty() ? what.queue : what.topic;
  span->add(what.batch.records.size());
  return span;
}

}  // namespace

bool Connection::window_full(std::size_t bytes) const {
  if (unanswered_ == 0) return false;  // one always goes
  return unanswered_ >= kWindowFrames || unanswered_bytes_ + bytes > kWindowBytes;
}

// Beyond the window nothing more is read until all of it is answered. The broker may have too much
// to do for all its clients together, too: that is nobody's fault.
bool Connection::hold_if_full(ClientFrame& frame, const std::shared_ptr<const void>& keep) {
  const bool full = window_full(frame.bytes);
  const bool crowded = unanswered_ > 0 && lane_->common.body_bytes + frame.bytes >
                                              common_.options.body_bytes_total_max;
  if (!full && !crowded) return false;
  if (full && ++windows_ignored_ >= kWindowsIgnoredMax) {
    close(CloseCode::too_much, "three publish windows were ignored");
    return true;
  }
  held_frame_.emplace(HeldFrame{std::move(frame), keep});
  return true;
}

void Connection::write(ClientFrame frame, std::shared_ptr<const void> keep) {
  // A transaction may settle what its client holds.
  if (draining_ && !std::holds_alternative<Transact>(frame.op)) {
    return refuse(frame.id, std::nullopt, {ProblemKind::draining, "The broker is shutting down."});
  }
  lane_->metrics.stream_publishes.add();
  ++unanswered_;
  unanswered_bytes_ += frame.bytes;
  lane_->common.body_bytes += frame.bytes;
  auto job = std::make_shared<Writing>(Writing{std::move(frame), std::move(keep)});
  if (std::holds_alternative<Transact>(job->frame.op)) return transact(std::move(job));
  publish(std::move(job));
}

void Connection::publish(std::shared_ptr<Writing> job) {
  PublishFrame& what = job->publish();
  if (broker().shared.tracer) job->span = begin_span(*broker().shared.tracer, what);
  const engine::WallTime now = broker().clock.wall();
  if (!what.topic.empty()) {
    auto back = [self = self(), job](Result<log::Published> published) mutable {
      self->answered(std::move(job), std::move(published));
    };
    log::Publish publish = to_publish(what.topic, what.batch, what.scratch, now);
    publish.via = log::Via::ws;
    detail::enter_core(broker().core, [&topics = broker().topics, publish = std::move(publish),
                                       back = std::move(back)]() mutable {
      topics.publish(std::move(publish), std::move(back));
    });
    return;
  }
  auto back = [self = self(), job](Result<queue::Sent> sent) mutable {
    self->answered(std::move(job), std::move(sent));
  };
  queue::Send send = to_send(what.queue, what.batch, what.scratch, now);
  detail::enter_core(broker().core, [&queues = broker().queues, send = std::move(send),
                                     back = std::move(back)]() mutable {
    queues.send(std::move(send), std::move(back));
  });
}

// On the core, or wherever it was refused; goes on on the lane.
template <class Answer>
void Connection::answered(std::shared_ptr<Writing> job, Result<Answer> result) {
  auto go_on = [self = self(), job = std::move(job), result = std::move(result)] {
    Connection& connection = *self;
    if (job->span) {
      if (!result) job->span->error = info(Problem(result.error()).kind).code;
      connection.broker().shared.tracer->end(std::move(*job->span));
    }
    if (connection.state_ == State::open) {
      if (!result) {
        const engine::Error& error = result.error();
        const PublishFrame& what = job->publish();
        connection.lane_->tasks.spawn(explain(self, job->frame.id, std::nullopt, error,
                                              what.topic.empty() ? what.queue : what.topic,
                                              error.record));
      } else if constexpr (std::is_same_v<Answer, log::Published>) {
        connection.send(published_frame(connection.format(), job->frame.id, *result));
      } else {
        connection.send(sent_frame(connection.format(), job->frame.id, *result));
      }
    }
    connection.write_answered(*job);
  };
  asio::post(lane_->context(), std::move(go_on));
}

void Connection::write_answered(const Writing& job) {
  --unanswered_;
  unanswered_bytes_ -= job.frame.bytes;
  lane_->common.body_bytes -= job.frame.bytes;
  if (state_ != State::open) return;
  if (draining_) end_drain();
  if (unanswered_ > 0) return;
  if (held_frame_ && is_write(held_frame_->frame.op)) return obey_held();
  windows_ignored_ = 0;
}

}  // namespace twofold::http::ws
