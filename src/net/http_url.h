#pragma once

#include <string>
#include <string_view>

#include "src/config/outcome.h"

namespace twofold {

/// Where an HTTP server is, and what is asked of it.
struct HttpUrl {
  bool secure = false;  ///< https
  std::string host;     ///< a name, an IPv4 address, or an IPv6 address without brackets
  std::string port;
  std::string path;  ///< begins with a slash

  /// "host:port" as it stands in the Host field.
  std::string authority() const;
};

/// "http://127.0.0.1:4318", "https://collector.example.org/otel". Refuses anything else, and names
/// and passwords in it.
Outcome<HttpUrl> parse_http_url(std::string_view text);

}  // namespace twofold
