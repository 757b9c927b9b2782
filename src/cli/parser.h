#pragma once

#include <string>
#include <vector>

#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/failure.h"

namespace twofold::cli {

struct Parsed {
  const Command* command = nullptr;  // null: show help for `path`
  std::string path;                  // words of the command as far as they were recognised
  bool help = false;
  bool version = false;
  Args args;     // of the command
  Args globals;  // of every command; the environment has been consulted
};

/// Matches the words after the program's name against the table. Everything is checked here that
/// can be checked without a broker: names, counts and types.
/// `environment` answers with a variable's value or null.
Tried<Parsed> parse(const std::vector<std::string>& words,
                    const char* (*environment)(const char* name));

}  // namespace twofold::cli
