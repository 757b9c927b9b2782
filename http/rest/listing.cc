#include "http/rest/listing.h"

#include <fmt/format.h>

namespace twofold::http {

namespace {
constexpr std::string_view kPrefix = "n1.";
}

// Names have no characters that a URL would need to escape, so the cursor is the name behind a
// mark that keeps people from making their own.
Try<ListQuery> parse_list_query(const Call& call) {
  auto limit = call.number("limit", 1, 1'000, 100);
  if (!limit) return std::move(limit).problem();
  ListQuery query{"", static_cast<std::size_t>(*limit)};
  const auto cursor = call.query("cursor");
  if (!cursor) return query;
  if (!cursor->starts_with(kPrefix) || !is_name(cursor->substr(kPrefix.size()))) {
    return Problem(ProblemKind::invalid_cursor, "The cursor is not one of this list.", "cursor");
  }
  query.after = cursor->substr(kPrefix.size());
  return query;
}

void end_list(Call& call, JsonWriter& json, const std::optional<std::string>& last) {
  json.end_array();
  if (last) {
    const std::string next = fmt::format("{}{}", kPrefix, *last);
    json.name("next").string(next);
    const std::string_view path = call.head.target.substr(0, call.head.target.find('?'));
    const auto limit = call.query("limit");
    const std::string page = limit ? fmt::format("limit={}&", *limit) : std::string();
    call.reply.field("Link", fmt::format("<{}?{}cursor={}>; rel=\"next\"", path, page, next));
  }
  json.end_object();
}

}  // namespace twofold::http
