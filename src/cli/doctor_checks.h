#pragma once

#include <string>
#include <vector>

#include "src/config/load.h"

namespace twofold::cli {

enum class Verdict { ok, warn, fail };

/// One line of `doctor`.
struct Check {
  std::string name;
  Verdict verdict;
  std::string detail;
  std::string hint;  // may be empty
};

/// Looks at what usually goes wrong before a broker starts. Changes nothing, apart from temporary
/// files in the data directory for syncs and the clock; where that is not there yet, a temporary
/// directory and those files are made and removed in the one above it.
std::vector<Check> run_checks(const config::Loaded& loaded);

}  // namespace twofold::cli
