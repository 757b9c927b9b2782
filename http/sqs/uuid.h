#pragma once

#include <string>

#include "engine/base/random.h"

namespace twofold::http::sqs {

/// A random UUID (version 4) as text.
std::string make_uuid(engine::Random& random);
/// One that is always the same for the same name (version 8): of what has no id of its own.
std::string uuid_of(std::string_view name);

}  // namespace twofold::http::sqs
