#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/random.h"
#include "http/access/principal.h"

namespace twofold::http::access {

/// Takes one request of so many bytes from what somebody may use. Nullopt: it is within the limits,
/// which costs next to nothing where there are none; else how long to wait. Threads: any.
std::optional<engine::Duration> charge(const Principal& principal, std::uint64_t bytes,
                                       const engine::Clock& clock);
/// Nullopt: charge() would let a request pass; else how long to wait. Takes nothing. Threads: any.
std::optional<engine::Duration> look_at_quota(const Principal& principal,
                                              const engine::Clock& clock);
/// Books what an answer, or a body in portions, came to, which nobody could know before.
void charge_answer(const Principal& principal, std::uint64_t bytes, const engine::Clock& clock);

/// What a Retry-After says: whole seconds, up to half as long again, so that not everybody comes back
/// at once.
std::int64_t retry_after(engine::Duration wait, engine::Random& random);
/// The limits as a RateLimit-Policy field: `"requests";q=100;w=1, "bytes";q=1000;w=1`.
std::string rate_policy(const Principal& principal);

}  // namespace twofold::http::access
