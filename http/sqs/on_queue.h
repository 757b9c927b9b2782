#pragma once

#include <optional>
#include <string>

#include "http/sqs/attributes.h"
#include "http/sqs/exchange.h"

namespace twofold::http::sqs {

// What actions do to a queue's definition. Threads: the core, but for change_queue().

Outcome<QueueView> find_queue(const Exchange& exchange, const std::string& name);

/// Whether the queue's dead letters may go where its policy says: the target exists, and lets them.
Outcome<> check_redrive_target(const Exchange& exchange, const QueueView& queue);

/// Puts the queue's settings and extension in the place of those it was found with.
void store(Exchange& exchange, QueueView queue, Decided<queue::QueueInfo> done);

/// Finds the request's queue, has `change` change it, and stores it: all in one turn.
using QueueChange = Outcome<> (*)(const Exchange& exchange, QueueView& queue);
Task<Outcome<>> change_queue(Exchange& exchange, QueueChange change);

}  // namespace twofold::http::sqs
