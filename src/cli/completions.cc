#include "src/cli/completions.h"

#include <vector>

#include <fmt/format.h>

#include "src/cli/completion_tree.h"

namespace twofold::cli {
namespace {

// As one word in single quotes, for all three shells.
std::string quoted(std::string_view text, std::string_view quote) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += quote;
    } else {
      out += c;
    }
  }
  return out + "'";
}
std::string sh(std::string_view text) { return quoted(text, R"('\'')"); }
std::string fish(std::string_view text) { return quoted(text, R"(\')"); }

std::vector<std::string> spellings(const Flag& flag) {
  std::vector<std::string> all{fmt::format("--{}", flag.name)};
  if (flag.letter != 0) all.push_back(fmt::format("-{}", flag.letter));
  return all;
}

std::vector<Flag> flags_at(const CompletionPoint& point) {
  std::vector<Flag> flags;
  if (point.command != nullptr) flags = point.command->flags;
  for (const GlobalFlag& global : global_flags()) flags.push_back(global.flag);
  return flags;
}

// How bash and zsh find out where they are: the words that are a command so far.
std::string path_cases(const std::vector<CompletionPoint>& points, std::string_view variable) {
  std::string cases;
  for (const CompletionPoint& point : points) {
    if (point.path.empty()) continue;
    const std::string other = other_spelling(point.path);
    cases += fmt::format("      {}{}) {}={} ;;\n", sh(point.path),
                         other.empty() ? "" : "|" + sh(other), variable, sh(point.path));
  }
  return cases;
}

// "how" to offer: what the functions of the scripts are called with.
std::string offer_words(Offer offer) {
  if (offer == Offer::files) return "files";
  if (offer == Offer::directories) return "directories";
  if (const auto fixed = fixed_words(offer); !fixed.empty()) return fmt::format("words {}", fixed);
  if (const auto asked = asked_words(offer); !asked.empty()) return fmt::format("ask {}", asked);
  return "nothing";
}

// One case for each flag that takes a value, by what is offered.
std::string value_cases(const CompletionPoint& point) {
  std::string cases;
  for (const Flag& flag : flags_at(point)) {
    if (flag.takes == Takes::nothing) continue;
    std::string names;
    for (const std::string& name : spellings(flag)) names += (names.empty() ? "" : "|") + name;
    cases +=
        fmt::format("        {}) _twofold_{}; return ;;\n", names, offer_words(offer_for(flag)));
  }
  return cases;
}

std::string bash_point(const CompletionPoint& point) {
  std::string words;
  std::string flags;
  for (const auto& [word, help] : point.words) words += fmt::format("{} ", word);
  for (const Flag& flag : flags_at(point)) {
    for (const std::string& name : spellings(flag)) flags += name + " ";
  }
  const std::string arguments =
      point.command != nullptr ? offer_words(offer_for(*point.command)) : "nothing";
  return fmt::format(
      "    {})\n      case \"$prev\" in\n{}      esac\n"
      "      case \"$cur\" in -*) _twofold_words {}; return ;; esac\n"
      "      {} ;;\n",
      sh(point.path), value_cases(point), flags,
      words.empty() ? "_twofold_" + arguments : "_twofold_words " + words);
}

std::string zsh_point(const CompletionPoint& point) {
  std::string words;
  std::string flags;
  for (const auto& [word, help] : point.words)
    words += fmt::format(" {}", sh(fmt::format("{}:{}", word, help)));
  for (const Flag& flag : flags_at(point)) {
    for (const std::string& name : spellings(flag))
      flags += fmt::format(" {}", sh(fmt::format("{}:{}", name, flag.help)));
  }
  const std::string arguments =
      point.command != nullptr ? offer_words(offer_for(*point.command)) : "nothing";
  return fmt::format(
      "    {})\n      case \"$prev\" in\n{}      esac\n"
      "      if [[ \"$cur\" == -* ]]; then choices=({}); _describe -o flag choices; return; fi\n"
      "      {} ;;\n",
      sh(point.path), value_cases(point), flags,
      words.empty() ? "_twofold_" + arguments
                    : fmt::format("choices=({}); _describe command choices", words));
}

