#pragma once

#include <string_view>

#include "engine/record.h"
#include "http/json_writer.h"

namespace twofold::http {

/// Writes a record as a CloudEvent 1.0 in the JSON format. One that came as an event (its headers
/// say ce_id and ce_source) goes out under its own names; any other is `orders:2-41` of
/// /topics/orders, of the type in its header ce_type or "record", its key the subject. Headers
/// whose names an attribute may have (a-z, 0-9) are extensions, the others are not shown.
void append_cloud_event(JsonWriter& out, std::string_view topic, engine::PartitionId partition,
                        const engine::StoredRecord& record);

}  // namespace twofold::http
