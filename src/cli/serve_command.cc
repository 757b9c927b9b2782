#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/cli/settings.h"
#include "src/cli/startup_resources.h"
#include "src/serve/serve.h"

namespace twofold::cli {

Tried<> run_serve(Session& session, const Args& args) {
  const auto loaded = load_settings(args);
  if (!loaded) return loaded.error();
  if (auto reported = report_settings(*loaded, session.terminal()); !reported) return reported;
  const auto prepare = startup_resources(loaded->config);
  if (!prepare) return prepare.error();
  const auto reread = [&args] {
    auto again = load_settings(args);
    if (again) return *std::move(again);
    config::Loaded wrong;
    wrong.errors.push_back({again.error().what, again.error().hint});
    return wrong;
  };
  const int code = serve(loaded->config, *prepare, {}, reread);
  if (code != 0) return Failure::silent(static_cast<ExitCode>(code));
  return Done{};
}

}  // namespace twofold::cli
