#include "src/config/load.h"

#include <fmt/format.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "src/config/keys.h"
#include "src/config/listeners.h"
#include "src/config/nearest.h"

namespace twofold::config {
namespace {

constexpr std::string_view kWorkingFile = "twofold.toml";
constexpr std::string_view kSystemFile = "/etc/twofold/twofold.toml";

std::string choose_file(const Sources& sources) {
  if (sources.file) return *sources.file;
  if (const auto named = environment_value(sources.environment, "TWOFOLD_CONFIG");
      named && !named->empty()) {
    return *named;
  }
  for (const std::string_view candidate : {kWorkingFile, kSystemFile}) {
    if (::access(std::string(candidate).c_str(), R_OK) == 0) return std::string(candidate);
  }
  return {};
}

// Where a service keeps its data and listens is its unit's or its image's to say, until somebody says
// otherwise in the file.
std::vector<Assignment> read_surroundings(const Sources& sources) {
  std::vector<Assignment> assignments;
  const auto take = [&](std::string_view variable, std::string key) {
    const auto value = environment_value(sources.environment, variable);
    if (!value || value->empty()) return;
    assignments.push_back({std::move(key), *value, fmt::format("environment {}", variable)});
  };
  take(kStateDirectory, "server.data_dir");
  take(kDefaultListen, "http.listen");
  return assignments;
}

Problem unknown_key(const Assignment& assignment) {
  const auto names = key_names();
  const std::string guess = did_you_mean(assignment.key, names);
  return Problem{
      fmt::format("{}: unknown key \"{}\"", assignment.origin, assignment.key),
      fmt::format("{}{}twofold config keys lists them all", guess, guess.empty() ? "" : " ")};
}

void take(const std::vector<Assignment>& assignments, Loaded& loaded) {
  for (const Assignment& assignment : assignments) {
    const Key* key = find_key(assignment.key);
    if (key == nullptr) {
      loaded.errors.push_back(unknown_key(assignment));
      continue;
    }
    const auto done = assign(*key, assignment.value, loaded.config);
    if (!done) {
      loaded.errors.push_back(
          Problem{fmt::format("{}: {}: {}", assignment.origin, key->name, done.error().why),
                  fmt::format("{} is {}: {}", key->name, describe_type(*key), key->help)});
      continue;
    }
    loaded.config.origin.insert_or_assign(assignment.key, assignment.origin);
  }
}

void check_tls(Loaded& loaded) {
  const Config::Tls& tls = loaded.config.tls;
  const auto needs = [&](std::string_view has, std::string_view other) {
    loaded.errors.push_back(
        Problem{fmt::format("{} ({}) needs {}", has, loaded.config.origin.find(has)->second, other),
                "tls.cert and tls.key belong together; tls.client_ca comes beside them"});
  };
  if (!tls.cert.empty() && tls.key.empty()) needs("tls.cert", "tls.key");
  if (!tls.key.empty() && tls.cert.empty()) needs("tls.key", "tls.cert");
  if (!tls.client_ca.empty() && tls.cert.empty()) needs("tls.client_ca", "tls.cert");
}

// Settings that are right one by one and wrong together.
void check_relations(Loaded& loaded) {
  const Config& c = loaded.config;
  const auto refuse = [&](std::string_view smaller, std::string_view larger) {
    const auto value = [&](std::string_view name) { return render(*find_key(name), c); };
    loaded.errors.push_back(
        Problem{fmt::format("{} ({}, {}) must be at least {} ({}, {})", larger, value(larger),
                            c.origin.find(larger)->second, smaller, value(smaller),
                            c.origin.find(smaller)->second),
                fmt::format("raise {} or lower {}", larger, smaller)});
  };
  if (c.http.max_body < c.topics.max_record_bytes) {
    refuse("topics.max_record_bytes", "http.max_body");
  }
  if (c.storage.segment_bytes < c.topics.max_record_bytes) {
    refuse("topics.max_record_bytes", "storage.segment_bytes");
  }
  if (c.storage.journal_file_bytes < c.http.max_body) {
    refuse("http.max_body", "storage.journal_file_bytes");
  }
  if (c.server.settle_time > c.server.shutdown_grace &&
      c.origin.find("server.settle_time")->second != "default") {
    refuse("server.settle_time", "server.shutdown_grace");
  }
  if (c.sqs.profile == http::sqs::Profile::strict && c.auth.keys_file.empty()) {
    loaded.errors.push_back(
        Problem{fmt::format("sqs.profile (strict, {}) needs auth.keys_file",
                            c.origin.find("sqs.profile")->second),
                "make a key with twofold key create --sqs, or use sqs.profile=lenient"});
  }
  check_listeners(c, loaded.errors);
  check_tls(loaded);
}

}  // namespace

Config defaults() {
  Config config;
  for (const Key& key : keys()) {
    // A default that its own key refuses is a mistake in the table.
    TF_CHECK(assign(key, key.fallback, config));
    config.origin.insert_or_assign(std::string(key.name), "default");
  }
  return config;
}

Loaded load(const Sources& sources) {
  Loaded loaded;
  loaded.config = defaults();
  loaded.file = choose_file(sources);
  take(read_surroundings(sources), loaded);
  if (!loaded.file.empty()) take(read_file(loaded.file, loaded.errors), loaded);
  take(read_otel_environment(sources.environment, loaded.warnings), loaded);
  loaded.config.otel.headers = read_otel_headers(sources.environment, loaded.warnings);
  take(read_environment(sources.environment, loaded.warnings), loaded);
  take(sources.flags, loaded);
  if (loaded.errors.empty()) check_relations(loaded);
  return loaded;
}

Outcome<Assignment> parse_set(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Refused(fmt::format("--set {}: write key=value, as in http.listen=0.0.0.0:8080", text));
  }
  const std::string key(text.substr(0, equals));
  return Assignment{key, std::string(text.substr(equals + 1)), fmt::format("--set {}", key)};
}

}  // namespace twofold::config
