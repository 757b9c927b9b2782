// GetQueueAttributes and SetQueueAttributes.
#include <algorithm>

#include <fmt/format.h>

#include "http/sqs/action.h"
#include "http/sqs/on_queue.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kAll = "All";

Outcome<> check_names(const Request& request) {
  for (const std::string_view name : request.attribute_names) {
    if (name == kAll || is_attribute(name)) continue;
    return Fault(Code::invalid_attribute_name, fmt::format("Unknown Attribute {}.", echoed(name)));
  }
  return {};
}

void write(AnswerWriter& answer, const Request& request, const QueueView& queue) {
  const auto& asked = request.attribute_names;
  const bool all = std::find(asked.begin(), asked.end(), kAll) != asked.end();
  bool any = false;
  for (const std::string_view name : attribute_names()) {
    if (!all && std::find(asked.begin(), asked.end(), name) == asked.end()) continue;
    const auto value = read_attribute(name, queue);
    if (!value) continue;
    if (!std::exchange(any, true)) answer.begin_map("Attributes", "Attribute");
    answer.entry(name, *value);
  }
  if (any) answer.end_map();
}

bool sets(const Request& request, std::string_view attribute) {
  return std::any_of(request.queue_attributes.begin(), request.queue_attributes.end(),
                     [&](const NameAndValue& one) { return one.first == attribute; });
}

Outcome<> set(const Exchange& exchange, QueueView& queue) {
  auto done = set_attributes(exchange.request.queue_attributes, queue);
  if (!done) return done;
  if (sets(exchange.request, "RedrivePolicy")) {
    auto sound = check_redrive_target(exchange, queue);
    if (!sound) return sound;
  }
  queue.extension.modified = exchange.broker().core.wall();
  return {};
}

}  // namespace

Task<Outcome<>> get_queue_attributes(Exchange& exchange) {
  const auto name = exchange.queue();
  if (!name) co_return name.fault();
  const auto known = check_names(exchange.request);
  if (!known) co_return known.fault();
  auto ask = [&exchange, &name] { return find_queue(exchange, *name); };
  auto queue = co_await ask_core(exchange.broker().core, std::move(ask));
  if (!queue) co_return queue.fault();
  write(exchange.answer, exchange.request, *queue);
  co_return Outcome<>();
}

Task<Outcome<>> set_queue_attributes(Exchange& exchange) {
  if (exchange.request.queue_attributes.empty()) co_return missing_parameter("Attributes");
  const auto done = co_await change_queue(exchange, &set);
  co_return done;
}

}  // namespace twofold::http::sqs
