#pragma once

#include "engine/base/error.h"
#include "src/config/config.h"

namespace twofold {

/// Whether whoever runs the broker has said that its data may go: no durability is asked of it, or
/// storage.allow_volatile is set.
bool may_be_volatile(const Config& config);

/// Looks at where the data directory is, or would be made, before anything is made there, and says
/// in the log what that means for data that is acknowledged as kept.
/// Errors: invalid_request, when the place keeps nothing and nobody has said that it may be so.
engine::Result<> look_at_volume(const Config& config);

}  // namespace twofold
