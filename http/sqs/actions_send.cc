// SendMessage and SendMessageBatch: one message is a batch of one that has no id.
#include <algorithm>

#include <fmt/format.h>

#include "http/sqs/action.h"
#include "http/sqs/attributes.h"
#include "http/sqs/batch.h"
#include "http/sqs/digest.h"
#include "http/sqs/message_attributes.h"
#include "http/sqs/ordering.h"
#include "http/sqs/stored.h"
#include "http/sqs/uuid.h"
#include "http/trace/span.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kTraceField = "X-Amzn-Trace-Id";

/// The messages of one call on their way to the queue. What is wrong with one of a batch does not
/// stop the others.
struct Outgoing {
  std::string queue;
  std::span<const Item> items;
  bool batch = false;
  std::vector<std::optional<Fault>> faults;  ///< one per item
  std::vector<queue::Token> tokens;          ///< MessageIds
  std::vector<std::string> ids;              ///< and their texts
  std::vector<std::string> content_ids;      ///< in FIFO queues, of those that have no id
  std::vector<queue::SendMessage> messages;
  bool fifo = false;
};

std::size_t size_of(const Item& item) {
  return item.body.value_or("").size() + size_of(item.attributes);
}

bool has_body(const Item& item) { return !item.body.value_or("").empty(); }

Outcome<> check_message(const Item& item, bool fifo, std::int64_t delay_max) {
  if (!has_body(item)) return missing_parameter("MessageBody");
  if (auto ordering = check_ordering(item, fifo); !ordering) return ordering;
  if (item.delay_seconds && (*item.delay_seconds < 0 || *item.delay_seconds > delay_max)) {
    return invalid_value(std::to_string(*item.delay_seconds), "DelaySeconds",
                         fmt::format("DelaySeconds must be >= 0 and <= {}.", delay_max));
  }
  if (!is_message_text(*item.body)) return invalid_text();
  if (auto system = check_system_attributes(item.system_attributes); !system) return system;
  return check_attributes(item.attributes);
}

Outcome<> check_total_size(std::span<const Item> items) {
  std::size_t total = 0;
  for (const Item& item : items) total += size_of(item);
  if (total <= kBatchBytesMax) return {};
  return Fault(Code::batch_request_too_long,
               fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.",
                           kBatchBytesMax, total));
}

std::string_view trace_of(const Exchange& exchange, const Item& item) {
  if (!item.system_attributes.empty()) return *item.system_attributes.front().text;
  const std::string_view field = exchange.call.head.field(kTraceField);
  return is_message_text(field) && is_utf8(field) ? field : std::string_view();
}

// Everything that can be said without the queue. A batch goes on without what is wrong in it.
Outcome<Outgoing> prepare(Exchange& exchange, std::span<const Item> items, bool batch) {
  auto queue = exchange.queue();
  if (!queue) return queue.fault();
  if (batch) {
    auto checked = check_batch(items, "SendMessageBatchRequestEntry", exchange.options().batch_max);
    if (!checked) return checked.fault();
    auto fits = check_total_size(items);
    if (!fits) return fits.fault();
  } else if (!has_body(items.front())) {
    return missing_parameter("MessageBody");
  }
  Outgoing outgoing;
  outgoing.queue = *std::move(queue);
  outgoing.fifo = is_fifo_name(outgoing.queue);
  if (outgoing.fifo) {
    if (auto grouped = check_groups(items, batch); !grouped) return grouped.fault();
  }
  outgoing.items = items;
  outgoing.batch = batch;
  outgoing.faults.resize(items.size());
  const std::int64_t delay_max = exchange.options().delay_max.count();
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto checked = check_message(items[i], outgoing.fifo, delay_max);
    if (!checked && !batch) return checked.fault();
    if (!checked) outgoing.faults[i] = checked.fault();
    outgoing.tokens.push_back(random_uuid(exchange.broker().random));
    outgoing.ids.push_back(uuid_text(outgoing.tokens.back()));
    if (!outgoing.fifo) continue;
    outgoing.content_ids.push_back(items[i].dedup_id ? std::string()
                                                     : sha256_hex(items[i].body.value_or("")));
  }
  return outgoing;
}

Fault too_large(bool batch, std::size_t bytes_max) {
  return {Code::invalid_parameter_value,
          fmt::format("One or more parameters {}. Reason: Message must be shorter than {} bytes.",
                      batch ? "cannot be validated" : "are invalid", bytes_max)};
}

// Only the queue knows how large its messages may be.
void check_sizes(Outgoing& outgoing, std::size_t bytes_max) {
  for (std::size_t i = 0; i < outgoing.items.size(); ++i) {
    if (outgoing.faults[i] || size_of(outgoing.items[i]) <= bytes_max) continue;
    outgoing.faults[i] = too_large(outgoing.batch, bytes_max);
  }
}

std::optional<engine::Duration> delay_of(const Item& item) {
  if (!item.delay_seconds) return std::nullopt;
  return std::chrono::seconds{*item.delay_seconds};
}

