#include "http/sqs/serve.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/access/charge.h"
#include "http/gate.h"
#include "http/server_common.h"
#include "http/sqs/action.h"
#include "http/sqs/batch.h"
#include "http/sqs/dialect.h"
#include "http/sqs/form.h"
#include "http/sqs/json_protocol.h"
#include "http/sqs/peek.h"
#include "http/sqs/permitted.h"
#include "http/sqs/query_protocol.h"
#include "http/sqs/strict.h"
#include "http/trace/span.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kTarget = "X-Amz-Target";
constexpr std::string_view kService = "AmazonSQS.";

// What the session would not read was one message that is too large, or a batch of them.
Fault too_large(const Call& call, const Problem& problem) {
  std::string_view action = call.head.field(kTarget);
  if (action.empty()) action = call.target.find("Action").value_or("");
  if (action.ends_with("Batch")) return fault_of(problem);
  return {Code::invalid_parameter_value,
          fmt::format("One or more parameters are invalid. Reason: Message must be shorter than {} "
                      "bytes.",
                      kBatchBytesMax)};
}

// How the session says no before the request was read.
template <Protocol protocol>
void refuse(Call& call, const Problem& problem) {
  Exchange exchange(call, protocol);
  const bool large = problem.kind == ProblemKind::batch_too_large;
  render(exchange, large ? too_large(call, problem) : fault_of(problem));
}

// Likewise when its target is no text.
template <Protocol protocol>
void refuse_broken(Call& call, const Problem& problem) {
  Exchange exchange(call, protocol);
  render(exchange, Fault(Code::serialization, problem.detail));
}

void speak(Call& call, Protocol protocol) {
  call.refuse = protocol == Protocol::json ? &refuse<Protocol::json> : &refuse<Protocol::query>;
}

Protocol protocol_of(const Call& call) {
  return call.refuse == &refuse<Protocol::json> ? Protocol::json : Protocol::query;
}

// Of a form that cannot be read: whether it was meant for us.
bool names_action(const Call& call) {
  return call.target.find("Action") || call.body.starts_with("Action=") ||
         call.body.find("&Action=") != std::string_view::npos;
}

// Where AWS clients post to, and REST has nothing.
bool is_our_path(const Target& target) {
  return target.segments().empty() || is_queue_path(target);
}

enum class Asked { something, nothing, not_us };

Fault unknown_action(std::string_view name, Protocol protocol) {
  if (protocol == Protocol::json) return {Code::unknown_operation, "The operation is not known."};
  return {Code::unknown_operation,
          fmt::format("The action {} is not valid for this endpoint.", echoed(name))};
}

Outcome<> read_json(Exchange& exchange) {
  if (auto known = authenticate(exchange); !known) return known;
  Call& call = exchange.call;
  std::string_view target = call.head.field(kTarget);
  if (target.starts_with(kService)) {
    target.remove_prefix(kService.size());
    exchange.action = find_action(target);
  }
  if (!exchange.action) return unknown_action(target, Protocol::json);
  auto request = read_json_request(call.body, call.scratch);
  if (!request) return request.fault();
  exchange.request = *std::move(request);
  return {};
}

Outcome<> read_query(Exchange& exchange, const Outcome<FormNode>& form) {
  if (auto known = authenticate(exchange); !known) return known;
  if (!form) return form.fault();
  const std::string_view name = form->text("Action").value_or("");
  exchange.action = find_action(name);
  if (!exchange.action) return unknown_action(name, Protocol::query);
  if (exchange.action->about == About::account && is_queue_path(exchange.call.target)) {
    const Action& action = *exchange.action;
    exchange.action = nullptr;
    return unknown_action(action.name, Protocol::query);
  }
  auto request = read_form_request(*form, exchange.call.scratch);
  if (!request) return request.fault();
  exchange.request = *std::move(request);
  return {};
}

Outcome<Asked> read(Exchange& exchange) {
  Call& call = exchange.call;
  Outcome<> taken;
  if (exchange.protocol == Protocol::json) {
    taken = read_json(exchange);
  } else {
    const auto form = read_form(call.target, call.body, call.scratch, exchange.options().batch_max);
    if (form ? !form->child("Action") : !names_action(call)) {
      return call.head.method == "GET" ? Asked::nothing : Asked::not_us;
    }
    speak(call, Protocol::query);
    taken = read_query(exchange, form);
  }
  if (exchange.action)
    call.route = &routes()[static_cast<std::size_t>(exchange.action - &actions()[0])];
  if (!taken) return taken.fault();
  if (const auto problem = check_served(*call.route, exchange.broker().shared.health))
    return fault_of(*problem);
  return Asked::something;
}

Outcome<> look_at_head(Call& call) {
  access::PrincipalRef named;
  const access::Principal* who = call.principal;
  if (!who->known()) {
    auto found = call.common.authenticator.look(call.head, call.target, call.broker().clock.wall());
    const bool shown = found || found.fault().code != Code::access_denied;
    // A form that nobody has signed may be nobody's: its body will tell.
    if (!shown && protocol_of(call) == Protocol::query && !call.target.find("Action")) return {};
    if (shown && !found) note_wrong_key(call);
    if (!found) return found.fault();
    named = *std::move(found);
    who = named.get();
  }
  if (access::look_at_quota(*who, call.broker().clock)) return throttled();
  return {};
}

