// ReceiveMessage, short and long polls.
#include <algorithm>

#include <fmt/format.h>

#include "http/client_name.h"
#include "http/hand_out.h"
#include "http/message_page.h"
#include "http/sqs/action.h"
#include "http/sqs/digest.h"
#include "http/sqs/extension.h"
#include "http/sqs/message_attributes.h"
#include "http/sqs/ordering.h"
#include "http/sqs/stored.h"
#include "http/trace/span.h"

namespace twofold::http::sqs {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kWaitMax = 20;
constexpr std::size_t kReceivedBytesMax = 12 << 20;  // ten of the largest messages

struct Wanted {
  std::string queue;
  std::size_t max = 1;
  std::optional<engine::Duration> wait;
  std::optional<engine::Duration> visibility_timeout;
  std::string attempt_id;  ///< of FIFO queues
  std::string client;
  std::optional<engine::Instant> until;  ///< known once the first receive was made
};

Outcome<> check_range(std::optional<std::int64_t> number, std::int64_t least, std::int64_t most,
                      std::string_view parameter, std::string_view reason) {
  if (!number || (*number >= least && *number <= most)) return {};
  return invalid_value(std::to_string(*number), parameter, reason);
}

Outcome<Wanted> read_wanted(const Exchange& exchange) {
  const Request& request = exchange.request;
  auto queue = exchange.queue();
  if (!queue) return queue.fault();
  const auto most = static_cast<std::int64_t>(exchange.options().batch_max);
  auto max = check_range(request.max_messages, 1, most, "MaxNumberOfMessages",
                         fmt::format("Must be between 1 and {}, if provided.", most));
  if (!max) return max.fault();
  auto wait = check_range(request.wait_seconds, 0, kWaitMax, "WaitTimeSeconds",
                          "Must be >= 0 and <= 20, if provided.");
  if (!wait) return wait.fault();
  const std::int64_t longest = exchange.options().visibility_max.count();
  auto timeout = check_range(request.visibility_timeout, 0, longest, "VisibilityTimeout",
                             fmt::format("Must be between 0 and {}.", longest));
  if (!timeout) return timeout.fault();
  Wanted wanted;
  wanted.queue = *std::move(queue);
  if (request.attempt_id && is_fifo_name(wanted.queue)) {
    if (!is_token(*request.attempt_id)) {
      return invalid_value(*request.attempt_id, "ReceiveRequestAttemptId",
                           "ReceiveRequestAttemptId can only include alphanumeric and punctuation "
                           "characters. 1 to 128 in length.");
    }
    wanted.attempt_id = *request.attempt_id;
  }
  wanted.client =
      exchange.caller.key_id.empty() ? client_name(exchange.call.head) : exchange.caller.key_id;
  if (request.max_messages) wanted.max = static_cast<std::size_t>(*request.max_messages);
  if (request.wait_seconds) wanted.wait = seconds{*request.wait_seconds};
  if (request.visibility_timeout) wanted.visibility_timeout = seconds{*request.visibility_timeout};
  return wanted;
}

// On the core. A wait of 0 that is asked for is a short poll, whatever the queue says.
std::uint64_t receive(Broker& broker, Wanted& wanted, engine::Completion<queue::Received> done) {
  const queue::QueueConfig* const config = broker.queues.config(wanted.queue);
  const engine::Duration queue_wait = config ? config->receive_wait : engine::Duration{0};
  if (!wanted.until) wanted.until = broker.clock.now() + wanted.wait.value_or(queue_wait);
  queue::Receive request{wanted.queue,      wanted.max,
                         kReceivedBytesMax, wanted.visibility_timeout,
                         wanted.attempt_id, wanted.client};
  return broker.queues.receive(std::move(request), *wanted.until, std::move(done));
}

Fault receive_fault(const engine::Error& error) {
  if (error.code != engine::Errc::stale_receipt) return fault_of(error);
  return {Code::invalid_parameter_value,
          "The receiveRequestAttemptId is not valid anymore since the receive call is not "
          "retryable."};
}

// Interrupted waits end empty.
Task<Outcome<queue::Received>> receive_or_wait(Exchange& exchange, Wanted& wanted) {
  Broker& broker = exchange.broker();
  auto start = [&broker, &wanted](engine::Completion<queue::Received> done) {
    return receive(broker, wanted, std::move(done));
  };
  auto cancel = [&broker](std::uint64_t ticket) { broker.queues.cancel(ticket); };
  auto received = co_await wait_on_core<queue::Received>(exchange.call.watch, broker.core,
                                                         std::move(start), std::move(cancel));
  if (!received) co_return queue::Received();
  if (!*received) co_return receive_fault(received->error());
  co_return **std::move(received);
}

/// Writes messages one after the other. The list begins with the first: a receive that hands out
/// nothing says nothing.
class MessageWriter {
 public:
  MessageWriter(Exchange& exchange, std::string_view queue, std::string_view account)
      : exchange_(exchange), answer_(exchange.answer), queue_(queue), account_(account) {
    const Request& request = exchange.request;
    system_ = request.attribute_names;
    system_.insert(system_.end(), request.system_attribute_names.begin(),
                   request.system_attribute_names.end());
    all_system_ = std::find(system_.begin(), system_.end(), "All") != system_.end();
  }

