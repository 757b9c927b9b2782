#include "http/sqs/exchange.h"

#include <fmt/format.h>

#include "http/namespaces.h"
#include "http/server_common.h"
#include "http/sqs/permitted.h"
#include "http/sqs/sigv4.h"
#include "http/sqs/uuid.h"
#include "http/trace/span.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kAmzJson = "application/x-amz-json-1.0";
constexpr std::string_view kXml = "text/xml";

}  // namespace

Exchange::Exchange(Call& c, Protocol p)
    : call(c),
      protocol(p),
      caller(caller_of(c.head, c.target)),
      request_id(make_uuid(c.broker().random)),
      answer(p, c.reply.body) {}

const Options& Exchange::options() const { return call.common.options.sqs; }

Outcome<std::string> Exchange::queue() const {
  Address address;
  if (request.queue_url) {
    address = address_in_url(*request.queue_url);
  } else if (is_queue_path(call.target)) {
    address = address_in_path(call.target.segments());
  }
  std::string name = stored(address);
  if (!is_name(name)) return no_such_queue();
  return name;
}

bool speaks_json(const Head& head) {
  return !head.field("X-Amz-Target").empty() ||
         head.content_type.starts_with("application/x-amz-json-1.");
}

bool is_queue_path(const Target& target) {
  const auto segments = target.segments();
  return segments.size() >= 2 && is_account(segments[segments.size() - 2]);
}

void note_wrong_key(Call& call) {
  call.wrong_key = true;
  const auto signature = read_signature(call.head, call.target);
  if (signature) call.tried_key = access::public_id(signature->key_id);
}

Outcome<> authenticate(Exchange& exchange) {
  Call& call = exchange.call;
  if (!call.principal->known()) {
    auto caller = call.common.authenticator.check(call.head, call.target, call.body,
                                                  call.broker().clock.wall());
    if (!caller) {
      if (caller.fault().code != Code::access_denied)
        note_wrong_key(call);  // else nothing was shown
      return caller.fault();
    }
    call.signer = caller->principal;
    call.principal = call.signer.get();
    exchange.caller.region = caller->region;
  }
  if (!call.principal->unrestricted) exchange.caller.account = call.principal->account;
  if (const auto elsewhere = enter_namespace(call)) return fault_of(*elsewhere);
  return charge_caller(exchange);  // also who asks for what cannot be read
}

void label(Exchange& exchange) {
  Reply& reply = exchange.call.reply;
  reply.content_type = exchange.protocol == Protocol::json ? kAmzJson : kXml;
  reply.field("x-amzn-RequestId", exchange.request_id);
}

void render(Exchange& exchange, const Fault& fault) {
  Reply& reply = exchange.call.reply;
  const CodeInfo& code = info(fault.code);
  exchange.call.refused_as = code.query;
  if (exchange.call.span) exchange.call.span->error = code.query;
  reply.status = code.status;
  reply.body.clear();
  label(exchange);
  if (exchange.protocol == Protocol::json) {
    reply.field("x-amzn-query-error",
                fmt::format("{};{}", code.query, code.sender() ? "Sender" : "Receiver"));
  }
  AnswerWriter(exchange.protocol, reply.body).fault(fault, exchange.request_id);
}

}  // namespace twofold::http::sqs
