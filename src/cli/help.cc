#include "src/cli/help.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::cli {
namespace {

constexpr std::size_t kCommandColumn = 18;
constexpr std::size_t kFlagColumn = 30;

std::string usage_line(const Command& command) {
  std::string line = fmt::format("twofold {}", command.path);
  if (!command.flags.empty()) line += " [flags]";
  for (const Positional& positional : command.positionals) {
    const std::string dots = positional.many ? "..." : "";
    line += positional.required ? fmt::format(" {}{}", positional.name, dots)
                                : fmt::format(" [{}{}]", positional.name, dots);
  }
  return line;
}

std::string flag_line(const Flag& flag) {
  std::string spelled = flag.letter != 0 ? fmt::format("  -{}, --{}", flag.letter, flag.name)
                                         : fmt::format("      --{}", flag.name);
  if (!flag.placeholder.empty()) spelled += fmt::format(" {}", flag.placeholder);
  // A flag too long for its column pushes its help to the next line.
  if (spelled.size() + 2 > kFlagColumn) {
    return fmt::format("{}\n{:{}}{}\n", spelled, "", kFlagColumn, flag.help);
  }
  return fmt::format("{:{}}{}\n", spelled, kFlagColumn, flag.help);
}

std::string globals_text() {
  std::string text = "\nGlobal flags:\n";
  for (const GlobalFlag& global : global_flags()) text += flag_line(global.flag);
  return text;
}

std::string first_word(std::string_view path) {
  return std::string(path.substr(0, path.find(' ')));
}

// A noun takes one line in the overview: "topic   create list describe ..."
std::string verbs_of(std::string_view noun) {
  std::string verbs;
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      const std::size_t space = command.path.find(' ');
      if (space == std::string_view::npos || command.path.substr(0, space) != noun) continue;
      if (!verbs.empty()) verbs += ", ";
      verbs += command.path.substr(space + 1);
    }
  }
  return verbs;
}

}  // namespace

std::string overview_help() {
  std::string text =
      "Twofold: write an event once, read it as a queue or as a log.\n\n"
      "Usage: twofold [global flags] <command> [flags] [arguments]\n";
  for (const CommandGroup& group : command_groups()) {
    text += fmt::format("\n{}\n", group.title);
    std::string last_noun;
    for (const Command& command : group.commands) {
      const std::string word = first_word(command.path);
      if (word == command.path) {
        text += fmt::format("  {:{}}{}\n", word, kCommandColumn, command.summary);
      } else if (word != last_noun) {
        text += fmt::format("  {:{}}{}\n", word, kCommandColumn, verbs_of(word));
      }
      last_noun = word;
    }
  }
  text += globals_text();
  text +=
      "\nExamples:\n"
      "  twofold serve\n"
      "  echo hello | twofold produce greetings --create\n"
      "  twofold attach greetings mail --from start && twofold receive mail --ack\n"
      "\nRun `twofold <command> --help` for its flags and examples.\n";
  return text;
}

std::string noun_help(std::string_view noun) {
  std::string text = fmt::format("{}\n\nUsage: twofold {} <verb> [flags] [arguments]\n\nVerbs:\n",
                                 noun_summary(noun), noun);
  std::vector<std::string_view> examples;
  for (const CommandGroup& group : command_groups()) {
    for (const Command& command : group.commands) {
      if (first_word(command.path) != noun || command.path == noun) continue;
      const std::string_view verb = command.path.substr(noun.size() + 1);
      text += fmt::format("  {:{}}{}\n", verb, kCommandColumn, command.summary);
      if (examples.size() < 3) examples.push_back(command.examples.front());
    }
  }
  text += "\nExamples:\n";
  for (const std::string_view example : examples) text += fmt::format("  {}\n", example);
  text += fmt::format("\nRun `twofold {} <verb> --help` for flags and examples.\n", noun);
  return text;
}

std::string command_help(const Command& command) {
  std::string text = fmt::format("{}.\n\nUsage: {}\n", command.summary, usage_line(command));
  if (!command.flags.empty()) {
    text += "\nFlags:\n";
    for (const Flag& flag : command.flags) text += flag_line(flag);
  }
  text += "\nExamples:\n";
  for (const std::string_view example : command.examples) text += fmt::format("  {}\n", example);
  text += globals_text();
  if (!command.see_also.empty()) text += fmt::format("\nSee also: {}\n", command.see_also);
  return text;
}

}  // namespace twofold::cli
