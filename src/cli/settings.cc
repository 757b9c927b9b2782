#include "src/cli/settings.h"

#include <fmt/format.h>
#include <unistd.h>

namespace twofold::cli {
namespace {

struct KeyFlag {
  std::string_view flag;
  std::string_view key;
};
constexpr KeyFlag kKeyFlags[] = {
    {"data",             "server.data_dir"       },
    {"http",             "http.listen"           },
    {"memory",           "storage.memory_only"   },
    {"allow-volatile",   "storage.allow_volatile"},
    {"sqs-listen",       "sqs.listen"            },
    {"keys-file",        "auth.keys_file"        },
    {"insecure-no-auth", "auth.insecure"         }
};

}  // namespace

Tried<config::Loaded> load_settings(const Args& args) {
  config::Sources sources;
  if (args.has("config")) sources.file = args.text("config");
  for (char** entry = environ; *entry != nullptr; ++entry) sources.environment.emplace_back(*entry);
  for (const std::string& text : args.all("set")) {
    auto assignment = config::parse_set(text);
    if (!assignment) return usage(assignment.error().why);
    sources.flags.push_back(*std::move(assignment));
  }
  for (const KeyFlag& known : kKeyFlags) {
    if (!args.has(known.flag)) continue;
    sources.flags.push_back(config::Assignment{std::string(known.key), args.text(known.flag),
                                               fmt::format("flag --{}", known.flag)});
  }
  return config::load(sources);
}

Tried<> report_settings(const config::Loaded& loaded, const Terminal& terminal) {
  for (const std::string& warning : loaded.warnings) terminal.warn(warning);
  for (const config::Problem& problem : loaded.errors) {
    terminal.fail(usage(problem.what, problem.hint));
  }
  if (!loaded.errors.empty()) return Failure::silent(ExitCode::refused);
  return Done{};
}

}  // namespace twofold::cli
