#pragma once

#include <string>

namespace twofold::cli {

/// What a shell needs to complete command lines of twofold, made from the table of commands
/// (command.h): words, flags, files where a flag takes one, and names of topics, queues and groups,
/// which are asked of the broker (--timeout 1s; nobody there: no names).
std::string bash_completions();
std::string zsh_completions();
std::string fish_completions();

/// twofold(1) in the man macros: every command with its flags and examples, exit codes, files.
std::string man_page();

}  // namespace twofold::cli
