#pragma once

#include <string_view>

#include "http/call.h"
#include "http/sqs/fault.h"
#include "http/sqs/request.h"

namespace twofold::http::sqs {

/// Reads the body of an AWS JSON 1.0 request. Unknown members are ignored, null is absent, a number
/// may be written as a string. Errors: serialization. Views into `body` and `scratch`.
Outcome<Request> read_json_request(std::string_view body, Scratch& scratch);

}  // namespace twofold::http::sqs