  void write(const queue::Delivered& delivered, const engine::StoredRecord& record) {
    if (!std::exchange(any_, true)) answer_.begin_list("Messages", "Message");
    const std::string place =
        record_place(queue_, delivered.partition, delivered.offset, record.timestamp);
    StoredMessage message = to_message(record, place, exchange_.protocol);
    if (is_fifo_name(queue_)) complete_fifo(record, message);
    answer_.begin_item();
    answer_.text("MessageId", message.message_id);
    answer_.text("ReceiptHandle", delivered.receipt);
    answer_.text("MD5OfBody", md5_hex(message.body));
    answer_.text("Body", message.body);
    write_system(delivered, record, message);
    write_attributes(message);
    answer_.end_item();
  }

  void finish() {
    if (any_) answer_.end_list();
  }

 private:
  void system(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!all_system_ && std::find(system_.begin(), system_.end(), name) == system_.end()) return;
    if (!std::exchange(in_system_, true)) answer_.begin_map("Attributes", "Attribute");
    answer_.entry(name, value);
  }

  void write_system(const queue::Delivered& delivered, const engine::StoredRecord& record,
                    const StoredMessage& message) {
    if (system_.empty()) return;
    in_system_ = false;
    const engine::Clock& clock = exchange_.broker().clock;
    const engine::WallTime first = clock.wall() + (delivered.first_received - clock.now());
    system("SenderId", account_);
    system("ApproximateFirstReceiveTimestamp", std::to_string(first.value()));
    system("ApproximateReceiveCount",
           std::to_string(message.receives_before + delivered.receive_count));
    system("SentTimestamp", std::to_string(record.timestamp.value()));
    system("MessageGroupId", message.group_id);
    if (is_fifo_name(queue_)) {
      system("MessageDeduplicationId", message.dedup_id);
      system("SequenceNumber", sequence_number(delivered.offset));
    }
    system("AWSTraceHeader", message.trace);
    if (!message.origin_queue.empty()) {
      system("DeadLetterQueueSourceArn", exchange_.arn(account_, message.origin_queue));
    }
    if (in_system_) answer_.end_map();
  }

  // What changed on its way to the client is said whether it was asked for or not.
  void write_attributes(const StoredMessage& message) {
    std::vector<MessageAttribute> chosen;
    for (const MessageAttribute& attribute : message.attributes) {
      const bool note = message.encoded && &attribute == &message.attributes.back();
      if (note || wanted(attribute.name, exchange_.request.message_attribute_names)) {
        chosen.push_back(attribute);
      }
    }
    sqs::write_attributes(answer_, chosen);
  }

  Exchange& exchange_;
  AnswerWriter& answer_;
  std::string_view queue_;
  std::string_view account_;
  std::vector<std::string_view> system_;
  bool all_system_ = false;
  bool in_system_ = false;
  bool any_ = false;
};

// Whose queue it is, when some attribute of a message tells.
Task<std::string> account_of(Exchange& exchange, const std::string& queue) {
  const Request& request = exchange.request;
  const bool told = !request.attribute_names.empty() || !request.system_attribute_names.empty();
  if (!told) co_return std::string();
  auto ask = [&queues = exchange.broker().queues, &queue]() -> std::string {
    const std::string* const extension = queues.extension(queue);
    return extension ? *extension : std::string();  // deleted meanwhile
  };
  const std::string extension = co_await ask_core(exchange.broker().core, std::move(ask));
  co_return decode_extension(extension).account;
}

void write(Exchange& exchange, const std::string& queue, const std::string& account,
           const queue::Received& received, const MessageRecords& records) {
  MessageWriter writer(exchange, queue, account);
  for (std::size_t i = 0; i < received.messages.size(); ++i) {
    const engine::StoredRecord* const record = records.record(i);
    if (record) writer.write(received.messages[i], *record);
  }
  writer.finish();
}

}  // namespace

Task<Outcome<>> receive_message(Exchange& exchange) {
  auto wanted = read_wanted(exchange);
  if (!wanted) co_return wanted.fault();
  queue::Received received;
  MessageRecords records;
  bool again = true;
  for (int round = 0; again && round < kRoundsMax; ++round) {
    auto got = co_await receive_or_wait(exchange, *wanted);
    if (!got) co_return got.fault();
    received = *std::move(got);
    if (received.messages.empty()) co_return Outcome<>();
    auto places = places_of(received.messages);
    records = co_await MessageRecords::load(exchange.call, received.plans, received.plan_partitions,
                                            std::move(places), kReceivedBytesMax);
    again = sort_out(exchange.call, wanted->queue, received, records);
    if (records.has_no_room()) co_return fault_of(*records.trouble());
  }
  if (received.messages.empty()) co_return Outcome<>();
  if (nothing_readable(wanted->queue, records)) co_return fault_of(*records.trouble());
  const std::string account = co_await account_of(exchange, wanted->queue);
  write(exchange, wanted->queue, account, received, records);
  trace::link(exchange.call, records);
  hand_out(exchange.call, wanted->queue, std::move(received.messages));
  co_return Outcome<>();
}

}  // namespace twofold::http::sqs
