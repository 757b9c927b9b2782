// DeleteMessage, ChangeMessageVisibility and their batches.
#include <fmt/format.h>

#include "http/sqs/action.h"
#include "http/sqs/batch.h"

namespace twofold::http::sqs {
namespace {

using queue::Settled;
using Results = std::vector<Settled>;
using Faults = std::vector<std::optional<Fault>>;

/// Receipts on their way to the queue, and what became of each.
struct Settling {
  std::string queue;
  std::span<const Item> items;
  Faults faults;  ///< one per item
  bool batch = false;
  std::chrono::seconds visibility_max{};
  /// Of a FIFO queue, or of another one that keeps an order: an older receipt must not count there.
  bool ordered = false;

  queue::Receipts accepted() const {
    return ordered ? queue::Receipts::held : queue::Receipts::any;
  }
};

Fault bad_handle(std::string_view handle) {
  return {Code::receipt_handle_is_invalid,
          fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.",
                      echoed(handle))};
}

Fault too_long(std::int64_t timeout, std::chrono::seconds most) {
  return invalid_value(
      std::to_string(timeout), "VisibilityTimeout",
      fmt::format("Total VisibilityTimeout for the message is beyond the limit [{} seconds]",
                  most.count()));
}

// Of ordered queues only, where a receipt ends with its timeout.
Fault expired(std::string_view handle, bool batch) {
  if (batch) return {Code::receipt_handle_is_invalid, "The receipt handle has expired"};
  return invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.");
}

// A message that is gone was deleted: saying so again is no mistake.
std::optional<Fault> delete_fault(const Settling& settling, Settled settled, const Item& item) {
  const std::string_view handle = *item.receipt_handle;
  switch (settled) {
    case Settled::stale:
      if (settling.ordered) return expired(handle, settling.batch);
      return std::nullopt;
    case Settled::acked:
    case Settled::already:
    case Settled::ok: return std::nullopt;
    case Settled::unknown:
    case Settled::too_long: return bad_handle(handle);
  }
  __builtin_unreachable();
}

std::optional<Fault> change_fault(const Settling& settling, Settled settled, const Item& item) {
  const std::string_view handle = *item.receipt_handle;
  switch (settled) {
    case Settled::acked:
    case Settled::ok: return std::nullopt;
    case Settled::stale:
      if (settling.ordered) return expired(handle, settling.batch);
      [[fallthrough]];
    case Settled::already:
      return invalid_value(
          handle, "ReceiptHandle",
          "Message does not exist or is not available for visibility timeout change.");
    case Settled::too_long: return too_long(*item.visibility_timeout, settling.visibility_max);
    case Settled::unknown: return bad_handle(handle);
  }
  __builtin_unreachable();
}

Outcome<> check_handle(const Item& item) {
  if (item.receipt_handle.value_or("").empty()) return missing_parameter("ReceiptHandle");
  return {};
}

// The time since the receive counts, too, and is never 0.
Outcome<> check_timeout(const Item& item, std::chrono::seconds most) {
  if (!item.visibility_timeout) return missing_parameter("VisibilityTimeout");
  const std::int64_t timeout = *item.visibility_timeout;
  if (timeout < 0 || timeout > most.count()) {
    return invalid_value(std::to_string(timeout), "VisibilityTimeout",
                         fmt::format("Must be between 0 and {}.", most.count()));
  }
  if (timeout < most.count()) return {};
  return too_long(timeout, most);
}

Outcome<Settling> prepare(const Exchange& exchange, std::span<const Item> items) {
  auto queue = exchange.queue();
  if (!queue) return queue.fault();
  for (const Item& item : items) {
    if (auto checked = check_handle(item); !checked) return checked.fault();
  }
  Settling settling;
  settling.queue = *std::move(queue);
  settling.visibility_max = exchange.options().visibility_max;
  settling.items = items;
  settling.faults.resize(items.size());
  return settling;
}

// A name is not enough: any queue may have been given an order, over REST.
void note_order(const Exchange& exchange, Settling& settling) {
  const queue::QueueConfig* const config = exchange.broker().queues.config(settling.queue);
  if (!config) return;
  settling.ordered = is_fifo_name(settling.queue) || config->order == queue::Order::key ||
                     config->order == queue::Order::strict;
}

void delete_on_core(Exchange& exchange, Settling& settling, Decided<Results> done) {
  note_order(exchange, settling);
  std::vector<std::string> receipts;
  for (const Item& item : settling.items) receipts.emplace_back(*item.receipt_handle);
  exchange.broker().queues.ack(settling.queue, std::move(receipts), decided(std::move(done)),
                               settling.accepted());
}

// Those whose timeout is in order; results come for these alone.
void change_on_core(Exchange& exchange, Settling& settling, Decided<Results> done) {
  note_order(exchange, settling);
  std::vector<queue::ExtendItem> items;
  for (std::size_t i = 0; i < settling.items.size(); ++i) {
    if (settling.faults[i]) continue;
    const Item& item = settling.items[i];
    items.push_back({std::string(*item.receipt_handle),
                     std::chrono::seconds{*item.visibility_timeout}, settling.visibility_max});
  }
  exchange.broker().queues.extend(settling.queue, std::move(items), decided(std::move(done)),
                                  settling.accepted());
}

template <class FaultOf>
void note_results(Settling& settling, const Results& results, FaultOf fault_of_result) {
  auto result = results.begin();
  for (std::size_t i = 0; i < settling.items.size(); ++i) {
    if (settling.faults[i]) continue;
    settling.faults[i] = fault_of_result(settling, *result++, settling.items[i]);
  }
}

Task<Outcome<>> delete_items(Exchange& exchange, Settling& settling) {
  auto start = [&exchange, &settling](Decided<Results> done) {
    delete_on_core(exchange, settling, std::move(done));
  };
  const auto results = co_await decide<Results>(exchange, std::move(start));
  if (!results) co_return results.fault();
  exchange.call.reply.messages_settled = results->size();
  note_results(settling, *results, delete_fault);
  co_return Outcome<>();
}

Task<Outcome<>> change_items(Exchange& exchange, Settling& settling) {
  auto start = [&exchange, &settling](Decided<Results> done) {
    change_on_core(exchange, settling, std::move(done));
  };
  const auto results = co_await decide<Results>(exchange, std::move(start));
  if (!results) co_return results.fault();
  note_results(settling, *results, change_fault);
  co_return Outcome<>();
}

std::span<const Item> single(const Exchange& exchange) {
  return {static_cast<const Item*>(&exchange.request), 1};
}

Outcome<Settling> prepare_batch(const Exchange& exchange, std::string_view entry) {
  const std::span<const Item> items(exchange.request.entries);
  if (auto checked = check_batch(items, entry, exchange.options().batch_max); !checked)
    return checked.fault();
  auto settling = prepare(exchange, items);
  if (settling) settling->batch = true;
  return settling;
}

void note_bad_timeouts(Settling& settling) {
  for (std::size_t i = 0; i < settling.items.size(); ++i) {
    auto checked = check_timeout(settling.items[i], settling.visibility_max);
    if (!checked) settling.faults[i] = checked.fault();
  }
}

void write_batch(Exchange& exchange, std::string_view element, const Settling& settling) {
  write_successful_ids(exchange.answer, element, settling.items, settling.faults);
  write_failed(exchange.answer, settling.items, settling.faults);
}

}  // namespace

