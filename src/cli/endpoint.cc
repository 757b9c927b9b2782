#include <fmt/format.h>

#include "src/cli/http_client.h"
#include "src/config/units.h"

namespace twofold::cli {

std::string Endpoint::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Endpoint::url() const { return (secure ? "https://" : "http://") + authority(); }

Tried<Endpoint> parse_endpoint(std::string_view url) {
  const Failure refused = usage(fmt::format("\"{}\" is not the address of a broker", url),
                                "write --server http://127.0.0.1:8080, or set TWOFOLD_URL");
  std::string_view rest = url;
  Endpoint endpoint;
  endpoint.secure = rest.starts_with("https://");
  if (endpoint.secure) rest.remove_prefix(8);
  if (!endpoint.secure && rest.starts_with("http://")) rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ ") != std::string_view::npos) return refused;

  if (rest.front() == '[') {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return refused;
    endpoint.host = std::string(rest.substr(1, close - 1));
    rest.remove_prefix(close + 1);
  } else {
    const std::size_t colon = rest.find(':');
    endpoint.host = std::string(rest.substr(0, colon));
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon);
  }
  if (endpoint.host.empty()) return refused;
  endpoint.port = endpoint.secure ? "443" : "80";
  if (!rest.empty()) {
    const auto port = parse_count(rest.substr(1));
    if (rest.front() != ':' || !port || *port == 0 || *port > 65535) return refused;
    endpoint.port = fmt::format("{}", *port);
  }
  return endpoint;
}

std::string url_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace twofold::cli
