#include "http/sqs/peek.h"

#include <functional>
#include <set>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "http/gate.h"
#include "http/message_page.h"
#include "http/sqs/dialect.h"
#include "http/sqs/exchange.h"
#include "http/sqs/form.h"
#include "http/sqs/json_protocol.h"
#include "http/sqs/on_queue.h"
#include "http/sqs/ordering.h"
#include "http/sqs/peek_writer.h"
#include "http/sqs/permitted.h"

namespace twofold::http::sqs {
namespace {

constexpr std::size_t kMessagesMax = 1'000;
constexpr std::size_t kBytesMax = 16 << 20;
constexpr std::size_t kPage = 100;
constexpr std::size_t kPageBytesMax = 8 << 20;
constexpr std::string_view kAction = "ReceiveMessage";

/// What is asked for.
struct Wanted {
  std::string queue;
  bool invisible = false;
  bool delayed = false;
};

bool is_true(std::string_view text) { return same_token(text, "true") || text == "1"; }

PeekForm form_of(const Exchange& exchange) {
  if (exchange.protocol == Protocol::json) return PeekForm::aws_json;
  const bool json =
      exchange.call.head.field("Accept").find("application/json") != std::string::npos;
  return json ? PeekForm::json : PeekForm::xml;
}

void answer_fault(Exchange& exchange, const Fault& fault) {
  render(exchange, fault);
  if (form_of(exchange) != PeekForm::json) return;
  Reply& reply = exchange.call.reply;
  reply.content_type = kJson;
  reply.body.clear();
  append_fault_json(reply.body, fault, exchange.request_id);
}

// How the session says no before the request was read.
template <Protocol protocol>
void refuse_peek(Call& call, const Problem& problem) {
  Exchange exchange(call, protocol);
  answer_fault(exchange, fault_of(problem));
}

Fault other_action() {
  return {Code::invalid_request, "This endpoint only accepts ReceiveMessage calls"};
}

// "/_aws/sqs/messages/{region}/{account}/{queue}", or a URL.
Outcome<Address> read_address(const Exchange& exchange, std::optional<std::string_view> url) {
  const auto segments = exchange.call.target.segments();
  if (segments.size() == 6) {
    Address address;
    address.region = segments[3];
    address.account = segments[4];
    address.name = segments[5];
    return address;
  }
  if (!url || url->empty()) return no_such_queue();
  const Address address = address_in_url(*url);
  if (!address.account.empty() || url->find("://") == std::string_view::npos) return address;
  return Fault(Code::invalid_address, "The address is not that of a queue.");
}

Outcome<Wanted> read_wanted(Exchange& exchange) {
  Call& call = exchange.call;
  const bool json = exchange.protocol == Protocol::json;
  const auto form = read_form(call.target, json ? std::string_view() : call.body, call.scratch);
  if (!form) return form.fault();
  std::optional<std::string_view> url = form->text("QueueUrl");
  std::string_view action = form->text("Action").value_or(kAction);
  if (json) {
    const std::string_view target = call.head.field("X-Amz-Target");
    action = target.substr(std::min(target.rfind('.') + 1, target.size()));
    if (action != kAction) return other_action();
    auto request = read_json_request(call.body, call.scratch);
    if (!request) return request.fault();
    if (request->queue_url) url = request->queue_url;
  }
  if (action != kAction) return other_action();
  auto address = read_address(exchange, url);
  if (!address) return address.fault();
  Wanted wanted;
  wanted.queue = exchange.stored(*address);
  if (!is_name(wanted.queue)) return no_such_queue();
  wanted.invisible = is_true(form->text("ShowInvisible").value_or(""));
  wanted.delayed = is_true(form->text("ShowDelayed").value_or(""));
  return wanted;
}

bool shows(const Wanted& wanted, queue::MessageState state) {
  switch (state) {
    case queue::MessageState::ready: return true;
    case queue::MessageState::blocked:  // by one of its group that is in flight
    case queue::MessageState::in_flight: return wanted.invisible;
    case queue::MessageState::delayed: return wanted.delayed;
    case queue::MessageState::dead:
    case queue::MessageState::acked: return false;
  }
  __builtin_unreachable();
}

/// Makes a message of a record, as a receive would show it.
struct Viewer {
  const Exchange& exchange;
  const Wanted& wanted;
  std::string account;

  Peeked view(const queue::BrowseItem& item, const engine::StoredRecord& record) const {
    const std::string place =
        record_place(wanted.queue, item.partition, item.offset, record.timestamp);
    const Protocol protocol = form_of(exchange) == PeekForm::xml ? Protocol::query : Protocol::json;
    Peeked peeked{to_message(record, place, protocol), {}};
    if (is_fifo_name(wanted.queue)) complete_fifo(record, peeked.message);
    describe(item, record, peeked);
    return peeked;
  }

