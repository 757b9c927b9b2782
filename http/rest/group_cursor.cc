#include "http/rest/group_cursor.h"

#include "http/call.h"

namespace twofold::http {

namespace {
constexpr std::string_view kPrefix = "g1.";
constexpr std::size_t kTopicsMax = 16;
}  // namespace

std::string encode_group_cursor(const std::vector<TopicCursor>& cursors) {
  std::string text(kPrefix);
  for (const TopicCursor& cursor : cursors) {
    if (text.size() > kPrefix.size()) text.push_back(',');
    text.append(cursor.topic).append(":").append(cursor.cursor);
  }
  return text;
}

std::optional<std::vector<TopicCursor>> decode_group_cursor(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  std::vector<TopicCursor> cursors;
  for (;;) {
    const std::size_t end = text.find(',');
    const std::string_view one = text.substr(0, end);
    const std::size_t colon = one.find(':');
    if (colon == std::string_view::npos || cursors.size() == kTopicsMax) return std::nullopt;
    const std::string_view topic = one.substr(0, colon);
    if (!is_name(topic)) return std::nullopt;
    cursors.push_back({std::string(topic), std::string(one.substr(colon + 1))});
    if (end == std::string_view::npos) return cursors;
    text.remove_prefix(end + 1);
  }
}

}  // namespace twofold::http
