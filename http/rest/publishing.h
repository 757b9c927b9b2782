#pragma once

#include <string>
#include <vector>

#include "engine/base/task.h"
#include "http/call.h"
#include "log/topics.h"

namespace twofold::http {

/// Publishes once, whatever happens to the answer (once.h).
Task<Result<log::Published>> submit(Call& call, log::Publish publish);

/// Says which record of the request is at fault, when it is one: `numbers` has the number of each
/// record of the batch; null: they are the batch's own.
Problem about_record(Problem problem, const engine::Error& error,
                     const std::vector<std::size_t>* numbers);

// publish_lines.cc
/// NDJSON: each line is a record and gets a line in answer, a receipt or a problem; the one publish
/// that is not atomic. A body in chunks is published while it arrives, and answered likewise.
Task<Try<>> publish_lines(Call& call, std::string topic);

}  // namespace twofold::http
