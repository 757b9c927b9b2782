#pragma once

#include <string>

#include "http/call.h"
#include "http/ws/client_frame.h"

namespace twofold::http::ws {

struct Agreed {
  Format format = Format::json;
  bool deflates = false;  ///< RFC 7692, in both directions
};

/// RFC 6455, section 4: whether the request asks for a WebSocket in a way that can be granted.
/// Writes the fields of the answer (101) into the reply and gives what was agreed on: JSON unless the
/// client offers twofold.v1.proto before twofold.v1.json; compression of JSON if it is offered, while
/// fewer than kDeflatingConnectionsMax are open. Errors: upgrade_required (with the fields that say
/// what would do), invalid_request (the key), origin_not_allowed.
Try<Agreed> accept_upgrade(Call& call);

inline constexpr std::size_t kDeflatingConnectionsMax = 10'000;

/// What proves to a client that its key was read: Sec-WebSocket-Accept.
std::string accept_key(std::string_view key);

}  // namespace twofold::http::ws
