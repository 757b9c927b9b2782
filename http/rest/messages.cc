// Messages: send, receive, browse.
#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "http/hand_out.h"
#include "http/message_page.h"
#include "http/once.h"
#include "http/rest/handlers.h"
#include "http/rest/json_request.h"
#include "http/rest/message.h"
#include "http/rest/not_found.h"
#include "http/rest/page_answer.h"
#include "http/rest/position_in.h"
#include "http/rest/queue_out.h"
#include "http/rest/raw_in.h"
#include "http/rest/receive_in.h"
#include "http/rest/record_in.h"
#include "http/rest/record_out.h"
#include "http/rest/send_out.h"
#include "http/retry_later.h"
#include "http/trace/span.h"

namespace twofold::http {
namespace {

struct Answered {
  queue::Received received;
  bool interrupted = false;
};

// `until` is set by the first receive of a request, for those that follow it.
Task<Result<Answered>> receive(Call& call, const ReceiveRequest& request,
                               std::optional<engine::Instant>& until) {
  queue::Queues& queues = call.broker().queues;
  auto start =
      [&queues, &clock = call.broker().clock, &request, &until,
       bytes_max = answer_bytes(call, kReceiveBytesMax)](engine::Completion<queue::Received> done) {
        const queue::QueueConfig* const config = queues.config(request.queue);
        const engine::Duration queue_wait = config ? config->receive_wait : engine::Duration{0};
        if (!until) until = clock.now() + request.wait.value_or(queue_wait);
        queue::Receive receive{
            request.queue, request.max, bytes_max, request.visibility_timeout, {}, request.client};
        return queues.receive(std::move(receive), *until, std::move(done));
      };
  auto cancel = [&queues](std::uint64_t ticket) { queues.cancel(ticket); };
  auto received = co_await wait_on_core<queue::Received>(call.watch, call.broker().core,
                                                         std::move(start), std::move(cancel));
  Answered answered;
  if (received) {
    if (!*received) co_return received->error();
    answered.received = **std::move(received);
    co_return answered;
  }
  // Cut short: nothing was received and nothing will be; say how the queue stands.
  auto ask = [&queues, &request] { return queues.find(request.queue); };
  const auto queue = co_await ask_core(call.broker().core, std::move(ask));
  if (!queue) co_return queue.error();
  answered.received.counters = queue->counters;
  answered.interrupted = true;
  co_return answered;
}

void append_why(JsonWriter& json, const Broker& broker, const queue::Received& received) {
  const queue::QueueCounters& counters = received.counters;
  std::string_view code = "empty";
  if (counters.in_flight > 0) code = "all-in-flight";
  if (counters.delayed > 0 && counters.in_flight == 0) code = "all-delayed";
  if (counters.blocked > 0) code = "all-blocked";
  if (received.paused) code = "paused";
  json.name("why").begin_object().name("code").string(code);
  json.name("in_flight").number(counters.in_flight).name("delayed").number(counters.delayed);
  json.name("blocked").number(counters.blocked);
  if (received.next_eligible) {
    json.name("next_eligible_at")
        .string(engine::format_time(on_calendar(broker, *received.next_eligible)));
  }
  json.end_object();
}

void render_json(Call& call, const queue::Received& received, const MessageRecords& records) {
  JsonWriter json(call.reply.body);
  RecordWriter writer(received.topic);
  json.begin_object().name("messages").begin_array();
  for (std::size_t i = 0; i < received.messages.size(); ++i) {
    const engine::StoredRecord* record = records.record(i);
    if (!record) continue;
    const queue::Delivered& delivered = received.messages[i];
    MessagePart part;
    part.receipt = delivered.receipt;
    part.receive_count = delivered.receive_count;
    part.visible_at = on_calendar(call.broker(), delivered.visible_at);
    writer.json(json, delivered.partition, *record, &part);
  }
  json.end_array().name("queue");
  append_counters(json, received.counters);
  if (!received.topic.empty()) json.name("topic").string(received.topic);
  if (received.messages.empty()) append_why(json, call.broker(), received);
  json.end_object();
}

void render_protobuf(Call& call, const queue::Received& received, const MessageRecords& records) {
  call.reply.content_type = kProtobuf;
  RecordWriter writer(received.topic);
  for (std::size_t i = 0; i < received.messages.size(); ++i) {
    const engine::StoredRecord* record = records.record(i);
    if (!record) continue;
    const queue::Delivered& delivered = received.messages[i];
    MessagePart part;
    part.receipt = delivered.receipt;
    part.receive_count = delivered.receive_count;
    part.visible_at = on_calendar(call.broker(), delivered.visible_at);
    writer.protobuf(call.reply.body, 1, delivered.partition, *record, &part);
  }
  std::string counters;
  ProtoWriter nested(counters);
  nested.number(1, received.counters.ready);
  nested.number(2, received.counters.in_flight);
  nested.number(3, received.counters.delayed);
  nested.number(4, received.counters.blocked);
  nested.number(5, received.counters.dead);
  ProtoWriter proto(call.reply.body);
  proto.present_bytes(2, counters);
  proto.bytes(3, received.topic);
}

Task<Try<>> send_batch(Call& call, const std::string& queue, const IncomingBatch& batch) {
  auto start = [&queues = call.broker().queues,
                send = to_send(queue, batch, call.scratch, call.broker().clock.wall())](
                   engine::Completion<queue::Sent> done,
                   engine::Decided<queue::Sent> decided) mutable {
    queues.send(std::move(send), std::move(done), std::move(decided));
  };
  auto sent = co_await write_once<queue::Sent>(call, std::move(start));
  if (!sent) {
    auto problem = co_await explained(call, sent.error(), queue);
    if (sent.error().record) problem.index = *sent.error().record;
    co_return problem;
  }
  render_sent(call, *sent);
  co_return Try<>();
}

}  // namespace

Task<Try<>> send_messages(Call& call) {
  auto queue = call.name(0);
  if (!queue) co_return std::move(queue).problem();
  auto batch = read_batch(call, Destination::queue);
  if (!batch) co_return std::move(batch).problem();
  co_return co_await send_batch(call, *queue, *batch);
}

Task<Try<>> send_raw(Call& call) {
  auto queue = call.name(0);
  if (!queue) co_return std::move(queue).problem();
  auto batch = read_raw(call, Destination::queue);
  if (!batch) co_return std::move(batch).problem();
  co_return co_await send_batch(call, *queue, *batch);
}

Task<Try<>> receive_messages(Call& call) {
  auto request = read_receive(call);
  if (!request) co_return std::move(request).problem();
  std::optional<engine::Instant> until;
  Answered answered;
  MessageRecords records;
  bool again = true;
  for (int round = 0; again && round < kRoundsMax; ++round) {
    auto got = co_await receive(call, *request, until);
    if (!got) co_return co_await explained(call, got.error(), request->queue);
    answered = *std::move(got);
    auto places = places_of(answered.received.messages);
    records = co_await MessageRecords::load(call, answered.received.plans,
                                            answered.received.plan_partitions, std::move(places),
                                            kReceiveBytesMax);
    again = sort_out(call, request->queue, answered.received, records);
    if (records.has_no_room()) co_return Problem(*records.trouble());
  }
  queue::Received& received = answered.received;
  if (nothing_readable(request->queue, records))
    co_return co_await explained(call, *records.trouble(), request->queue);
  if (answered.interrupted) call.reply.field("Retry-After", retry_later(call.broker().random));
  if (call.answer_in == Media::protobuf) {
    render_protobuf(call, received, records);
  } else {
    render_json(call, received, records);
  }
  trace::link(call, records);
  hand_out(call, request->queue, std::move(received.messages));
  co_return Try<>();
}

}  // namespace twofold::http
