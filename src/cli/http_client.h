#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/cli/failure.h"
#include "src/net/client_tls.h"

namespace twofold::cli {

/// Where the broker is.
struct Endpoint {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::string port;
  bool secure = false;  // https
  ClientTls tls{};      // whom to trust then
  std::string name_space{};  // Twofold-Namespace; empty: not said

  /// "host:port" as it stands in a URL and in the Host header.
  std::string authority() const;
  std::string url() const;
};

/// "http://127.0.0.1:8080", "localhost:8080", "https://[::1]:8080/".
Tried<Endpoint> parse_endpoint(std::string_view url);

struct HttpRequest {
  std::string method;
  std::string target;  // path and query, already encoded
  std::string body;
  std::string content_type;  // sent when there is a body
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds timeout;  // for the whole exchange
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// One keep-alive connection to the broker, opened with the first request and opened again when the
/// broker has closed it meanwhile. A request that may have reached the broker is never repeated.
///
/// send() blocks. It ends early, with the signal's exit code, when an InterruptGuard saw a signal.
/// Threads: one.
class HttpClient {
 public:
  HttpClient(Endpoint endpoint, std::string token);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Tried<HttpResponse> send(const HttpRequest& request);
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  class Connection;
  Endpoint endpoint_;
  std::string token_;
  std::unique_ptr<Connection> connection_;
};

/// Percent-encodes one path segment or query value.
std::string url_encode(std::string_view text);

}  // namespace twofold::cli
