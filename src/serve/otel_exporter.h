#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "http/trace/otlp.h"
#include "http/trace/tracer.h"
#include "src/net/http_post.h"

namespace twofold {

/// Where spans go and who they are said to be of.
struct OtelOptions {
  HttpUrl endpoint;  ///< with its path: .../v1/traces
  ClientTls tls{};
  HttpPost::Fields headers{};  ///< sent with each export; never shown
  http::trace::Resource resource{};
};

/// Sends what a Tracer gathers to a collector: OTLP over HTTP, as JSON, in batches, on a thread of
/// its own.
///
/// Contract  Nobody waits for it: while a collector is slow or away, spans pile up in the tracer
/// and
///           then are dropped and counted there. A batch that is refused for good, or that came to
///           nothing in a few attempts, is counted as lost.
/// Retries   429, 502, 503, 504 and broken connections: after Retry-After, else 1 s, 2 s, 4 s, ...
/// End       the destructor sends what there is and gives it up after two seconds.
/// Threads   made and destroyed on one. The tracer outlives it.
class OtelExporter {
 public:
  OtelExporter(http::trace::Tracer& tracer, OtelOptions options);
  ~OtelExporter();
  OtelExporter(const OtelExporter&) = delete;
  OtelExporter& operator=(const OtelExporter&) = delete;

 private:
  void run();
  void deliver(const std::vector<http::trace::Span>& spans);
  void say(bool works, const std::string& why);
  bool give_up() const;

  http::trace::Tracer& tracer_;
  const OtelOptions options_;
  HttpPost collector_;
  bool works_ = true;
  std::atomic<std::int64_t> give_up_at_ns_{0};  // 0: not stopping
  std::thread thread_;
};

/// otel.endpoint as a collector's URL: a path that names no signal gets /v1/traces.
Outcome<HttpUrl> traces_url(const std::string& endpoint);

}  // namespace twofold