// What a GET of a queue's URL gets that asks for nothing.
void answer_nothing(Exchange& exchange) {
  exchange.call.reply.status = 404;
  label(exchange);
  exchange.call.reply.body = "<UnknownOperationException/>";
}

Problem nothing_here(Call& call) {
  call.refuse = nullptr;
  Problem problem(ProblemKind::not_found,
                  fmt::format("There is nothing at {}.", call.head.target.substr(0, 256)));
  return problem.with_hint("GET /v1 and GET /openapi.json list what there is.");
}

// The path does not say which queue it is about.
void begin_span(Exchange& exchange) {
  trace::begin(exchange.call);
  if (!exchange.call.span) return;
  if (auto queue = exchange.queue()) exchange.call.span->destination = *std::move(queue);
}

ActionHandler handler_of(const Exchange& exchange) {
  const bool strict = exchange.options().profile == Profile::strict;
  return strict ? strict_handler(*exchange.action) : exchange.action->handler;
}

// That there is no such queue is said before anything else that is wrong. Asking the core first
// would cost every good request a turn.
Task<Fault> first_fault(Exchange& exchange, Fault fault) {
  if (exchange.action->about != About::queue || fault.code == Code::queue_does_not_exist)
    co_return fault;
  auto queue = exchange.queue();
  if (!queue) co_return queue.fault();
  auto ask = [&exchange, &queue] { return exchange.broker().queues.config(*queue) != nullptr; };
  const bool there = co_await ask_core(exchange.broker().core, std::move(ask));
  if (!there) fault = no_such_queue();
  co_return fault;
}

}  // namespace

const Route* recognise(Call& call, bool path_exists) {
  if (const Route* const local = recognise_local(call)) return local;
  const Head& head = call.head;
  const Route* const route = &general_route();
  if (head.method != "POST" && head.method != "GET") return nullptr;
  if (speaks_json(head)) {
    speak(call, Protocol::json);
    return route;
  }
  if (call.target.find("Action")) {
    speak(call, Protocol::query);
    return route;
  }
  if (path_exists) return nullptr;
  if (head.method == "GET") return is_queue_path(call.target) ? route : nullptr;
  switch (media_of(head.content_type)) {
    case Media::none:
    case Media::form:
    case Media::other:  // a form, perhaps: its body will tell
      if (is_our_path(call.target)) speak(call, Protocol::query);
      return route;
    case Media::json:
      if (!is_our_path(call.target)) return nullptr;
      speak(call, Protocol::json);
      return route;
    case Media::protobuf:
    case Media::ndjson:
    case Media::cloud_event:
    case Media::cloud_events:
    case Media::events: return nullptr;
  }
  return nullptr;
}

void recognise_broken(Call& call, bool path_exists) {
  const std::string_view target = call.head.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view query = target.substr(mark);
  if (speaks_json(call.head)) {
    speak(call, Protocol::json);
  } else if (query.starts_with("?Action=") || query.find("&Action=") != std::string_view::npos) {
    speak(call, Protocol::query);
  } else {
    if (!Target().parse(target.substr(0, mark))) return;
    const Route* const route = recognise(call, path_exists);
    if (route == &general_route() && call.head.method == "GET") speak(call, Protocol::query);
  }
  if (call.refuse == &refuse<Protocol::json>) call.refuse = &refuse_broken<Protocol::json>;
  if (call.refuse == &refuse<Protocol::query>) call.refuse = &refuse_broken<Protocol::query>;
}

bool turn_away(Call& call) {
  auto passes = look_at_head(call);
  if (passes) return false;
  Exchange exchange(call, protocol_of(call));
  render(exchange, passes.fault());
  return true;
}

Task<Try<>> serve(Call& call) {
  Exchange exchange(call, protocol_of(call));
  auto asked = read(exchange);
  if (!asked) {
    render(exchange, asked.fault());
    co_return Try<>();
  }
  if (*asked == Asked::not_us) co_return nothing_here(call);
  if (*asked == Asked::nothing) {
    answer_nothing(exchange);
    co_return Try<>();
  }
  // A GET may write here, which nobody has looked at yet: an image on a foreign page must not.
  if (call.head.method == "GET") {
    if (auto foreign = check_origin(call.head, call.common.options)) co_return *std::move(foreign);
  }
  if (const auto may = permitted(exchange); !may) {
    render(exchange, may.fault());
    co_return Try<>();
  }
  begin_span(exchange);
  exchange.answer.begin(exchange.action->name, exchange.action->has_result);
  const ActionHandler handler = handler_of(exchange);
  const auto done = co_await handler(exchange);
  if (!done) {
    const Fault fault = co_await first_fault(exchange, done.fault());
    render(exchange, fault);
    co_return Try<>();
  }
  exchange.answer.end(exchange.request_id);
  label(exchange);
  co_return Try<>();
}

}  // namespace twofold::http::sqs
