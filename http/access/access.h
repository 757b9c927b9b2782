#pragma once

#include <string_view>

#include "http/access/authorize.h"
#include "http/access/failures.h"
#include "http/access/keyring.h"
#include "http/access/tickets.h"

namespace twofold::http::access {

/// Who may come in, and what is known of those who tried. One for the broker.
/// Threads  any.
struct Access {
  Keyring keyring;
  Tickets tickets;
  Failures failures;

  /// Whoever has shown no key.
  const PrincipalRef& stranger() const { return keyring.required() ? nobody() : everyone(); }
};

/// A line for whoever looks after the broker: who wanted what of which thing, and what came of it.
/// What a client sent is escaped and cut there. `name_space` is the one that the thing is in; empty
/// is the default one.
void audit(const Principal& principal, std::string_view action, const Resource& resource,
           std::string_view outcome, std::string_view name_space);

}  // namespace twofold::http::access
