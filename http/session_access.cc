// Who asks on a connection, and what comes of it when nobody knows.
#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include "http/access/charge.h"
#include "http/permit.h"
#include "http/route.h"
#include "http/router.h"
#include "http/session.h"
#include "http/upgraded.h"

namespace twofold::http {

namespace asio = boost::asio;
using access::Credentials;
using engine::kAwait;

namespace {

bool same_bytes(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

// Only what opens a stream does.
bool takes_ticket(const Route& route) {
  return std::any_of(route.query.begin(), route.query.end(),
                     [](const QueryParam& one) { return one.name == "ticket"; });
}

}  // namespace

// A key that was looked at before is the same bytes, until the keyring changes.
std::optional<Problem> Session::identify() {
  access::Access& access = lane_.common.broker.shared.access;
  const std::uint64_t generation = access.keyring.generation();
  if (generation == 0) {
    call_.principal = access::everyone().get();
    return std::nullopt;
  }
  const std::string_view field = call_.head.field("Authorization");
  if (!field.empty() && generation == known_since_ && same_bytes(field, shown_)) {
    call_.principal = known_.get();
    return std::nullopt;
  }
  known_since_ = 0;
  std::string decoded;
  const Credentials credentials = access::read_authorization(field, decoded);
  access::PrincipalRef found;
  switch (credentials.scheme) {
    case Credentials::Scheme::other: return std::nullopt;  // a signature, which is looked at later
    case Credentials::Scheme::broken: break;
    case Credentials::Scheme::token: found = access.keyring.check(credentials.token); break;
    case Credentials::Scheme::none: {
      const auto ticket = call_.target.find("ticket");
      if (!ticket || !takes_ticket(*call_.route) || call_.head.field("Upgrade").empty()) {
        take_certificate(generation);
        return std::nullopt;
      }
      found = access.tickets.redeem(*ticket, lane_.common.broker.clock.now());
      break;
    }
  }
  if (!found) {
    call_.tried_key = access::public_id(credentials.token.id);
    return refuse_key();
  }
  known_ = std::move(found);
  call_.principal = known_.get();
  if (credentials.scheme == Credentials::Scheme::token) {
    shown_ = field;
    known_since_ = generation;
  }
  return std::nullopt;
}

// Who shows nothing else is whom the certificate of the connection stands for, if anybody.
void Session::take_certificate(std::uint64_t generation) {
  // A signature in the address decides like one in a field; SQS looks at it.
  if (!client_certificate_ || call_.target.find("X-Amz-Signature")) return;
  if (certified_since_ != generation) {
    const access::Keyring& keyring = lane_.common.broker.shared.access.keyring;
    certified_ = keyring.certified(client_certificate_->subject);
    for (const std::string& name : client_certificate_->names)
      if (!certified_) certified_ = keyring.certified(name);
    certified_since_ = generation;
  }
  if (certified_) call_.principal = certified_.get();
}

bool Session::is_stranger() {
  if (!stranger_ || (tls_ != nullptr && !shaken_)) return stranger_;
  const bool keys = lane_.common.broker.shared.access.keyring.required();
  const bool known =
      upgraded_ ? upgraded_->is_known() : known_->known() || call_.principal->known();
  if (keys && !known) return true;
  stranger_ = false;
  lane_.common.strangers.remove(number_);
  return false;
}

bool Session::is_overdue(engine::Instant now) {
  return is_stranger() && now - opened_ > Strangers::kTime;
}

std::string Session::address() const { return wire_.address(); }

Problem Session::refuse_key() {
  call_.wrong_key = true;
  access::Access& access = lane_.common.broker.shared.access;
  if (!access.failures.take(address(), lane_.common.broker.clock.now())) return wrong_key(true);
  const access::Asker stranger{*access::nobody(), {}, *this};
  access::audit(stranger, {"authenticate", access::text_of({}), "denied", call_.tried_key});
  return wrong_key(false);
}

// Guessing is slow, whoever does it.
Task<> Session::pay_for_wrong_key() {
  lane_.metrics.auth_failures.add();
  phase_ = Phase::handling;
  asio::steady_timer timer(lane_.context());
  timer.expires_after(access::Failures::kDelay);
  co_await timer.async_wait(kAwait);
}

// Before the body is read: who has used up what the key may use costs no more than this.
std::optional<Problem> Session::charge() {
  const access::Principal& who = *call_.principal;
  charged_ = true;
  Broker& broker = lane_.common.broker;
  const auto wait = access::charge(
      who, call_.head.content_length.value_or(call_.head.chunked ? 1 : 0), broker.clock);
  if (!wait) return std::nullopt;
  const std::int64_t seconds = access::retry_after(*wait, broker.random);
  Reply& reply = call_.reply;
  reply.field("Retry-After", std::to_string(seconds));
  reply.field("RateLimit-Policy", access::rate_policy(who));
  reply.field("RateLimit", fmt::format("\"requests\";r=0;t={}", seconds));
  return Problem(ProblemKind::quota_exceeded,
                 "This key asks for more than it may have in a second.");
}

// Managing leaves a line, whoever did it.
void Session::note_management() {
  const Route& route = *call_.route;
  if (route.permission != Permission::manage || call_.principal->unrestricted) return;
  const int status = call_.reply.status;
  if (status == 401 || status == 403) return;  // said where it was refused
  const access::Asker asker{*call_.principal, call_.broker().name_space, *this};
  access::audit(asker,
                {route.operation, subject_of(call_, route), status < 400 ? "done" : "failed"});
}

}  // namespace twofold::http
