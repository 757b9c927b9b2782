#pragma once

#include <string>

#include "engine/base/clock.h"

namespace twofold::http::sqs {

/// A moment as signatures write it (sigv4.h), "20260102T030405Z". Any thread.
std::string time_text(engine::WallTime time);

}  // namespace twofold::http::sqs
