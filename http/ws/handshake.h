#pragma once

#include <string>

#include "http/call.h"
#include "http/ws/client_frame.h"

namespace twofold::http::ws {

/// RFC 6455, section 4: whether the request asks for a WebSocket in a way that can be granted.
/// Writes the fields of the answer (101) into the reply and gives the format that the client chose
/// by its subprotocol: JSON unless it offers twofold.v1.proto before twofold.v1.json. Errors:
/// upgrade_required (with the fields that say what would do), invalid_request (the key),
/// origin_not_allowed.
Try<Format> accept_upgrade(Call& call);

/// What proves to a client that its key was read: Sec-WebSocket-Accept.
std::string accept_key(std::string_view key);

}  // namespace twofold::http::ws
