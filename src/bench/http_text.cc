#include "src/bench/http_text.h"

#include <charconv>

#include <fmt/format.h>

namespace twofold::bench {
namespace {

constexpr std::size_t kHeadMax = 16384;

bool same_letters(std::string_view a, std::string_view lower_case) {
  if (a.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if ((a[i] | 0x20) != lower_case[i]) return false;
  }
  return true;
}

}  // namespace

std::string render_request(const Target& target, std::string_view method, std::string_view path,
                           std::string_view content_type, std::string_view body) {
  std::string request =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, path, target.authority);
  if (!target.token.empty()) request += fmt::format("Authorization: Bearer {}\r\n", target.token);
  if (!target.name_space.empty())
    request += fmt::format("Twofold-Namespace: {}\r\n", target.name_space);
  if (!content_type.empty()) {
    request += fmt::format("Content-Type: {0}\r\nAccept: {0}\r\n", content_type);
  }
  if (method != "GET") request += fmt::format("Content-Length: {}\r\n", body.size());
  request += "\r\n";
  request += body;
  return request;
}

HeadState read_head(std::string_view bytes, Head& head) {
  constexpr std::string_view kStart = "HTTP/1.1 ";
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    const bool hopeless =
        bytes.size() > kHeadMax || !kStart.starts_with(bytes.substr(0, kStart.size()));
    return hopeless ? HeadState::unreadable : HeadState::incomplete;
  }
  if (!bytes.starts_with(kStart) || end < kStart.size() + 3) return HeadState::unreadable;
  std::from_chars(bytes.data() + kStart.size(), bytes.data() + kStart.size() + 3, head.status);
  head.head_size = end + 4;
  head.body_size = 0;
  head.closes = false;

  std::string_view lines = bytes.substr(0, end);
  bool has_length = head.status == 204;
  for (std::size_t at = lines.find("\r\n"); at != std::string_view::npos;
       at = lines.find("\r\n", at + 2)) {
    const std::string_view line = lines.substr(at + 2, lines.find("\r\n", at + 2) - at - 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (same_letters(name, "connection") && same_letters(value, "close")) head.closes = true;
    if (!same_letters(name, "content-length")) continue;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), head.body_size);
    has_length = parsed.ec == std::errc{};
  }
  return has_length ? HeadState::complete : HeadState::unreadable;
}

}  // namespace twofold::bench
