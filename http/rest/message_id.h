#pragma once

#include <string>

#include "http/problem.h"
#include "queue/queues.h"

namespace twofold::http {

/// "2-41": partition and offset. Anything else is no id of a message: message-not-found.
Try<queue::MessageId> read_message_id(std::string_view text);
std::string id_text(queue::MessageId id);

}  // namespace twofold::http
