#include "http/ws/subscription.h"

#include "http/ws/connection.h"

namespace twofold::http::ws {

Subscription::Subscription(std::shared_ptr<Connection> connection, std::uint32_t sub,
                           const CreditGrant& grant)
    : connection_(std::move(connection)),
      sub_(sub),
      prefix_(messages_prefix(connection_->format(), sub)),
      credit_(grant) {}

void Subscription::grant(const CreditGrant& grant) {
  credit_.add(grant.messages.value_or(0), grant.bytes.value_or(0));
  go();
}

void Subscription::go() {
  if (connection_ && credit_.any()) connection_->want_turn(*this);
}

}  // namespace twofold::http::ws
