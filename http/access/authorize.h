#pragma once

#include "http/access/principal.h"

namespace twofold::http::access {

/// Whether somebody may do something to a thing: the one place that decides it, for all protocols.
///
/// Contract
///   Who belongs to a namespace may do nothing to the broker as a whole, whatever the grants say.
///   What no grant allows is refused. A permission implies no other. `nothing` is allowed to all.
///   Pure: asks neither whether the thing exists nor what the request came in.
/// Threads  any.
bool authorize(const Principal& principal, Permission permission, const Resource& resource);

/// Whether there is anything at all that it may do this to: who may look at a list, which then
/// shows what authorize() lets it see.
bool authorize_any(const Principal& principal, Permission permission);

/// Whether it may hand `grant` on to somebody else: only what it has itself.
bool may_hand_on(const Principal& principal, const Grant& grant);

}  // namespace twofold::http::access