  void describe(const queue::BrowseItem& item, const engine::StoredRecord& record,
                Peeked& peeked) const {
    const StoredMessage& message = peeked.message;
    auto& said = peeked.system_attributes;
    const auto say = [&said](std::string_view name, std::string value) {
      if (!value.empty()) said.emplace_back(name, std::move(value));
    };
    const std::uint64_t receives = message.receives_before + item.receive_count;
    say("SenderId", account);
    // When the first receive was is not kept.
    if (receives == 0) say("ApproximateFirstReceiveTimestamp", "0");
    say("ApproximateReceiveCount", std::to_string(receives));
    say("SentTimestamp", std::to_string(record.timestamp.value()));
    say("MessageGroupId", std::string(message.group_id));
    if (is_fifo_name(wanted.queue)) {
      say("MessageDeduplicationId", std::string(message.dedup_id));
      say("SequenceNumber", sequence_number(item.offset));
    }
    say("AWSTraceHeader", std::string(message.trace));
    if (!message.origin_queue.empty())
      say("DeadLetterQueueSourceArn", exchange.arn(account, message.origin_queue));
    const bool hidden = item.state == queue::MessageState::in_flight;
    const bool delayed = item.state == queue::MessageState::delayed;
    if (wanted.invisible) say("IsVisible", hidden || delayed ? "false" : "true");
    if (wanted.delayed) say("IsDelayed", delayed ? "true" : "false");
  }
};

using Page = engine::Result<queue::Browsed>;

/// What a look at a message does not say: that it waits for one of its group.
class Groups {
 public:
  explicit Groups(bool ordered) : ordered_(ordered) {}

  /// To be asked of all messages in order.
  queue::MessageState state_of(const queue::BrowseItem& item, const engine::StoredRecord& record) {
    if (!ordered_ || !record.key) return item.state;
    using State = queue::MessageState;
    if (item.state == State::in_flight || item.state == State::delayed) held_.emplace(*record.key);
    const bool waits = item.state == State::ready && held_.contains(*record.key);
    return waits ? State::blocked : item.state;
  }

 private:
  bool ordered_;
  std::set<std::string, std::less<>> held_;
};

void write_page(const queue::Browsed& page, const MessageRecords& records, const Viewer& viewer,
                Groups& groups, PeekWriter& writer) {
  for (std::size_t i = 0; i < page.items.size() && writer.count() < kMessagesMax; ++i) {
    const engine::StoredRecord* const record = records.record(i);
    if (record && shows(viewer.wanted, groups.state_of(page.items[i], *record)))
      writer.write(viewer.view(page.items[i], *record));
  }
}

Task<Outcome<>> write_messages(Exchange& exchange, const Viewer& viewer, PeekWriter& writer) {
  queue::Browse browse;
  browse.queue = viewer.wanted.queue;
  browse.limit = kPage;
  Groups groups(is_fifo_name(browse.queue));
  do {
    browse.bytes_max = answer_bytes(exchange.call, kPageBytesMax);
    auto look = [&exchange, &browse] { return exchange.broker().queues.browse(browse); };
    const Page page = co_await ask_core(exchange.broker().core, std::move(look));
    if (!page) co_return fault_of(page.error());
    auto places = places_of(page->items);
    const MessageRecords records = co_await MessageRecords::load(
        exchange.call, page->plans, page->plan_partitions, std::move(places));
    if (records.has_no_room()) co_return fault_of(*records.trouble());
    write_page(*page, records, viewer, groups, writer);
    exchange.call.reply.room.settle(writer.bytes());
    browse.from = records.next_of(*page);
    // A page of which nothing is shown is no reason to let everybody else wait for the next one.
    co_await boost::asio::post(boost::asio::use_awaitable);
  } while (!browse.from.empty() && writer.count() < kMessagesMax && writer.bytes() < kBytesMax);
  co_return Outcome<>();
}

Task<Outcome<>> peek(Exchange& exchange) {
  const auto known = authenticate(exchange);
  if (!known) co_return known.fault();
  const auto problem = check_served(*exchange.call.route, exchange.broker().shared.health);
  if (problem) co_return fault_of(*problem);
  const auto wanted = read_wanted(exchange);
  if (!wanted) co_return wanted.fault();
  const auto may = permitted(exchange, Permission::inspect, wanted->queue);
  if (!may) co_return may.fault();
  auto ask = [&exchange, &wanted] { return find_queue(exchange, wanted->queue); };
  const auto queue = co_await ask_core(exchange.broker().core, std::move(ask));
  if (!queue) co_return queue.fault();
  const Viewer viewer{exchange, *wanted, queue->extension.account};
  PeekWriter writer(form_of(exchange), exchange.call.reply.body);
  const auto written = co_await write_messages(exchange, viewer, writer);
  if (!written) co_return written.fault();
  writer.finish(exchange.request_id);
  co_return Outcome<>();
}

}  // namespace

const Route* recognise_local(Call& call) {
  const auto segments = call.target.segments();
  const std::string_view method = call.head.method;
  const bool reads = method == "GET" || method == "HEAD";
  if (segments.size() == 2 && segments[0] == "_localstack" && segments[1] == "health" && reads)
    return &local_health_route();
  const bool messages = (segments.size() == 3 || segments.size() == 6) && segments[0] == "_aws" &&
                        segments[1] == "sqs" && segments[2] == "messages";
  if (!messages || (!reads && method != "POST")) return nullptr;
  call.refuse =
      speaks_json(call.head) ? &refuse_peek<Protocol::json> : &refuse_peek<Protocol::query>;
  return &peek_route();
}

Task<Try<>> peek_messages(Call& call) {
  Exchange exchange(call, speaks_json(call.head) ? Protocol::json : Protocol::query);
  const auto done = co_await peek(exchange);
  if (!done) {
    answer_fault(exchange, done.fault());
    co_return Try<>();
  }
  label(exchange);
  if (form_of(exchange) == PeekForm::json) call.reply.content_type = kJson;
  co_return Try<>();
}

}  // namespace twofold::http::sqs
