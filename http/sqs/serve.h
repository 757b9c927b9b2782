#pragma once

#include "http/call.h"
#include "http/on_core.h"

namespace twofold::http::sqs {

/// Serves one request of either protocol, from parameters to answer. A form that turns out to have
/// no Action is a problem: nothing is there.
Task<Try<>> serve(Call& call);

}  // namespace twofold::http::sqs
