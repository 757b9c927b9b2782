#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "http/broker.h"
#include "http/head_check.h"

namespace twofold {

struct LocalAnswer {
  int status = 0;
  std::string body;  ///< JSON; of a refusal a problem document
};

/// The REST API without a socket, for the program itself: requests of somebody who may do
/// everything, before anybody else is let in. Each runs the event loop until its answer is there.
/// Threads  the core's, while its context runs nowhere else.
class LocalRequests {
 public:
  LocalRequests(http::Broker& broker, boost::asio::io_context& context)
      : broker_(broker), context_(context) {}

  /// `target` is a path with its query, `body` JSON or empty. Waits for nothing but the broker.
  LocalAnswer ask(std::string_view method, std::string_view target, std::string_view body,
                  std::vector<http::Field> fields = {});

 private:
  http::Broker& broker_;
  boost::asio::io_context& context_;
};

}  // namespace twofold
