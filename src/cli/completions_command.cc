#include <fmt/format.h>

#include "src/cli/completions.h"
#include "src/cli/handlers.h"
#include "src/cli/session.h"

namespace twofold::cli {

Tried<> run_completions(Session& session, const Args& args) {
  const std::string shell = args.text("shell");
  std::string text;
  if (shell == "bash") text = bash_completions();
  if (shell == "zsh") text = zsh_completions();
  if (shell == "fish") text = fish_completions();
  if (text.empty()) {
    return usage(fmt::format("no completions for \"{}\"", shell),
                 "there are some for bash, zsh and fish");
  }
  session.terminal().out(text);
  return Done{};
}

Tried<> run_man(Session& session, const Args&) {
  session.terminal().out(man_page());
  return Done{};
}

}  // namespace twofold::cli
