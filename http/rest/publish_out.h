#pragma once

#include <vector>

#include "http/call.h"
#include "http/json_writer.h"
#include "http/proto_writer.h"
#include "log/topics.h"

namespace twofold::http {

/// Where published records are: {"id":"2-41","partition":2,"offset":41,"seq":9001}, and
/// "duplicate":true of one that was stored before.
void append_place(JsonWriter& json, const log::PublishedRecord& record);
void append_places(JsonWriter& json, const std::vector<log::PublishedRecord>& records);
/// The same as twofold.v1.Published messages in `field`.
void append_places(std::string& out, std::uint32_t field,
                   const std::vector<log::PublishedRecord>& records);

/// Answers a publish, in the request's order.
void render_published(Call& call, const log::Published& published);

}  // namespace twofold::http
