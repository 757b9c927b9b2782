#pragma once

#include "http/json_writer.h"
#include "log/lag.h"

namespace twofold::http {

/// {"count":..,"bytes":..,"age":"..","seconds":..,"oldest":".."}: how far behind a reader is, the
/// same for groups and queues. "age" is how old the oldest of what it has not read is, "seconds"
/// the same as a number; "oldest", when that was appended, is there while there is anything.
void append_lag(JsonWriter& json, const log::Lag& lag, engine::WallTime now);

}  // namespace twofold::http
