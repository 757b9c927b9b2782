#pragma once

#include <string_view>

#include "http/sqs/exchange.h"

namespace twofold::http::sqs {

/// Whether the caller may do something to a queue of the broker. Empty stands for every queue.
/// Errors: access_denied, which says the same whether the queue exists or not. Threads: any.
Outcome<> permitted(const Exchange& exchange, Permission permission, std::string_view queue);

/// Whether the caller may still add to what is stored. Errors: over_limit.
Outcome<> may_store(const Exchange& exchange);

/// Of who has used up what the key may use.
Fault throttled();
/// Takes a request from what the caller's key may use. Errors: request_throttled.
Outcome<> charge_caller(const Exchange& exchange);

/// What an action asks for before it begins: its own permission for the queue that it names. Actions
/// that name queues in other ways ask for themselves.
Outcome<> permitted(const Exchange& exchange);

}  // namespace twofold::http::sqs
