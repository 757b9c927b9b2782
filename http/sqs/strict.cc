#include "http/sqs/strict.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "http/sqs/exchange.h"
#include "http/sqs/permitted.h"

namespace twofold::http::sqs {
namespace {

constexpr std::uint64_t kInFlightMax = 120'000;

// On the core. Taken before the purge, so that of two at once one is refused.
bool begin_purge(Broker& broker, const std::string& queue) {
  const engine::Instant now = broker.clock.now();
  if (broker.sqs_recent.purged.holds(queue, now)) return false;
  broker.sqs_recent.purged.add(queue, now);
  return true;
}

Task<Outcome<>> purge_once_a_minute(Exchange& exchange) {
  const auto queue = exchange.queue();
  if (!queue) co_return queue.fault();
  Broker& broker = exchange.broker();
  auto begin = [&broker, &queue] { return begin_purge(broker, *queue); };
  const bool begun = co_await ask_core(broker.core, std::move(begin));
  if (!begun) {
    co_return Fault(Code::purge_queue_in_progress,
                    fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                                exchange.place("", *queue).name));
  }
  const auto done = co_await purge_queue(exchange);
  if (done) co_return done;
  auto undo = [&broker, &queue] { return broker.sqs_recent.purged.forget(*queue), true; };
  co_await ask_core(broker.core, std::move(undo));
  co_return done;
}

Task<Outcome<>> delete_and_remember(Exchange& exchange) {
  const auto queue = exchange.queue();
  if (!queue) co_return queue.fault();
  const auto done = co_await delete_queue(exchange);
  if (!done) co_return done;
  Broker& broker = exchange.broker();
  auto note = [&broker, &queue] {
    broker.sqs_recent.deleted.add(*queue, broker.clock.now());
    broker.sqs_recent.purged.forget(*queue);
    return true;
  };
  co_await ask_core(broker.core, std::move(note));
  co_return done;
}

Task<Outcome<>> create_unless_just_deleted(Exchange& exchange) {
  const std::string queue = exchange.stored({{}, {}, exchange.request.queue_name.value_or("")});
  // What there was is nothing to tell to those who may not make it.
  if (!queue.empty()) {
    const auto may = permitted(exchange, Permission::manage, queue);
    if (!may) co_return may.fault();
  }
  Broker& broker = exchange.broker();
  auto ask = [&broker, &queue] {
    return !broker.queues.config(queue) &&
           broker.sqs_recent.deleted.holds(queue, broker.clock.now());
  };
  const bool just_deleted = co_await ask_core(broker.core, std::move(ask));
  if (just_deleted) {
    co_return Fault(Code::queue_deleted_recently,
                    "You must wait 60 seconds after deleting a queue before you can create another "
                    "with the same name.");
  }
  const auto done = co_await create_queue(exchange);
  co_return done;
}

struct Load {
  std::uint64_t in_flight = 0;
  bool waits = false;  // a receive that does not say
};

// On the core.
Load load_of(const Broker& broker, const std::string& queue) {
  const auto info = broker.queues.find(queue);
  if (!info) return {};
  return {info->counters.in_flight, info->config.receive_wait > engine::Duration{0}};
}

Task<Outcome<>> receive_below_limit(Exchange& exchange) {
  const auto queue = exchange.queue();
  if (!queue) co_return queue.fault();
  auto ask = [&exchange, &queue] { return load_of(exchange.broker(), *queue); };
  const Load load = co_await ask_core(exchange.broker().core, std::move(ask));
  Request& request = exchange.request;
  if (load.in_flight < kInFlightMax) {
    const auto room = static_cast<std::int64_t>(kInFlightMax - load.in_flight);
    if (request.max_messages) request.max_messages = std::min(*request.max_messages, room);
    const auto done = co_await receive_message(exchange);
    co_return done;
  }
  const bool waits = request.wait_seconds ? *request.wait_seconds > 0 : load.waits;
  if (waits || is_fifo_name(*queue)) co_return Outcome<>();
  co_return Fault(Code::over_limit,
                  fmt::format("At most {} messages of a queue may be in flight.", kInFlightMax));
}

}  // namespace

ActionHandler strict_handler(const Action& action) {
  if (action.handler == &purge_queue) return &purge_once_a_minute;
  if (action.handler == &delete_queue) return &delete_and_remember;
  if (action.handler == &create_queue) return &create_unless_just_deleted;
  if (action.handler == &receive_message) return &receive_below_limit;
  return action.handler;
}

}  // namespace twofold::http::sqs
