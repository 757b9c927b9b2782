#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/cli/settings.h"
#include "src/serve/serve.h"

namespace twofold::cli {

Tried<> run_serve(Session& session, const Args& args) {
  const auto loaded = load_settings(args);
  if (!loaded) return loaded.error();
  if (auto reported = report_settings(*loaded, session.terminal()); !reported) return reported;
  const int code = serve(loaded->config);
  if (code != 0) return Failure::silent(static_cast<ExitCode>(code));
  return Done{};
}

}  // namespace twofold::cli
