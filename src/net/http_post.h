#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/net/client_tls.h"
#include "src/net/http_url.h"

namespace twofold {

/// Posts bodies to one URL over one keep-alive connection, which is opened with the first and again
/// when it has ended. A body may arrive twice when its answer was lost.
/// Threads  one, which may wait.
class HttpPost {
 public:
  struct Answer {
    int status = 0;
    std::optional<std::chrono::seconds> retry_after{};
    std::string body{};
  };

  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// `fields` go with each request: names and values that can stand in a head.
  HttpPost(HttpUrl to, ClientTls tls, Fields fields = {});
  ~HttpPost();

  /// `timeout` is for connecting, and again for the exchange. Ends early when `give_up` says so,
  /// which is asked ten times a second.
  Outcome<Answer> send(const std::string& body, std::string_view content_type,
                       std::chrono::milliseconds timeout, const std::function<bool()>& give_up);

 private:
  class Connection;
  const HttpUrl to_;
  const ClientTls tls_;
  const Fields fields_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace twofold
