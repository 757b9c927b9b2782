#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "src/config/keys.h"
#include "src/config/load.h"
#include "src/config/nearest.h"

namespace twofold::config {
namespace {

constexpr std::string_view kPrefix = "TWOFOLD_";

// Read by the command line, not by the broker: each stands for the global flag of that name.
constexpr std::array<std::string_view, 14> kCommandLine{
    "TWOFOLD_URL",   "TWOFOLD_TOKEN",   "TWOFOLD_OUTPUT",   "TWOFOLD_TIMEOUT",
    "TWOFOLD_QUIET", "TWOFOLD_VERBOSE", "TWOFOLD_NO_COLOR", "TWOFOLD_NO_PROGRESS",
    "TWOFOLD_YES",   "TWOFOLD_CONFIG",  "TWOFOLD_CA",       "TWOFOLD_INSECURE",
    "TWOFOLD_CLIENT_CERT", "TWOFOLD_CLIENT_KEY",
};

// Kubernetes describes a service called twofold to every pod of its namespace in variables of these
// names; refusing them would refuse to start beside our own service.
bool set_by_kubernetes(std::string_view name) {
  return name.starts_with("TWOFOLD_SERVICE_") || name.starts_with("TWOFOLD_PORT");
}

}  // namespace

std::vector<Assignment> read_environment(const std::vector<std::string>& environment,
                                         std::vector<std::string>& warnings) {
  std::vector<std::string> names;
  for (const Key& key : keys()) names.push_back(environment_name(key));

  std::vector<Assignment> assignments;
  for (const std::string& entry : environment) {
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with(kPrefix) || equals == std::string::npos) continue;
    const std::string name = entry.substr(0, equals);
    const auto match = std::find(names.begin(), names.end(), name);
    if (match != names.end()) {
      const Key& key = keys()[static_cast<std::size_t>(match - names.begin())];
      assignments.push_back(Assignment{std::string(key.name), entry.substr(equals + 1),
                                       fmt::format("environment {}", name)});
      continue;
    }
    if (set_by_kubernetes(name)) continue;
    if (std::find(kCommandLine.begin(), kCommandLine.end(), name) != kCommandLine.end()) continue;
    const std::string guess = did_you_mean(name, names);
    warnings.push_back(fmt::format("environment variable {} is not a setting{}{}", name,
                                   guess.empty() ? "" : "; ", guess));
  }
  return assignments;
}

}  // namespace twofold::config
