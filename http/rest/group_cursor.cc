#include "http/rest/group_cursor.h"

#include <charconv>

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
    text.append(cursor.topic);
    if (cursor.seeks > 0) text.append("@").append(std::to_string(cursor.seeks));
    text.append(":").append(cursor.cursor);
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
    std::string_view topic = one.substr(0, colon);
    std::uint64_t seeks = 0;
    if (const std::size_t sign = topic.find('@'); sign != std::string_view::npos) {
      const std::string_view digits = topic.substr(sign + 1);
      const auto [last, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), seeks);
      if (error != std::errc{} || last != digits.data() + digits.size()) return std::nullopt;
      topic = topic.substr(0, sign);
    }
    if (!is_name(topic)) return std::nullopt;
    cursors.push_back({std::string(topic), std::string(one.substr(colon + 1)), seeks});
    if (end == std::string_view::npos) return cursors;
    text.remove_prefix(end + 1);
  }
}

}  // namespace twofold::http
