#pragma once

#include <string>
#include <vector>

namespace twofold::cli {

/// The whole program after main(): parses the words behind its name, does what they say, prints
/// what went wrong, and returns the exit code.
int run(const std::vector<std::string>& words);

}  // namespace twofold::cli
