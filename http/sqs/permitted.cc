#include "http/sqs/permitted.h"

#include <fmt/format.h>

#include "http/access/charge.h"
#include "http/permit.h"
#include "http/sqs/action.h"

namespace twofold::http::sqs {

Outcome<> permitted(const Exchange& exchange, Permission permission, std::string_view queue) {
  access::Resource resource = access::queue(queue);
  resource.whole = queue.empty();
  const access::Principal& principal = *exchange.call.principal;
  const std::string_view action =
      exchange.action ? exchange.action->name : std::string_view("ReceiveMessage");
  if (!permit(asker_of(exchange.call), action, permission, resource)) {
    if (permission == Permission::manage && !principal.unrestricted)
      exchange.call.subject = access::text_of(resource);
    return {};
  }
  return Fault(
      Code::access_denied,
      fmt::format("User: arn:aws:iam::{}:user/{} is not authorized to perform: sqs:{} on resource: "
                  "{}. The key needs allow = [\"{} queue:{}\"].",
                  principal.account, principal.id, action,
                  queue.empty() ? std::string("*") : exchange.arn(principal.account, queue),
                  access::permission_name(permission), queue.empty() ? "*" : queue));
}

Outcome<> may_store(const Exchange& exchange) {
  const auto refused = check_stored(*exchange.call.principal);
  if (refused) return Fault(Code::over_limit, refused->detail);
  return {};
}

Fault throttled() {
  return {Code::request_throttled, "This key asks for more than it may have in a second."};
}

Outcome<> charge_caller(const Exchange& exchange) {
  const Call& call = exchange.call;
  if (!access::charge(*call.principal, call.body.size(), exchange.broker().clock)) return {};
  return throttled();
}

Outcome<> permitted(const Exchange& exchange) {
  const Action& action = *exchange.action;
  if (exchange.call.principal->unrestricted || action.about != About::queue) return {};
  const auto queue = exchange.queue();
  if (!queue) return queue.fault();  // no queue can have that name
  if (auto may = permitted(exchange, action.permission, *queue); !may) return may;
  return action.permission == Permission::publish ? may_store(exchange) : Outcome<>();
}

}  // namespace twofold::http::sqs
