#include "http/trace/span.h"

#include <algorithm>

#include "http/rest/message_id.h"
#include "http/route.h"
#include "http/sqs/stored.h"
#include "http/trace/tracer.h"
#include "http/transaction.h"

namespace twofold::http::trace {
namespace {

constexpr std::string_view kAwsField = "X-Amzn-Trace-Id";

std::optional<Context> parent_of(const Call& call) {
  if (!call.head.traceparent.empty()) return parse_traceparent(call.head.traceparent);
  const std::string_view aws = call.head.field(kAwsField);
  return aws.empty() ? std::nullopt : parse_aws_trace(aws);
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

}  // namespace

std::optional<Context> context_in(std::span<const engine::Header> headers) {
  std::optional<Context> found;
  for (const engine::Header& header : headers) {
    if (!header.value) continue;
    if (header.name == kTraceparent) {
      if (auto context = parse_traceparent(*header.value)) return context;
    }
    if (header.name == sqs::kTraceHeader) found = parse_aws_trace(*header.value);
  }
  return found;
}

void Span::count(std::size_t count, engine::PartitionId partition, engine::Offset first) {
  messages = count;
  if (count == 1) message_id = http::id_text({partition, first});
}

void Links::link(const engine::StoredRecord& record) {
  const auto found = context_in(record.headers);
  if (!found) return;
  if (links.size() == kLinksMax) {
    ++links_left_out;
    return;
  }
  links.push_back(*found);
}

void Span::tell(const Transaction& transaction) {
  std::size_t records = 0;
  std::size_t places = 0;
  const auto publishes = [&](const std::string& to, std::size_t count) {
    records += count;
    destination = ++places == 1 ? to : std::string();
  };
  for (const log::Publish& one : transaction.publish) publishes(one.topic, one.records.size());
  for (const queue::Send& one : transaction.send) publishes(one.queue, one.messages.size());
  if (records > 0) return add(records);
  operation = Operation::settle;
  for (const Acks& acks : transaction.ack) add(acks.receipts.size());
  if (transaction.ack.size() == 1) destination = transaction.ack.front().queue;
  if (transaction.offsets.size() == 1) group = transaction.offsets.front().group;
}

std::optional<Context> context_in(const Transaction& transaction) {
  for (const log::Publish& one : transaction.publish)
    if (!one.records.empty()) return context_in(one.records.front().record.headers);
  for (const queue::Send& one : transaction.send)
    if (!one.messages.empty()) return context_in(one.messages.front().record.headers);
  return std::nullopt;
}

void begin(Call& call) {
  if (!call.broker().shared.tracer || call.span) return;
  call.span = call.broker().shared.tracer->begin(route_index(*call.route), parent_of(call));
  if (!call.span) return;
  Span& span = *call.span;
  if (span.parent && is_plain(call.head.tracestate)) span.tracestate = call.head.tracestate;
  span.method = call.route->method;
  span.host = call.head.host;
  const bool of_group = call.route->scope == Scope::group;
  if (is_name(call.args[0])) (of_group ? span.group : span.destination) = call.args[0];
}

void end(Call& call) {
  Span& span = *call.span;
  const Reply& reply = call.reply;
  span.status = reply.status;
  if (reply.status >= 400 && span.error.empty()) span.error = std::to_string(reply.status);
  if (span.operation == Operation::receive)
    span.messages = reply.messages_handed_out + reply.records_read;
  if (span.operation == Operation::settle && !span.messages && reply.messages_settled > 0)
    span.messages = reply.messages_settled;
  call.reply.field(kTraceparent, traceparent_of(span.context));
  call.broker().shared.tracer->end(std::move(span));
  call.span.reset();
}

void end_piece(Call& call, std::size_t records) {
  if (!call.span) return;
  call.span->messages = records;
  if (records > 0) call.broker().shared.tracer->end(std::move(*call.span));
  call.span.reset();
}

}  // namespace twofold::http::trace
