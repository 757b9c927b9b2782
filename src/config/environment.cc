#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "src/config/keys.h"
#include "src/config/load.h"
#include "src/config/nearest.h"

namespace twofold::config {
namespace {

constexpr std::string_view kPrefix = "TWOFOLD_";

// Read by the command line, not by the broker: each stands for the global flag of that name.
constexpr std::array<std::string_view, 16> kCommandLine{
    "TWOFOLD_URL",   "TWOFOLD_TOKEN",   "TWOFOLD_OUTPUT",   "TWOFOLD_TIMEOUT",
    "TWOFOLD_QUIET", "TWOFOLD_VERBOSE", "TWOFOLD_NO_COLOR", "TWOFOLD_NO_PROGRESS",
    "TWOFOLD_YES",   "TWOFOLD_CONFIG",  "TWOFOLD_CA",       "TWOFOLD_INSECURE",
    "TWOFOLD_CLIENT_CERT", "TWOFOLD_CLIENT_KEY", kStateDirectory,
    kDefaultListen,
};

// Kubernetes describes a service called twofold to every pod of its namespace in variables of these
// names; refusing them would refuse to start beside our own service.
bool set_by_kubernetes(std::string_view name) {
  return name.starts_with("TWOFOLD_SERVICE_") || name.starts_with("TWOFOLD_PORT");
}

}  // namespace

std::optional<std::string> environment_value(const std::vector<std::string>& environment,
                                             std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.size() > name.size() && entry.compare(0, name.size(), name) == 0 &&
        entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

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

std::vector<Assignment> read_otel_environment(const std::vector<std::string>& environment,
                                              std::vector<std::string>& warnings) {
  std::map<std::string, std::string, std::less<>> set;
  for (const std::string& entry : environment) {
    const std::size_t equals = entry.find('=');
    // An empty one counts as none, by its specification.
    if (entry.starts_with("OTEL_") && equals + 1 < entry.size())
      set.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  std::vector<Assignment> assignments;
  const auto take = [&](std::string_view name, std::string_view key) {
    const auto found = set.find(name);
    if (found == set.end()) return;
    assignments.push_back({std::string(key), found->second, fmt::format("environment {}", name)});
  };
  take("OTEL_EXPORTER_OTLP_ENDPOINT", "otel.endpoint");
  take("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "otel.endpoint");
  take("OTEL_SERVICE_NAME", "otel.service_name");
  take("OTEL_EXPORTER_OTLP_CERTIFICATE", "otel.ca");
  const auto sampler = set.find("OTEL_TRACES_SAMPLER");
  const std::string how = sampler == set.end() ? "" : sampler->second;
  if (how.ends_with("always_off") || how.ends_with("always_on")) {
    assignments.push_back({"otel.sample", how.ends_with("off") ? "0" : "1",
                           "environment OTEL_TRACES_SAMPLER"});
  } else {
    take("OTEL_TRACES_SAMPLER_ARG", "otel.sample");
  }
  const auto protocol = set.find("OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol != set.end() && protocol->second != "http/json") {
    warnings.push_back(fmt::format(
        "OTEL_EXPORTER_OTLP_PROTOCOL is {}: spans go out as http/json all the same, which collectors "
        "take on their HTTP port, 4318",
        protocol->second));
  }
  return assignments;
}

}  // namespace twofold::config
