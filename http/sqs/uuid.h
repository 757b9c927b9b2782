#pragma once

#include <string>

#include "engine/base/random.h"
#include "queue/queues.h"

namespace twofold::http::sqs {

/// The sixteen bytes of a random UUID (version 4).
queue::Token random_uuid(engine::Random& random);
std::string uuid_text(const queue::Token& uuid);
/// Both at once.
std::string make_uuid(engine::Random& random);
/// One that is always the same for the same name (version 8): of what has no id of its own.
std::string uuid_of(std::string_view name);

}  // namespace twofold::http::sqs
