#pragma once

#include <string>
#include <string_view>

#include "http/access/authorize.h"
#include "http/access/failures.h"
#include "http/access/keyring.h"
#include "http/access/peer.h"
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

/// Who asks, and from where. References into what asks: it does not outlive the request.
struct Asker {
  const Principal& principal;
  std::string_view name_space;  ///< that the thing is in; empty: the default one
  const Peer& peer;
};

/// What somebody wanted, and what came of it.
struct Deed {
  std::string_view action;
  std::string resource;      ///< "topic:orders", "key:reports", "broker"
  std::string_view outcome;  ///< done, failed, denied
  std::string_view key{};    ///< the id of a key that was tried, and is none of ours
};

/// "topic:orders", "queue:*", "broker": as lines for the operator spell it.
std::string text_of(const Resource& resource);

/// A line for whoever looks after the broker: who wanted what of which thing, from where, and what
/// came of it. What a client sent is escaped and cut there.
void audit(const Asker& asker, const Deed& deed);

}  // namespace twofold::http::access
