#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "version.h"

namespace twofold::cli {
namespace {

// Short: a broker that does not answer must not make `twofold version` feel slow.
constexpr std::chrono::milliseconds kPatience{300};

std::string broker_version(const Session& session) {
  HttpClient client(session.endpoint(), "");
  HttpRequest request;
  request.method = "GET";
  request.target = "/v1";
  request.timeout = kPatience;
  const auto response = client.send(request);
  return response && response->status == 200 ? Json(response->body)["version"].string()
                                             : std::string();
}

}  // namespace

Tried<> run_version(Session& session, const Args&) {
  const std::string broker = broker_version(session);
  JsonObject object;
  object.text("version", kVersion).text("commit", kGitCommit);
  if (!broker.empty()) object.text("broker", broker);
  std::string text = fmt::format("twofold {} ({})\n", kVersion, kGitCommit);
  if (!broker.empty()) text += fmt::format("broker  {} at {}\n", broker, session.endpoint().url());
  session.print(Answer(object.str()), text, kVersion);
  return Done{};
}

}  // namespace twofold::cli