std::string fish_value(Offer offer) {
  if (offer == Offer::files) return " -r -F";
  if (offer == Offer::directories) return " -x -a '(__fish_complete_directories)'";
  if (const auto fixed = fixed_words(offer); !fixed.empty())
    return fmt::format(" -x -a {}", fish(fixed));
  if (const auto asked = asked_words(offer); !asked.empty())
    return fmt::format(" -x -a '({} 2>/dev/null)'", asked);
  return " -x";
}

std::string fish_flag(std::string_view condition, const Flag& flag) {
  std::string line = fmt::format("complete -c twofold{} -l {}", condition, flag.name);
  if (flag.letter != 0) line += fmt::format(" -s {}", flag.letter);
  if (flag.takes != Takes::nothing) line += fish_value(offer_for(flag));
  return fmt::format("{} -d {}\n", line, fish(flag.help));
}

std::string fish_point(const CompletionPoint& point) {
  const std::string condition = fmt::format(" -n \"__twofold_at {}\"", fish(point.path));
  std::string lines;
  for (const auto& [word, help] : point.words)
    lines += fmt::format("complete -c twofold{} -a {} -d {}\n", condition, word, fish(help));
  if (point.command == nullptr) return lines;
  for (const Flag& flag : point.command->flags) lines += fish_flag(condition, flag);
  const Offer offer = offer_for(*point.command);
  if (offer == Offer::files) {
    lines += fmt::format("complete -c twofold{} -F\n", condition);
  } else if (offer != Offer::nothing) {
    lines += fmt::format("complete -c twofold{}{}\n", condition, fish_value(offer).substr(3));
  }
  return lines;
}

}  // namespace

std::string bash_completions() {
  std::string points;
  const auto all = completion_points();
  for (const CompletionPoint& point : all) points += bash_point(point);
  return fmt::format(R"sh(# Completions of twofold for bash: source <(twofold completions bash)
_twofold_nothing() {{ COMPREPLY=(); }}
_twofold_words() {{ COMPREPLY=($(compgen -W "$*" -- "$cur")); }}
_twofold_ask() {{ COMPREPLY=($(compgen -W "$("$@" 2>/dev/null)" -- "$cur")); }}
_twofold_files() {{ compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); }}
_twofold_directories() {{ compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")); }}
_twofold() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} path= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{path:+$path }}${{COMP_WORDS[i]}}" in
{}    esac
  done
  case "$path" in
{}  esac
}}
complete -F _twofold twofold
)sh",
                     path_cases(all, "path"), points);
}

std::string zsh_completions() {
  std::string points;
  const auto all = completion_points();
  for (const CompletionPoint& point : all) points += zsh_point(point);
  return fmt::format(R"sh(#compdef twofold
# Completions of twofold for zsh: a file _twofold in a folder of $fpath.
_twofold_nothing() {{ :; }}
_twofold_words() {{ compadd -- "$@"; }}
_twofold_ask() {{ compadd -- ${{(f)"$("$@" 2>/dev/null)"}}; }}
_twofold_files() {{ _files; }}
_twofold_directories() {{ _files -/; }}
_twofold() {{
  local cur="${{words[CURRENT]}}" prev="${{words[CURRENT-1]}}" came_to="" now i
  local -a choices
  for ((i = 2; i < CURRENT; i++)); do
    now="${{came_to:+$came_to }}${{words[i]}}"
    case "$now" in
{}    esac
  done
  case "$came_to" in
{}  esac
}}
if [ "$funcstack[1]" = "_twofold" ]; then _twofold "$@"; elif (( $+functions[compdef] )); then compdef _twofold twofold; fi
)sh",
                     path_cases(all, "came_to"), points);
}

std::string fish_completions() {
  std::string text = R"sh(# Completions of twofold for fish: twofold completions fish | source
function __twofold_at
    set -l path ''
    for word in (commandline -opc)[2..-1]
        switch (string trim "$path $word")
)sh";
  const auto all = completion_points();
  for (const CompletionPoint& point : all) {
    if (point.path.empty()) continue;
    const std::string other = other_spelling(point.path);
    text += fmt::format("            case {}{}\n                set path {}\n", fish(point.path),
                        other.empty() ? "" : " " + fish(other), fish(point.path));
  }
  text += "        end\n    end\n    test \"$path\" = \"$argv[1]\"\nend\ncomplete -c twofold -f\n";
  for (const GlobalFlag& global : global_flags()) text += fish_flag("", global.flag);
  for (const CompletionPoint& point : all) text += fish_point(point);
  return text;
}

}  // namespace twofold::cli
