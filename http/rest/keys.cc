// Keys: who has one; and tickets, for browsers.
#include "http/json_writer.h"
#include "http/rest/handlers.h"

namespace twofold::http {

Task<Try<>> list_keys(Call& call) {
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const access::Key& key : call.broker.access.keyring.list()) {
    json.begin_object().name("id").string(key.id).name("account").string(key.account);
    json.name("token").boolean(key.hash.has_value());
    json.name("sqs").boolean(!key.sqs_secret.empty()).name("allow").begin_array();
    for (const access::Grant& grant : key.allow) json.string(grant.text());
    json.end_array().name("requests_per_second").number(key.requests_per_second);
    json.name("bytes_per_second").number(key.bytes_per_second).end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

Task<Try<>> issue_ticket(Call& call) {
  auto& tickets = call.broker.access.tickets;
  const auto ticket = tickets.issue(call.principal->shared_from_this(), call.broker.random,
                                    call.broker.clock.now());
  if (!ticket) {
    co_return Problem(ProblemKind::overloaded, "Too many tickets wait for their connections.");
  }
  call.reply.field("Cache-Control", "no-store");
  JsonWriter json(call.reply.body);
  json.begin_object().name("ticket").string(*ticket).name("good_for").string("60s").end_object();
  co_return Try<>();
}

}  // namespace twofold::http
