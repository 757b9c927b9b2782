#pragma once

#include <string_view>

#include "http/json_reader.h"
#include "http/problem.h"
#include "log/topics.h"

namespace twofold::http {

/// {"last_seq":9000} or {"key_last":"2-40"} under the cursor; a null key_last: the key has no
/// record.
Try<log::Expectation> read_expectation(JsonReader& json);
/// The id of a record, as key_last names it.
Try<log::Expectation::KeyLast> key_last_of(std::string_view id);

}  // namespace twofold::http
