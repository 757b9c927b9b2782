#pragma once

#include <vector>

#include "http/call.h"
#include "http/json_writer.h"
#include "queue/queues.h"

namespace twofold::http {

/// Answers a send: the messages' ids, in the request's order.
void render_sent(Call& call, const queue::Sent& sent);

/// Those ids: {"id":"0-7","offset":7,"seq":9001}, with "duplicate":true where it was sent before.
void append_sent(JsonWriter& json, const std::vector<queue::SentMessage>& messages);
/// The same as twofold.v1.Sent messages in `field`.
void append_sent(std::string& out, std::uint32_t field,
                 const std::vector<queue::SentMessage>& messages);

/// A Durability's number in twofold.v1.
std::uint64_t proto_durability(engine::Durability durability);

}  // namespace twofold::http
