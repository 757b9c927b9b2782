#include "src/cli/bench_world.h"

#include <cstdlib>

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

HttpRequest bench_sqs_request(const bench::Target& target, const std::string& action,
                              const std::string& parameters) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/";
  request.body = parameters;
  request.content_type = bench::kSqsContentType;
  request.timeout = kPatience;
  const std::string said = "AmazonSQS." + action;
  request.headers.emplace_back("X-Amz-Target", said);
  if (!target.sqs_key) {
    request.headers.emplace_back("Authorization", bench::kSqsAuthorization);
    return request;
  }
  bench::SqsSigner signer(*target.sqs_key, target.authority);
  auto proof = signer.prove(said, parameters, engine::SystemClock().wall());
  request.headers.emplace_back("X-Amz-Date", std::move(proof.date));
  request.headers.emplace_back("Authorization", std::move(proof.authorization));
  return request;
}

Tried<std::shared_ptr<const bench::SqsKey>> bench_sqs_key() {
  const auto value = [](const char* name) {
    const char* const found = std::getenv(name);
    return std::string(found == nullptr ? "" : found);
  };
  bench::SqsKey key{value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")};
  if (key.id.empty() && key.secret.empty()) return std::shared_ptr<const bench::SqsKey>();
  if (key.id.empty() || key.secret.empty()) {
    return usage("of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY one is set, the other is not",
                 "set both, to what twofold key create --sqs has shown, or neither");
  }
  for (const char* const name : {"AWS_DEFAULT_REGION", "AWS_REGION"})
    if (std::string region = value(name); !region.empty()) key.region = std::move(region);
  return std::make_shared<const bench::SqsKey>(std::move(key));
}

bench::World bench_world(Session& session, HttpClient& client) {
  bench::World world;
  const Endpoint& endpoint = session.endpoint();
  world.target =
      bench::Target{endpoint.host, endpoint.port, endpoint.authority(), session.token(), endpoint.name_space, {}};
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
  world.ask_sqs = [&client](const bench::Target& target, const std::string& action,
                            const std::string& parameters) {
    const InterruptPause pause;
    return exchange(client, bench_sqs_request(target, action, parameters), action);
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
