#pragma once

#include "http/call.h"

namespace twofold::http {

/// GET /v1/storage/damage: which stored bytes did not verify, and whose they were.
Task<Try<>> storage_damage(Call& call);

}  // namespace twofold::http
