#pragma once

#include <string>
#include <vector>

#include "http/call.h"
#include "http/message_page.h"
#include "queue/queues.h"

namespace twofold::http {

/// The client holds the messages from now on; they are written in the reply already. When it cannot
/// be written they are ready again at once, and the receive does not count.
void hand_out(Call& call, const std::string& queue, std::vector<queue::Delivered> messages);

/// One call receives so often at most, whatever it finds expired; then its answer is empty.
inline constexpr int kRoundsMax = 1'000;

/// Leaves what can be handed out. What has expired by its time to live the queue is done with; what
/// was too much to be read with the others is given back, as if it had not been received. True when
/// something was received and nothing is left: receive again, until the same deadline.
bool sort_out(Call& call, const std::string& queue, queue::Received& received,
              MessageRecords& records);

/// What could not be read is not handed out. It is not given back either, or it would stand in the
/// way of the others: it is tried again when its visibility timeout has passed, which counts.
/// Says in the log what is wrong; true when not one message can be shown.
bool nothing_readable(const std::string& queue, const MessageRecords& records);

}  // namespace twofold::http
