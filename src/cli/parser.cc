// The one file that sees CLI11. It is used for what it is good at, splitting words into flags and
// positionals; what a person reads afterwards is written here.
#include "src/cli/parser.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "src/cli/flag_values.h"
#include "src/config/nearest.h"

namespace twofold::cli {
namespace {

// Where CLI11 writes what it found; addresses must not move while it parses.
using Store = std::map<std::string, std::vector<std::string>>;

std::string lower(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

void declare_flag(CLI::App& app, const Flag& flag, Store& store) {
  std::string names = fmt::format("--{}", flag.name);
  if (flag.letter != 0) names += fmt::format(",-{}", flag.letter);
  std::vector<std::string>& values = store[std::string(flag.name)];
  if (flag.takes == Takes::nothing) {
    app.add_flag_function(names, [&values](std::int64_t) { values.assign(1, "true"); });
    return;
  }
  app.add_option(names, values)
      ->type_size(1)
      ->allow_extra_args(false)
      ->multi_option_policy(flag.many ? CLI::MultiOptionPolicy::TakeAll
                                      : CLI::MultiOptionPolicy::TakeLast);
}

class Builder {
 public:
  Builder() : root_("twofold") {
    configure(root_);
    for (const GlobalFlag& global : global_flags()) declare_flag(root_, global.flag, globals);
    declare_flag(root_, {"help", 'h', Takes::nothing, "", ""}, globals);
    declare_flag(root_, {"version", 0, Takes::nothing, "", ""}, globals);
    for (const CommandGroup& group : command_groups()) {
      for (const Command& command : group.commands) declare(command);
    }
  }

  // `bench compare --backlog 9`: a flag of `bench` that its verb does not have falls through to it.
  std::optional<std::string> fell_through(const std::string& path) const {
    for (const auto& [owner, store] : stores_) {
      if (owner == path) continue;
      const Command* command = find_command(owner);
      for (const auto& [name, given] : store) {
        if (given.empty()) continue;
        const bool is_flag =
            std::any_of(command->flags.begin(), command->flags.end(),
                        [&name = name](const Flag& flag) { return flag.name == name; });
        return is_flag ? "--" + name : given.front();
      }
    }
    return std::nullopt;
  }

  // What is left over, and the words of the command that was reached.
  std::vector<std::string> run(std::vector<std::string> words, std::string& path) {
    std::reverse(words.begin(), words.end());
    // The path is wanted also when the words are wrong.
    try {
      root_.parse(std::move(words));
    } catch (const CLI::ParseError&) {
      path = reached();
      throw;
    }
    path = reached();
    return root_.remaining(true);
  }

  std::string reached() const {
    std::string path;
    const CLI::App* app = &root_;
    while (!app->get_subcommands().empty()) {
      app = app->get_subcommands().front();
      path += path.empty() ? app->get_name() : " " + app->get_name();
    }
    return path;
  }

  Store globals;
  Store values;  // of the command, keyed "path/flag"

 private:
  static void configure(CLI::App& app) {
    app.set_help_flag();
    app.allow_extras();
    app.fallthrough();
    // One command at most: a body that happens to be called like a command stays a body.
    app.require_subcommand(0, 1);
  }

  void declare(const Command& command) {
    CLI::App* parent = &root_;
    std::string_view word = command.path;
    if (const std::size_t space = word.find(' '); space != std::string_view::npos) {
      parent = noun(std::string(word.substr(0, space)));
      word.remove_prefix(space + 1);
    }
    CLI::App* app = parent->add_subcommand(std::string(word));
    configure(*app);
    // A verb may stand behind a command that is one itself: `bench compare`.
    if (parent == &root_) nouns_[std::string(word)] = app;
    if (word == "list") app->alias("ls");
    if (word == "delete") app->alias("rm");
    Store& store = stores_[std::string(command.path)];
    for (const Flag& flag : command.flags) declare_flag(*app, flag, store);
    for (const Positional& positional : command.positionals) {
      CLI::Option* option = app->add_option(lower(positional.name), store[lower(positional.name)]);
      if (positional.many) {
        option->expected(0, CLI::detail::expected_max_vector_size);
      } else {
        option->type_size(1)->expected(1)->allow_extra_args(false);
      }
    }
  }

  CLI::App* noun(const std::string& name) {
    CLI::App*& app = nouns_[name];
    if (app == nullptr) {
      app = root_.add_subcommand(name);
      configure(*app);
      app->alias(name + "s");
    }
    return app;
  }

  CLI::App root_;
  std::map<std::string, CLI::App*> nouns_;

 public:
  std::map<std::string, Store> stores_;
};

Args to_args(const Store& store) {
  Args args;
  for (const auto& [name, values] : store) {
    for (const std::string& value : values) args.add(name, value);
  }
  return args;
}

// A word that nothing claimed: a misspelt command or flag, or one argument too many.
Failure unknown_word(const std::string& word, const Parsed& parsed) {
  const std::string help =
      fmt::format("run: twofold {}{}--help", parsed.path, parsed.path.empty() ? "" : " ");
  const auto hint = [&](std::string guess) {
    return guess.empty() ? help : fmt::format("{} {}", guess, help);
  };
  if (word.size() > 1 && word.front() == '-') {
    const std::string name = word.substr(0, word.find('='));
    std::vector<std::string> known{"--help"};
    for (const GlobalFlag& global : global_flags()) {
      known.push_back(fmt::format("--{}", global.flag.name));
    }
    if (parsed.command != nullptr) {
      for (const Flag& flag : parsed.command->flags)
        known.push_back(fmt::format("--{}", flag.name));
    }
    const std::string of = parsed.path.empty() ? "" : fmt::format(" for twofold {}", parsed.path);
    return usage(fmt::format("unknown flag {}{}", name, of), hint(did_you_mean(name, known)));
  }
  if (parsed.command != nullptr) {
    return usage(fmt::format("unexpected argument \"{}\"", word), help);
  }
  std::vector<std::string> known;
  const std::string prefix = parsed.path.empty() ? "" : parsed.path + " ";
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      if (!command.path.starts_with(prefix)) continue;
      const std::string_view rest = command.path.substr(prefix.size());
      known.emplace_back(rest.substr(0, rest.find(' ')));
    }
  }
  return usage(fmt::format("unknown command \"{}{}\"", prefix, word),
               hint(did_you_mean(word, known)));
}

// "-n, --num needs a value: N". CLI11 says which option it was only in its own sentence, which
// begins with "--num: ".
Failure missing_value(const std::string& sentence, const std::string& path) {
  const std::string named = sentence.substr(0, sentence.find(':'));
  const std::string help = fmt::format("run: twofold {}{}--help", path, path.empty() ? "" : " ");
  const auto refusal = [&](const Flag& flag) {
    const std::string letter = flag.letter != 0 ? fmt::format("-{}, ", flag.letter) : "";
    return usage(fmt::format("{}--{} needs a value: {}", letter, flag.name, flag.placeholder),
                 help);
  };
  const auto is_named = [&](const Flag& flag) { return named == fmt::format("--{}", flag.name); };
  for (const GlobalFlag& global : global_flags()) {
    if (is_named(global.flag)) return refusal(global.flag);
  }
  if (const Command* command = find_command(path)) {
    for (const Flag& flag : command->flags) {
      if (is_named(flag)) return refusal(flag);
    }
  }
  return usage(sentence, help);
}

// What stands behind `--` is an argument however it looks; CLI11 forgets that for optional ones.
// Returns the first word that no positional takes.
std::optional<std::string> take_behind_dashes(const std::vector<std::string>& words,
                                              const Command& command, Args& args) {
  for (const std::string& word : words) {
    bool taken = false;
    for (const Positional& positional : command.positionals) {
      const std::string name = lower(positional.name);
      if (!positional.many && args.has(name)) continue;
      args.add(name, word);
      taken = true;
      break;
    }
    if (!taken) return word;
  }
  return std::nullopt;
}

Tried<> check_positionals(const Parsed& parsed) {
  for (const Positional& positional : parsed.command->positionals) {
    if (!positional.required || parsed.args.has(lower(positional.name))) continue;
    return usage(fmt::format("{} is missing", positional.name),
                 fmt::format("for example: {}", parsed.command->examples.front()));
  }
  return Done{};
}

void consult_environment(Args& globals, const char* (*environment)(const char* name)) {
  for (const GlobalFlag& global : global_flags()) {
    const std::string name(global.flag.name);
    if (globals.has(name) || global.environment.empty()) continue;
    const char* value = environment(std::string(global.environment).c_str());
    if (value == nullptr || *value == '\0') continue;
    const bool is_off = std::string_view(value) == "0" || std::string_view(value) == "false";
    if (global.flag.takes != Takes::nothing) globals.add(name, value);
    if (global.flag.takes == Takes::nothing && !is_off) globals.add(name, "true");
  }
}

Tried<> check_values(const Parsed& parsed) {
  for (const GlobalFlag& global : global_flags()) {
    if (auto checked = check_flag(global.flag, parsed.globals); !checked) return checked.error();
  }
  if (parsed.command == nullptr) return Done{};
  for (const Flag& flag : parsed.command->flags) {
    if (auto checked = check_flag(flag, parsed.args); !checked) return checked.error();
  }
  return check_positionals(parsed);
}

}  // namespace

