// Queues: create, look up, delete, purge.
#include <fmt/format.h>

#include "http/sqs/action.h"
#include "http/sqs/on_queue.h"
#include "http/sqs/permitted.h"
#include "http/sqs/tags.h"

namespace twofold::http::sqs {
namespace {

using queue::QueueInfo;

std::string_view given(const Request& request, std::string_view attribute) {
  for (const auto& [name, value] : request.queue_attributes) {
    if (name == attribute) return value;
  }
  return {};
}

Outcome<> check_kind(const Request& request) {
  const std::string_view name = *request.queue_name;
  const bool wants_fifo = same_token(given(request, "FifoQueue"), "true");
  if (is_fifo_name(name) && !wants_fifo) {
    return Fault(
        Code::invalid_parameter_value,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  if (!is_fifo_name(name) && wants_fifo) {
    return Fault(Code::invalid_parameter_value,
                 "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
                 "underscores, must end with .fifo suffix and be 1 to 80 in length");
  }
  return {};
}

Outcome<> check_create(const Request& request) {
  if (!request.queue_name) return missing_parameter("QueueName");
  if (!is_queue_name(*request.queue_name)) {
    return Fault(
        Code::invalid_parameter_value,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  if (auto kind = check_kind(request); !kind) return kind;
  return check_tags(request.tags);
}

// An existing queue is the one that was asked for when every attribute that was given is what it
// has now.
Outcome<QueueInfo> same_queue(const Exchange& exchange, QueueView queue) {
  if (queue.fifo() && (queue.info.config.order != queue::Order::key || queue.info.source)) {
    return Fault(Code::queue_name_exists,
                 "A queue already exists with the same name, and it keeps no order.");
  }
  QueueView as_asked = queue;
  auto set = set_attributes(exchange.request.queue_attributes, as_asked);
  if (!set) return set.fault();
  for (const auto& [name, value] : exchange.request.queue_attributes) {
    if (same_attribute(name, queue, as_asked)) continue;
    return Fault(Code::queue_name_exists,
                 fmt::format("A queue already exists with the same name and a different value for "
                             "attribute {}",
                             name));
  }
  return std::move(queue.info);
}

// Whoever made the queue may not have heard yet that it will stay.
void answer_when_durable(Exchange& exchange, Outcome<QueueInfo> existing, Decided<QueueInfo> done) {
  if (!existing) return done(std::move(existing));
  exchange.broker().core.on_commit(engine::Durability::disk,
                                   [existing = std::move(existing), done = std::move(done)](
                                       const engine::Result<engine::Durability>& reached) mutable {
                                     if (!reached)
                                       return done(Outcome<QueueInfo>(fault_of(reached.error())));
                                     done(std::move(existing));
                                   });
}

void create_on_core(Exchange& exchange, Decided<QueueInfo> done) {
  const Request& request = exchange.request;
  const std::string name = exchange.stored({{}, {}, *request.queue_name});
  auto existing = find_queue(exchange, name);
  if (existing)
    return answer_when_durable(exchange, same_queue(exchange, *std::move(existing)),
                               std::move(done));

  QueueInfo fresh;
  fresh.name = name;
  fresh.config = exchange.broker().shared.queue_defaults;
  set_default_attributes(fresh.config);
  if (is_fifo_name(name)) fresh.config.order = queue::Order::key;
  QueueView queue(std::move(fresh), exchange.caller.region, exchange.options());
  queue.extension.account = exchange.caller.account;
  queue.extension.modified = exchange.broker().core.wall();
  for (const auto& [key, value] : request.tags) queue.extension.tags.emplace(key, *value);
  if (auto set = set_attributes(request.queue_attributes, queue); !set)
    return done(Outcome<QueueInfo>(set.fault()));
  if (auto sound = check_redrive_target(exchange, queue); !sound)
    return done(Outcome<QueueInfo>(sound.fault()));
  exchange.broker().queues.create(name, queue.info.config, encode_extension(queue.extension),
                                  decided(std::move(done)));
}

void write_url(Exchange& exchange, const QueueInfo& info) {
  exchange.answer.text("QueueUrl", exchange.url(extension_of(info).account, info.name));
}

}  // namespace

Task<Outcome<>> create_queue(Exchange& exchange) {
  const auto sound = check_create(exchange.request);
  if (!sound) co_return sound.fault();
  const auto may = permitted(exchange, Permission::manage,
                             exchange.stored({{}, {}, *exchange.request.queue_name}));
  if (!may) co_return may.fault();
  auto start = [&exchange](Decided<QueueInfo> done) { create_on_core(exchange, std::move(done)); };
  const auto info = co_await decide<QueueInfo>(exchange, std::move(start));
  if (!info) co_return info.fault();
  write_url(exchange, *info);
  co_return Outcome<>();
}

Task<Outcome<>> get_queue_url(Exchange& exchange) {
  const auto owner = exchange.request.owner_account;
  const std::string name =
      exchange.stored({owner.value_or(""), {}, exchange.request.queue_name.value_or("")});
  if (!is_name(name)) {
    co_return Fault(
        Code::invalid_parameter_value,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  const auto may = permitted(exchange, Permission::inspect, name);
  if (!may) co_return may.fault();
  auto ask = [&exchange, &name] { return exchange.broker().queues.find(name); };
  const auto info = co_await ask_core(exchange.broker().core, std::move(ask));
  if (!info) co_return no_such_queue();
  if (owner && *owner != exchange.place(extension_of(*info).account, name).account)
    co_return no_such_queue();
  write_url(exchange, *info);
  co_return Outcome<>();
}

Task<Outcome<>> delete_queue(Exchange& exchange) {
  const auto name = exchange.queue();
  if (!name) co_return name.fault();
  auto start = [&exchange, &name](Decided<QueueInfo> done) {
    exchange.broker().queues.remove(*name, decided(std::move(done)));
  };
  const auto gone = co_await decide<QueueInfo>(exchange, std::move(start));
  if (!gone) co_return gone.fault();
  co_return Outcome<>();
}

Task<Outcome<>> purge_queue(Exchange& exchange) {
  const auto name = exchange.queue();
  if (!name) co_return name.fault();
  auto start = [&exchange, &name](Decided<std::uint64_t> done) {
    exchange.broker().queues.purge(*name, decided(std::move(done)));
  };
  const auto purged = co_await decide<std::uint64_t>(exchange, std::move(start));
  if (!purged) co_return purged.fault();
  co_return Outcome<>();
}

}  // namespace twofold::http::sqs