void make_records(Exchange& exchange, Outgoing& outgoing) {
  Scratch& scratch = exchange.call.scratch;
  std::size_t headers = 0;
  for (const Item& item : outgoing.items) headers += headers_needed(item);
  scratch.headers.reserve(headers);
  const engine::WallTime now = exchange.broker().clock.wall();
  for (std::size_t i = 0; i < outgoing.items.size(); ++i) {
    if (outgoing.faults[i]) continue;
    const Item& item = outgoing.items[i];
    const Notes notes{outgoing.ids[i], trace_of(exchange, item), item.dedup_id.value_or("")};
    queue::SendMessage message{to_record(item, notes, now, scratch), delay_of(item), {}};
    message.token = outgoing.tokens[i];
    if (outgoing.fifo) {
      message.delay.reset();
      message.dedup_id = item.dedup_id;
      message.content_id = outgoing.content_ids[i];
    }
    outgoing.messages.push_back(std::move(message));
  }
}

// The first message with a group makes a standard queue fair, as on AWS.
bool has_groups(const Outgoing& outgoing) {
  return std::any_of(outgoing.items.begin(), outgoing.items.end(),
                     [](const Item& item) { return item.group_id.has_value(); });
}

// On the core.
void send(Exchange& exchange, Outgoing& outgoing, Decided<queue::Sent> done) {
  const queue::QueueConfig* const config = exchange.broker().queues.config(outgoing.queue);
  if (!config) return done(Outcome<queue::Sent>(no_such_queue()));
  if (outgoing.fifo && !config->dedup_content) {
    auto sound = check_dedup_ids(outgoing.items);
    if (!sound) return done(Outcome<queue::Sent>(sound.fault()));
  }
  check_sizes(outgoing, config->record_bytes_max);
  if (!outgoing.batch && outgoing.faults[0]) return done(Outcome<queue::Sent>(*outgoing.faults[0]));
  make_records(exchange, outgoing);
  if (outgoing.messages.empty()) {
    return done(Outcome<queue::Sent>(queue::Sent{{}, engine::Durability::disk, engine::LogId{0}}));
  }
  queue::Send request{outgoing.queue, std::move(outgoing.messages), std::nullopt};
  request.makes_fair = !outgoing.fifo && has_groups(outgoing);
  exchange.broker().queues.send(std::move(request), decided(std::move(done)));
}

// Of the first, for a duplicate. One that came without an id has the one that receivers see.
std::string first_id(const Outgoing& outgoing, const queue::SentMessage& sent) {
  const auto time = queue::time_in(sent.token);
  if (!time) return uuid_text(sent.token);
  return uuid_of(record_place(outgoing.queue, engine::PartitionId{0}, sent.offset, *time));
}

// A duplicate is answered with the id and the number of the first.
void write_sent(AnswerWriter& answer, const Outgoing& outgoing, std::size_t i,
                const queue::SentMessage& sent) {
  const Item& item = outgoing.items[i];
  answer.text("MessageId", sent.duplicate ? first_id(outgoing, sent) : outgoing.ids[i]);
  answer.text("MD5OfMessageBody", md5_hex(*item.body));
  if (!item.attributes.empty())
    answer.text("MD5OfMessageAttributes", attributes_md5(item.attributes));
  if (!item.system_attributes.empty()) {
    answer.text("MD5OfMessageSystemAttributes", attributes_md5(item.system_attributes));
  }
  if (outgoing.fifo) answer.text("SequenceNumber", sequence_number(sent.offset));
}

void write_batch(AnswerWriter& answer, const Outgoing& outgoing, const queue::Sent& sent) {
  auto message = sent.messages.begin();
  for (std::size_t i = 0; i < outgoing.items.size(); ++i) {
    if (outgoing.faults[i]) continue;
    if (message == sent.messages.begin())
      answer.begin_list("Successful", "SendMessageBatchResultEntry");
    answer.begin_item();
    answer.text("Id", *outgoing.items[i].id);
    write_sent(answer, outgoing, i, *message++);
    answer.end_item();
  }
  if (message != sent.messages.begin()) answer.end_list();
  write_failed(answer, outgoing.items, outgoing.faults);
}

Task<Outcome<>> send_items(Exchange& exchange, std::span<const Item> items, bool batch) {
  auto outgoing = prepare(exchange, items, batch);
  if (!outgoing) co_return outgoing.fault();
  auto start = [&exchange, &outgoing](Decided<queue::Sent> done) {
    send(exchange, *outgoing, std::move(done));
  };
  const auto sent = co_await decide<queue::Sent>(exchange, std::move(start));
  if (!sent) co_return sent.fault();
  if (trace::Span* const span = exchange.call.span.get()) {
    span->add(sent->messages.size());
    if (sent->messages.size() == 1) span->message_id = outgoing->ids.front();
  }
  if (batch) {
    write_batch(exchange.answer, *outgoing, *sent);
  } else {
    write_sent(exchange.answer, *outgoing, 0, sent->messages.front());
  }
  co_return Outcome<>();
}

}  // namespace

Task<Outcome<>> send_message(Exchange& exchange) {
  const std::span<const Item> one(static_cast<const Item*>(&exchange.request), 1);
  const auto done = co_await send_items(exchange, one, false);
  co_return done;
}

Task<Outcome<>> send_message_batch(Exchange& exchange) {
  const std::span<const Item> all(exchange.request.entries);
  const auto done = co_await send_items(exchange, all, true);
  co_return done;
}

}  // namespace twofold::http::sqs
