#include "http/access/tickets.h"

namespace twofold::http::access {

std::optional<std::string> Tickets::issue(PrincipalRef principal, engine::Random& random,
                                          engine::Instant now) {
  std::string ticket = new_secret(random);
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kTicketsMax) {
    std::erase_if(waiting_, [&](const auto& one) { return one.second.until <= now; });
  }
  if (waiting_.size() >= kTicketsMax) return std::nullopt;
  waiting_.emplace(hash_secret(ticket), Waiting{std::move(principal), now + kGoodFor});
  return ticket;
}

PrincipalRef Tickets::redeem(std::string_view ticket, engine::Instant now) {
  const SecretHash hash = hash_secret(ticket);
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(hash);
  if (found == waiting_.end()) return nullptr;
  const Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  return waiting.until > now && !waiting.principal->revoked ? waiting.principal : nullptr;
}

}  // namespace twofold::http::access