Tried<Parsed> parse(const std::vector<std::string>& words,
                    const char* (*environment)(const char* name)) {
  Parsed parsed;
  Builder builder;
  std::vector<std::string> left;
  const auto dashes = std::find(words.begin(), words.end(), "--");
  // CLI11 speaks in exceptions; they end here.
  try {
    left = builder.run({words.begin(), dashes}, parsed.path);
  } catch (const CLI::ArgumentMismatch& error) {
    return missing_value(error.what(), parsed.path);
  } catch (const CLI::ParseError& error) {
    return usage(error.what(), "run: twofold --help");
  }
  parsed.command = find_command(parsed.path);
  parsed.globals = to_args(builder.globals);
  if (parsed.command != nullptr) parsed.args = to_args(builder.stores_[parsed.path]);
  parsed.help = parsed.globals.has("help");
  parsed.version = parsed.globals.has("version");
  if (parsed.help || parsed.version) return parsed;
  if (!left.empty()) return unknown_word(left.front(), parsed);
  if (const auto word = builder.fell_through(parsed.path)) return unknown_word(*word, parsed);
  if (dashes != words.end() && parsed.command != nullptr) {
    const auto extra = take_behind_dashes({dashes + 1, words.end()}, *parsed.command, parsed.args);
    if (extra) return usage(fmt::format("unexpected argument \"{}\"", *extra));
  }
  consult_environment(parsed.globals, environment);
  if (auto checked = check_values(parsed); !checked) return checked.error();
  return parsed;
}

}  // namespace twofold::cli
