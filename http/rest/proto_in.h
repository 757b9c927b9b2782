#pragma once

#include "http/rest/record_in.h"

namespace twofold::http {

/// Reads a twofold.v1.PublishRequest or SendRequest straight from the wire, without message
/// objects: views into the body. Unknown fields are skipped, as Protobuf does.
Try<IncomingBatch> read_proto_batch(Call& call, Destination destination);

}  // namespace twofold::http
