// Who is on a connection, and what it may do there.
#include <boost/asio/steady_timer.hpp>

#include "http/access/charge.h"
#include "http/lane.h"
#include "http/permit.h"
#include "http/wire.h"
#include "http/ws/connection.h"

namespace twofold::http::ws {

namespace asio = boost::asio;

// The token of the hello counts before what the upgrade has said.
bool Connection::identify(const Hello& hello) {
  const access::Keyring& keyring = broker_.access.keyring;
  if (!keyring.required()) return true;
  if (!hello.token.empty()) {
    const auto token = access::parse_token(hello.token);
    auto found = token ? keyring.check(*token) : nullptr;
    if (!found) return false;
    principal_ = std::move(found);
  }
  if (principal_->known()) inbox_.allow(common_.options.body_bytes_max);
  return principal_->known();
}

void Connection::turn_away(const FrameId& id) {
  access::Access& access = broker_.access;
  boost::system::error_code gone;
  const auto peer = wire_->socket().remote_endpoint(gone);
  const std::string address = gone ? std::string() : peer.address().to_string();
  lane_->metrics.auth_failures.add();
  const bool often = !access.failures.take(address, broker_.clock.now());
  if (!often) access::audit(*access::nobody(), "hello", {}, "denied");
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
  if (is_write(op) && access::charge(who, frame.bytes, broker_.clock)) {
    return Problem(ProblemKind::quota_exceeded,
                   "This key asks for more than it may have in a second.");
  }
  if (const auto* const publish = std::get_if<PublishFrame>(&op)) {
    const bool to_topic = !publish->topic.empty();
    return permit(who, "publish", Permission::publish,
                  to_topic ? access::topic(publish->topic) : access::queue(publish->queue));
  }
  if (const auto* const transact = std::get_if<Transact>(&op))
    return permit(who, "transact", transact->body.transaction);
  const auto* const subscribe = std::get_if<Subscribe>(&op);
  if (!subscribe) return std::nullopt;
  if (subscribe->topic.empty())
    return permit(who, "subscribe", Permission::consume, access::queue(subscribe->queue));
  auto refused = permit(who, "subscribe", Permission::consume, access::topic(subscribe->topic));
  if (refused || subscribe->group.empty()) return refused;
  return permit(who, "subscribe", Permission::consume, access::group(subscribe->group));
}

}  // namespace twofold::http::ws
