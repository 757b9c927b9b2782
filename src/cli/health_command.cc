#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/session.h"

namespace twofold::cli {

Tried<> run_health(Session& session, const Args& args) {
  HttpClient client(session.endpoint(), "");
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
