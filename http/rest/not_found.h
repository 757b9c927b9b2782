#pragma once

#include <string>

#include "http/call.h"

namespace twofold::http {

/// Adds to a topic-, queue- or group-not-found what a person needs next: the nearest name there is,
/// and how to create this one. Every other error passes unchanged.
Task<Problem> explained(Call& call, engine::Error error, std::string name);

}  // namespace twofold::http
