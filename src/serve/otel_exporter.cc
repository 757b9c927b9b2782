#include "src/serve/otel_exporter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/json.hpp>
#include <pthread.h>

#include "engine/base/diag.h"
#include "engine/base/unix_time.h"

namespace twofold {
namespace {

using engine::DiagLevel;
using http::trace::Span;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kBatchMax = 512;
constexpr milliseconds kGather{1'000};
constexpr milliseconds kTimeout{10'000};
constexpr int kAttemptsMax = 5;
constexpr seconds kPauseMax{30};
constexpr std::int64_t kLastWordsNs = 2'000'000'000;
constexpr std::string_view kPath = "/v1/traces";

bool may_be_tried_again(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

// {"partialSuccess":{"rejectedSpans":"3"}}: taken, but for so many.
std::uint64_t rejected_in(const std::string& body) {
  boost::system::error_code wrong;
  const boost::json::value answer = boost::json::parse(body, wrong);
  if (wrong || !answer.is_object()) return 0;
  const auto* const partial = answer.get_object().if_contains("partialSuccess");
  if (partial == nullptr || !partial->is_object()) return 0;
  const auto* const count = partial->get_object().if_contains("rejectedSpans");
  if (count == nullptr) return 0;
  if (count->is_int64())
    return static_cast<std::uint64_t>(std::max<std::int64_t>(count->get_int64(), 0));
  if (!count->is_string()) return 0;
  return std::strtoull(count->get_string().c_str(), nullptr, 10);
}

}  // namespace

Outcome<HttpUrl> traces_url(const std::string& endpoint) {
  auto url = parse_http_url(endpoint);
  if (!url || url->path.ends_with(kPath)) return url;
  if (url->path.ends_with('/')) url->path.pop_back();
  url->path += kPath;
  return url;
}

OtelExporter::OtelExporter(http::trace::Tracer& tracer, OtelOptions options)
    : tracer_(tracer),
      options_(std::move(options)),
      collector_(options_.endpoint, options_.tls, options_.headers),
      thread_([this] { run(); }) {}

OtelExporter::~OtelExporter() {
  give_up_at_ns_ = engine::unix_nanoseconds() + kLastWordsNs;
  tracer_.stop();
  thread_.join();
}

bool OtelExporter::give_up() const {
  const std::int64_t at = give_up_at_ns_;
  return at > 0 && engine::unix_nanoseconds() > at;
}

void OtelExporter::run() {
  ::pthread_setname_np(::pthread_self(), "otel");
  for (;;) {
    const bool last = give_up_at_ns_ > 0;
    const auto spans = tracer_.take(kBatchMax, kGather);
    if (spans.empty() && last) return;
    if (!spans.empty()) deliver(spans);
  }
}

void OtelExporter::deliver(const std::vector<Span>& spans) {
  const std::string body = to_otlp(options_.resource, spans);
  std::string why;
  seconds pause{1};
  for (int attempt = 0; attempt < kAttemptsMax && !give_up(); ++attempt) {
    if (attempt > 0 && !tracer_.pause(std::min(pause, kPauseMax))) break;
    const auto answer =
        collector_.send(body, "application/json", kTimeout, [this] { return give_up(); });
    pause *= 2;
    if (!answer) {
      why = answer.error().why;
      say(false, why);
      continue;
    }
    if (answer->status / 100 == 2) {
      const std::uint64_t rejected =
          std::min<std::uint64_t>(rejected_in(answer->body), spans.size());
      tracer_.exported(spans.size() - rejected);
      tracer_.lost(rejected);
      return say(true, "");
    }
    say(false, "status " + std::to_string(answer->status));
    if (!may_be_tried_again(answer->status)) break;
    if (answer->retry_after) pause = *answer->retry_after;
  }
  tracer_.lost(spans.size());
}

// Once when it begins and once when it is over.
void OtelExporter::say(bool works, const std::string& why) {
  if (std::exchange(works_, works) == works) return;
  if (works) {
    engine::diag(DiagLevel::info, "otel", "the collector takes spans again");
    return;
  }
  engine::diag(
      DiagLevel::warn, "otel", "the collector does not take spans",
      {
          {"endpoint", options_.endpoint.authority() + options_.endpoint.path},
          {"error",    why                                                   }
  });
}

}  // namespace twofold
