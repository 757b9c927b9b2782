#pragma once

#include <string>

#include "http/call.h"
#include "queue/queues.h"

namespace twofold::http {

/// Until the client has them, received messages are ours to give back: when the answer cannot be
/// written they are ready again at once, and the receive does not count.
void arm_release(Call& call, const std::string& queue, const queue::Received& received);

}  // namespace twofold::http
