#pragma once

#include <string>
#include <vector>

#include "src/cli/session.h"

namespace twofold::cli {

/// The results of an ack, nack or extend, one word for each receipt: acked, already, stale,
/// unknown.
using Results = std::vector<std::string>;

Tried<Results> ack_receipts(Session& session, const std::string& queue,
                            const std::vector<std::string>& receipts);

/// `members` is the JSON of one item without its receipt, as in `"delay":"5s"`.
Tried<Results> post_items(Session& session, const std::string& queue, const std::string& verb,
                          const std::vector<std::string>& receipts, const JsonObject& members);

}  // namespace twofold::cli
