#include "http/access/charge.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace twofold::http::access {

std::optional<engine::Duration> charge(const Principal& principal, std::uint64_t bytes,
                                       const engine::Clock& clock) {
  if (principal.requests.per_second() == 0 && principal.bytes.per_second() == 0) return std::nullopt;
  const engine::Instant now = clock.now();
  if (auto wait = principal.requests.take(1, now)) return wait;
  // Who asks without a body is refused while there are debts, too.
  return principal.bytes.take(std::max<std::uint64_t>(bytes, 1), now);
}

std::optional<engine::Duration> look_at_quota(const Principal& principal,
                                              const engine::Clock& clock) {
  if (principal.requests.per_second() == 0 && principal.bytes.per_second() == 0) return std::nullopt;
  const engine::Instant now = clock.now();
  if (auto wait = principal.requests.look(now)) return wait;
  return principal.bytes.look(now);
}

void charge_answer(const Principal& principal, std::uint64_t bytes, const engine::Clock& clock) {
  if (principal.bytes.per_second() > 0) principal.bytes.owe(bytes, clock.now());
}

std::int64_t retry_after(engine::Duration wait, engine::Random& random) {
  constexpr std::int64_t kSecond = 1'000;
  const auto least = static_cast<std::uint64_t>(std::max<std::int64_t>(wait.count(), 1));
  const auto jittered = static_cast<std::int64_t>(least + random.below(least / 2 + 1));
  return (jittered + kSecond - 1) / kSecond;
}

std::string rate_policy(const Principal& principal) {
  std::string policy;
  const auto add = [&](std::string_view name, std::uint64_t per_second) {
    if (per_second == 0) return;
    fmt::format_to(std::back_inserter(policy), "{}\"{}\";q={};w=1", policy.empty() ? "" : ", ", name,
                   per_second);
  };
  add("requests", principal.requests.per_second());
  add("bytes", principal.bytes.per_second());
  return policy;
}

}  // namespace twofold::http::access
