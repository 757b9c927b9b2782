#pragma once

#include "http/rest/record_in.h"

namespace twofold::http {

/// One record whose value is the request's body as it is. Its key and durability stand in the
/// query, its headers in fields like Twofold-H-Region, the rest in Twofold-Delay, Twofold-Dedup-Id,
/// Twofold-Group and Twofold-Ttl.
Try<IncomingBatch> read_raw(Call& call, Destination destination);

}  // namespace twofold::http
