#pragma once

#include "http/sqs/action.h"

namespace twofold::http::sqs {

/// The handler of an action under the strict profile: its own, but for these.
///
///   PurgeQueue      60 s after the one before at the earliest
///   CreateQueue     60 s after a queue of that name was deleted at the earliest
///   ReceiveMessage  no more than 120,000 messages in flight: a short poll is told so, a long one
///   and
///                   one of a FIFO queue ends empty
ActionHandler strict_handler(const Action& action);

}  // namespace twofold::http::sqs
