// Who is on a connection, and what it may do there.
#include <boost/asio/steady_timer.hpp>

#include "http/access/charge.h"
#include "http/lane.h"
#include "http/namespaces.h"
#include "http/permit.h"
#include "http/server_common.h"
#include "http/wire.h"
#include "http/ws/connection.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

// Whom a hello is from: its token counts before what the upgrade has said. Null: nobody we know.
access::PrincipalRef Connection::greeter(const Hello& hello) const {
  const access::Keyring& keyring = broker().shared.access.keyring;
  if (!keyring.required() || hello.token.empty()) return principal_;
  const auto token = access::parse_token(hello.token);
  return token ? keyring.check(*token) : nullptr;
}

// Another key brings its namespace along, but not to a connection that a key has opened: what that
// has begun stays where it is. Nothing changes when it is refused.
Try<Broker*> Connection::home_of(const access::Principal& who) const {
  if (who.unrestricted || &who == principal_.get()) return broker_;
  if (who.name_space == broker_->name_space) return broker_;
  if (opening_.authenticated) {
    return Problem(ProblemKind::forbidden,
                   "This key belongs to another namespace than the one that opened the connection.");
  }
  if (who.name_space.empty()) return &common_.broker;
  const Namespaces* const others = common_.broker.shared.namespaces;
  Broker* const home = others ? others->find(who.name_space) : nullptr;
  if (home) return home;
  return Problem(ProblemKind::not_found,
                 "The namespace of this key is not there; the broker's log says why.");
}

void Connection::become(access::PrincipalRef who, Broker& home) {
  principal_ = std::move(who);
  broker_ = &home;
  inbox_.allow(common_.options.body_bytes_max);
}

std::string Connection::address() const { return wire_->address(); }

void Connection::turn_away(const FrameId& id, const Hello& hello) {
  access::Access& access = broker().shared.access;
  lane_->metrics.auth_failures.add();
  const bool often = !access.failures.take(address(), broker().clock.now());
  if (!often) {
    const auto token = access::parse_token(hello.token);
    const access::Asker stranger{*access::nobody(), {}, *this};
    access::audit(stranger, {"hello", access::text_of({}), "denied",
                             token ? access::public_id(token->id) : std::string_view()});
  }
  resting_ = true;  // nothing more is heard
  lane_->tasks.spawn(turn_away_later(self(), id, wrong_key(often)));
}

Task<> Connection::turn_away_later(std::shared_ptr<Connection> self, FrameId id, Problem problem) {
  Connection& connection = *self;
  asio::steady_timer timer(connection.lane_->context());
  timer.expires_after(access::Failures::kDelay);
  co_await timer.async_wait(engine::kAwait);
  connection.refuse(id, std::nullopt, std::move(problem));
  connection.close(CloseCode::unauthenticated, "no key of this broker");
}

// What is said of a subscription needs no more than the subscription did.
std::optional<Problem> Connection::permit_frame(const ClientFrame& frame) const {
  if (principal_->unrestricted) return std::nullopt;
  const access::Principal& who = *principal_;
  const ClientOp& op = frame.op;
  const access::Asker asker{who, broker().name_space, *this};
  if (is_charged(op) && access::charge(who, frame.bytes, broker().clock)) {
    return Problem(ProblemKind::quota_exceeded,
                   "This key asks for more than it may have in a second.");
  }
  if (const auto* const publish = std::get_if<PublishFrame>(&op)) {
    const bool to_topic = !publish->topic.empty();
    auto refused = permit(asker, "publish", Permission::publish,
                          to_topic ? access::topic(publish->topic) : access::queue(publish->queue));
    return refused ? refused : check_stored(who);
  }
  if (const auto* const transact = std::get_if<Transact>(&op))
    return permit(asker, "transact", transact->body.transaction);
  const auto* const subscribe = std::get_if<Subscribe>(&op);
  if (!subscribe) return std::nullopt;
  if (subscribe->topic.empty())
    return permit(asker, "subscribe", Permission::consume, access::queue(subscribe->queue));
  auto refused = permit(asker, "subscribe", Permission::consume, access::topic(subscribe->topic));
  if (refused || subscribe->group.empty()) return refused;
  return permit(asker, "subscribe", Permission::consume, access::group(subscribe->group));
}

}  // namespace twofold::http::ws
