#pragma once

#include "http/rest/position_in.h"
#include "http/rest/read_query.h"

namespace twofold::http {

/// Answers with the records from `places` on, and with every later one, until the client goes or
/// the broker drains: server-sent events (event `record`, id: the cursor behind it; `caught_up`,
/// `gap`, and `problem` as the last one), or bare lines. Reads the log at the client's speed: who
/// is slow holds a position and one piece of at most about 64 KiB.
Task<Try<>> stream_records(Call& call, Places places, ReadQuery query);

}  // namespace twofold::http
