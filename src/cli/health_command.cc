#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/cli/settings.h"

namespace twofold::cli {
namespace {

// The broker that serves beside this, in the same container, by its own settings: its port, and TLS
// whose certificate need not name the loopback address.
Endpoint broker_here(const Session& session, const Args& args) {
  Endpoint endpoint = session.endpoint();
  if (session.endpoint_given()) return endpoint;
  const auto loaded = load_settings(args);
  if (!loaded) return endpoint;  // mistakes in it are for whoever starts a broker
  const Config& config = loaded->config;
  auto listens = parse_endpoint(config.http.listen);
  if (!listens || listens->port == "0") return endpoint;
  const bool everywhere = listens->host == "0.0.0.0" || listens->host == "::";
  endpoint.port = listens->port;
  endpoint.host = everywhere ? "127.0.0.1" : listens->host;
  endpoint.secure = !config.tls.cert.empty();
  if (everywhere || endpoint.host == "127.0.0.1" || endpoint.host == "::1")
    endpoint.tls.insecure = true;
  return endpoint;
}

}  // namespace

Tried<> run_health(Session& session, const Args& args) {
  HttpClient client(broker_here(session, args), "");
  HttpRequest request;
  request.method = "GET";
  request.target = args.has("live") ? "/livez?verbose" : "/readyz?verbose";
  request.timeout = session.timeout();
  const auto response = client.send(request);
  if (!response) {
    // A health check has two answers only; the reason is for people.
    Failure failure = response.error();
    failure.exit = ExitCode::failed;
    return failure;
  }
  const Json body(response->body);
  const bool healthy = response->status == 200;
  if (!healthy && !body["status"].exists()) {
    return Failure(ExitCode::failed,
                   fmt::format("{} answered {} to GET {}", client.endpoint().url(),
                               response->status, request.target),
                   "is that a Twofold broker?");
  }
  std::string text = fmt::format("{}\n", body["status"].exists() ? body["status"].string()
                                         : healthy               ? "ok"
                                                                 : "not ready");
  for (const Json check : body["checks"].elements()) {
    text += fmt::format("  {:4} {} {}\n", check["ok"].is_true() ? "ok" : "FAIL",
                        check["name"].string(), check["detail"].string());
  }
  session.print(Answer(response->body), text, healthy ? "ok" : "failed");
  if (!healthy) return Failure::silent(ExitCode::failed);
  return Done{};
}

}  // namespace twofold::cli
