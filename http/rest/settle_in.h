#pragma once

#include <string_view>

#include "http/json_reader.h"
#include "http/problem.h"
#include "queue/queues.h"

namespace twofold::http {

inline constexpr std::size_t kSettledMax = 1'000;  ///< in one request

/// One item of a nack or extend: an object under the cursor, or a nested Protobuf message. Checked:
/// delays and timeouts are in range, and what must be there is.
Try<queue::NackItem> read_nack(JsonReader& json);
Try<queue::NackItem> read_proto_nack(std::string_view message);
Try<queue::ExtendItem> read_extend(JsonReader& json);
Try<queue::ExtendItem> read_proto_extend(std::string_view message);

/// How a result is called, in JSON and in Protobuf.
std::string_view settled_text(queue::Settled settled);
std::uint64_t settled_number(queue::Settled settled);

}  // namespace twofold::http
