#include "http/access/tickets.h"

namespace twofold::http::access {

std::optional<std::string> Tickets::issue(PrincipalRef principal, engine::Random& random,
                                          engine::Instant now) {
  std::string ticket = new_secret(random);
  const std::lock_guard lock(mutex_);
  make_room(*principal);
  if (waiting_.size() >= kTicketsMax) {
    std::erase_if(waiting_, [&](const auto& one) { return one.second.until <= now; });
  }
  if (waiting_.size() >= kTicketsMax) return std::nullopt;
  waiting_.emplace(hash_secret(ticket), Waiting{std::move(principal), now + kGoodFor});
  return ticket;
}

// Whoever asks for more and more keeps nobody else from opening anything.
void Tickets::make_room(const Principal& principal) {
  if (waiting_.size() < kOfOneMax) return;
  std::size_t count = 0;
  auto oldest = waiting_.end();
  for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
    if (at->second.principal.get() != &principal) continue;
    ++count;
    if (oldest == waiting_.end() || at->second.until < oldest->second.until) oldest = at;
  }
  if (count >= kOfOneMax) waiting_.erase(oldest);
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
