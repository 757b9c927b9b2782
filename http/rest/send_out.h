#pragma once

#include "http/call.h"
#include "queue/queues.h"

namespace twofold::http {

/// Answers a send: the messages' ids, in the request's order.
void render_sent(Call& call, const queue::Sent& sent);

/// A Durability's number in twofold.v1.
std::uint64_t proto_durability(engine::Durability durability);

}  // namespace twofold::http
