#include "src/cli/run.h"

#include <cstdlib>

#include "src/cli/handlers.h"
#include "src/cli/help.h"
#include "src/cli/parser.h"
#include "src/cli/session.h"

namespace twofold::cli {
namespace {

const char* process_environment(const char* name) { return std::getenv(name); }

std::string help_for(const Parsed& parsed) {
  if (parsed.command != nullptr) return command_help(*parsed.command);
  return parsed.path.empty() ? overview_help() : noun_help(parsed.path);
}

Tried<> dispatch(const Parsed& parsed, Session& session) {
  if (parsed.version) return run_version(session, parsed.args);
  if (parsed.help || parsed.command == nullptr) {
    session.terminal().out(help_for(parsed));
    // A bare `twofold` or `twofold topic` asked for nothing: the help is the error text.
    if (!parsed.help) return Failure::silent(ExitCode::refused);
    return Done{};
  }
  return parsed.command->run(session, parsed.args);
}

int finish(const Terminal& terminal, const Tried<>& outcome) {
  if (!outcome) terminal.fail(outcome.error());
  terminal.flush();
  return static_cast<int>(outcome ? ExitCode::ok : outcome.error().exit);
}

}  // namespace

int run(const std::vector<std::string>& words) {
  const auto parsed = parse(words, &process_environment);
  if (!parsed) return finish(Terminal(Terminal::Options{}), parsed.error());
  auto session = Session::open(parsed->globals);
  if (!session) return finish(Terminal(Terminal::Options{}), session.error());
  return finish((*session)->terminal(), dispatch(*parsed, **session));
}

}  // namespace twofold::cli
