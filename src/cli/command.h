#pragma once

#include <string_view>
#include <vector>

#include "src/cli/args.h"
#include "src/cli/failure.h"

namespace twofold::cli {

class Session;

/// How a flag's value is checked before the command sees it.
enum class Takes { nothing, text, count, size, duration, rate, position };

struct Flag {
  std::string_view name;  // without the dashes
  char letter;            // '-x', or 0
  Takes takes;
  std::string_view placeholder;  // in the help: "DURATION"
  std::string_view help;         // one line, no full stop; the default last in brackets
  bool many = false;             // may be repeated
};

struct Positional {
  std::string_view name;  // "TOPIC"; as a key of Args it is lower case
  bool required = true;
  bool many = false;  // takes all that is left
};

/// One line of the table from which parser, help and dispatch come.
struct Command {
  std::string_view path;     // "topic create"
  std::string_view summary;  // one sentence
  std::vector<Positional> positionals;
  std::vector<Flag> flags;
  std::vector<std::string_view> examples;  // three, each a line that works
  std::string_view see_also;               // "topic list, produce"
  Tried<> (*run)(Session& session, const Args& args);
};

/// A group heading of the overview, and its commands.
struct CommandGroup {
  std::string_view title;
  std::vector<Command> commands;
};

/// Every command, in the order of the overview.
const std::vector<CommandGroup>& command_groups();

/// Flags that every command takes; each has an environment variable.
struct GlobalFlag {
  Flag flag;
  std::string_view environment;  // may be empty
};
const std::vector<GlobalFlag>& global_flags();

/// "topic create", or null.
const Command* find_command(std::string_view path);

/// One sentence for a noun that has verbs ("topic"), or an empty string.
std::string_view noun_summary(std::string_view noun);

}  // namespace twofold::cli
