#pragma once

#include <optional>
#include <string>

#include "http/call.h"
#include "http/json_writer.h"

namespace twofold::http {

/// Which part of a list of names is wanted.
struct ListQuery {
  std::string after;
  std::size_t limit;
};
Try<ListQuery> parse_list_query(const Call& call);

/// Ends {"items":[...]: adds "next" and the Link field when the list goes on behind `last`.
void end_list(Call& call, JsonWriter& json, const std::optional<std::string>& last);

}  // namespace twofold::http