Task<Outcome<>> delete_message(Exchange& exchange) {
  auto settling = prepare(exchange, single(exchange));
  if (!settling) co_return settling.fault();
  const auto done = co_await delete_items(exchange, *settling);
  if (!done) co_return done.fault();
  if (settling->faults[0]) co_return *settling->faults[0];
  co_return Outcome<>();
}

Task<Outcome<>> delete_message_batch(Exchange& exchange) {
  auto settling = prepare_batch(exchange, "DeleteMessageBatchRequestEntry");
  if (!settling) co_return settling.fault();
  const auto done = co_await delete_items(exchange, *settling);
  if (!done) co_return done.fault();
  write_batch(exchange, "DeleteMessageBatchResultEntry", *settling);
  co_return Outcome<>();
}

Task<Outcome<>> change_message_visibility(Exchange& exchange) {
  auto settling = prepare(exchange, single(exchange));
  if (!settling) co_return settling.fault();
  const auto timeout = check_timeout(exchange.request, settling->visibility_max);
  if (!timeout) co_return timeout.fault();
  const auto done = co_await change_items(exchange, *settling);
  if (!done) co_return done.fault();
  if (settling->faults[0]) co_return *settling->faults[0];
  co_return Outcome<>();
}

Task<Outcome<>> change_message_visibility_batch(Exchange& exchange) {
  auto settling = prepare_batch(exchange, "ChangeMessageVisibilityBatchRequestEntry");
  if (!settling) co_return settling.fault();
  note_bad_timeouts(*settling);
  const auto done = co_await change_items(exchange, *settling);
  if (!done) co_return done.fault();
  write_batch(exchange, "ChangeMessageVisibilityBatchResultEntry", *settling);
  co_return Outcome<>();
}

}  // namespace twofold::http::sqs
