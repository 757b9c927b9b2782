#include <fmt/format.h>

#include "src/cli/handlers.h"
#include "src/cli/session.h"
#include "src/cli/settings.h"
#include "src/config/certificates.h"
#include "src/config/keys.h"

namespace twofold::cli {
namespace {

// The files of tls.*, as a start would read them; one that serves nobody is a mistake, too.
Tried<> check_certificate(const Config& config, const Terminal& terminal) {
  const auto found = try_tls(config);
  if (!found) return usage(found.error().detail, found.error().hint);
  if (!*found) return Done{};
  const std::string why = why_refused(config, **found);
  if ((*found)->expired) return usage(why, "clients refuse it: put a new one there");
  if (!why.empty()) terminal.warn(why);
  return Done{};
}

}  // namespace

Tried<> run_config_show(Session& session, const Args& args) {
  const auto loaded = load_settings(args);
  if (!loaded) return loaded.error();
  if (auto reported = report_settings(*loaded, session.terminal()); !reported) return reported;
  Table table({{"KEY"}, {"VALUE"}, {"ORIGIN"}});
  std::vector<Answer> items;
  for (const config::Key& key : config::keys()) {
    const std::string name(key.name);
    const std::string value = config::render(key, loaded->config);
    const std::string& origin = loaded->config.origin.at(name);
    table.add({name, value, origin});
    items.emplace_back(JsonObject()
                           .text("name", name)
                           .raw("value", config::render_toml(key, value))
                           .text("origin", origin)
                           .str());
  }
  session.print_list(items, table);
  return Done{};
}

Tried<> run_config_check(Session& session, const Args& args) {
  config::Sources sources;
  sources.file = args.text("file");
  // The file alone: what the environment of the checking machine says is not its fault.
  const config::Loaded loaded = config::load(sources);
  if (auto reported = report_settings(loaded, session.terminal()); !reported) return reported;
  if (auto sound = check_certificate(loaded.config, session.terminal()); !sound) return sound;
  session.terminal().note(fmt::format("{} is right", *sources.file));
  return Done{};
}

Tried<> run_config_defaults(Session& session, const Args&) {
  std::string text =
      "# Every setting of the broker with its default. Precedence: flags and --set,\n"
      "# environment, this file, defaults.\n";
  std::string_view section;
  for (const config::Key& key : config::keys()) {
    const std::size_t dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      text += fmt::format("\n[{}]\n", section);
    }
    text += fmt::format("# {} ({})\n# {} = {}\n", key.help, config::describe_type(key),
                        key.name.substr(dot + 1), config::render_toml(key, key.fallback));
  }
  session.terminal().out(text);
  return Done{};
}

Tried<> run_config_keys(Session& session, const Args&) {
  Table table({{"KEY"}, {"DEFAULT"}, {"TYPE"}, {"ENVIRONMENT"}, {"RELOAD"}, {"HELP"}});
  std::vector<Answer> items;
  for (const config::Key& key : config::keys()) {
    const std::string name(key.name);
    const std::string fallback(key.fallback);
    table.add({name, fallback, config::describe_type(key), config::environment_name(key),
               key.reloads ? "SIGHUP" : "", std::string(key.help)});
    items.emplace_back(JsonObject()
                           .text("name", name)
                           .raw("default", config::render_toml(key, fallback))
                           .text("type", config::describe_type(key))
                           .text("environment", config::environment_name(key))
                           .raw("reloads", key.reloads ? "true" : "false")
                           .text("help", key.help)
                           .str());
  }
  session.print_list(items, table);
  return Done{};
}

}  // namespace twofold::cli
