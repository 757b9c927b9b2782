#include "src/net/http_url.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold {

std::string HttpUrl::authority() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return bracketed ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Outcome<HttpUrl> parse_http_url(std::string_view text) {
  const Refused form(fmt::format("\"{}\" is not a URL, as in http://127.0.0.1:4318", text));
  HttpUrl url;
  url.secure = text.starts_with("https://");
  if (!url.secure && !text.starts_with("http://")) return form;
  std::string_view rest = text.substr(url.secure ? 8 : 7);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.path = slash == rest.size() ? "/" : std::string(rest.substr(slash));
  std::string_view place = rest.substr(0, slash);
  url.port = url.secure ? "443" : "80";
  const std::size_t bracket = place.rfind(']');
  const std::size_t colon = place.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  if (has_port) {
    url.port = place.substr(colon + 1);
    place = place.substr(0, colon);
    const bool digits =
        std::all_of(url.port.begin(), url.port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (url.port.empty() || url.port.size() > 5 || !digits) return form;
  }
  if (place.starts_with('[') && place.ends_with(']')) place = place.substr(1, place.size() - 2);
  if (place.empty() || text.find_first_of(" ?#@\\\"") != std::string_view::npos) return form;
  url.host = place;
  return url;
}

}  // namespace twofold
