#include "src/cli/bench_world.h"

#include <fmt/format.h>

#include "src/bench/sqs_text.h"
#include "src/cli/device_sync.h"
#include "src/cli/interrupt.h"

namespace twofold::cli {
namespace {

// Creating and deleting may wait behind a loaded broker.
constexpr std::chrono::milliseconds kPatience{60'000};

// One request; the body of a 2xx answer.
Outcome<std::string> exchange(HttpClient& client, const HttpRequest& request,
                              std::string_view what) {
  auto response = client.send(request);
  if (!response) return Refused(response.error().what);
  if (response->status < 200 || response->status > 299) {
    return Refused(fmt::format("{} answered {}: {}", what, response->status, response->body));
  }
  return std::move(response->body);
}

HttpRequest json_request(const std::string& method, const std::string& path,
                         const std::string& body) {
  HttpRequest request;
  request.method = method;
  request.target = path;
  request.body = body;
  request.content_type = "application/json";
  request.timeout = kPatience;
  return request;
}

}  // namespace

HttpRequest bench_sqs_request(const std::string& action, const std::string& parameters) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.body = parameters;
  request.content_type = bench::kSqsContentType;
  request.headers = {
      {"X-Amz-Target",  "AmazonSQS." + action                },
      {"Authorization", std::string(bench::kSqsAuthorization)}
  };
  request.timeout = kPatience;
  return request;
}

bench::World bench_world(Session& session, HttpClient& client) {
  bench::World world;
  const Endpoint& endpoint = session.endpoint();
  world.target =
      bench::Target{endpoint.host, endpoint.port, endpoint.authority(), session.token(), {}};
  world.ask = [&client](const std::string& method, const std::string& path,
                        const std::string& body) {
    // Cleaning up goes on after Ctrl-C.
    const InterruptPause pause;
    return exchange(client, json_request(method, path, body), method + " " + path);
  };
  world.connect = [endpoint, token = session.token()]() -> bench::Ask {
    return [connection = std::make_shared<HttpClient>(endpoint, token)](
               const std::string& method, const std::string& path, const std::string& body) {
      return exchange(*connection, json_request(method, path, body), method + " " + path);
    };
  };
  world.ask_sqs = [&client](const std::string& action, const std::string& parameters) {
    const InterruptPause pause;
    return exchange(client, bench_sqs_request(action, parameters), action);
  };
  world.stopped = [] { return interrupted().has_value(); };
  world.progress = [&session](const std::string& line) { session.terminal().progress(line); };
  return world;
}

Tried<> speak_tls(const Session& session, bench::World& world) {
  const Endpoint& endpoint = session.endpoint();
  if (!endpoint.secure) return Done{};
  auto context = client_context(endpoint.tls);
  if (!context) return usage(context.error().why);
  world.target.tls = std::shared_ptr<ssl_ctx_st>(*std::move(context));
  return Done{};
}

std::optional<bench::Device> bench_device(const Args& args, const Terminal& terminal) {
  bench::Device device;
  device.directory = args.has("sync-dir") ? args.text("sync-dir") : ".";
  const auto latency = measure_sync(device.directory);
  if (!latency) {
    terminal.warn(fmt::format("the device's sync was not measured: {}", latency.error().why));
    return std::nullopt;
  }
  device.sync_p50 = latency->p50;
  device.sync_p99 = latency->p99;
  device.direct = latency->direct;
  return device;
}

}  // namespace twofold::cli
