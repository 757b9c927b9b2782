#pragma once

#include "http/call.h"
#include "queue/queues.h"

namespace twofold::http {

/// What a request says about an operation over many messages:
///   {"from":time,"to":time,"filter":"...","ids":["0-1"],"state":"dead","rate":100,
///    "dry_run":true,"destination":"queue"}
/// All of it may be left out. Times are the records' own; "to" is not included.
Try<queue::SweepRequest> read_operation(Call& call, queue::SweepAction action);

/// Whether it is about every message of the queue, at once.
bool is_everything(const queue::SweepRequest& request);

}  // namespace twofold::http
