#include "src/serve/live_settings.h"

#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "engine/base/check.h"
#include "engine/base/diag.h"
#include "src/config/keys.h"

namespace twofold {
namespace {

using engine::DiagFormat;
using engine::DiagLevel;
using engine::Errc;
using engine::Error;
using engine::Result;

DiagFormat diag_format(LogFormat format) {
  if (format == LogFormat::automatic) return isatty(2) != 0 ? DiagFormat::text : DiagFormat::json;
  return format == LogFormat::json ? DiagFormat::json : DiagFormat::text;
}

}  // namespace

void configure_log(const Config& config) {
  engine::diag_configure(config.log.level, diag_format(config.log.format));
}

LiveSettings::LiveSettings(const Config& config, const http::ServerOptions& options,
                           http::Broker& broker)
    : in_force_(config), options_(options), broker_(broker) {
  tell();
}

void LiveSettings::tell() const {
  std::vector<http::Setting> settings;
  for (const config::Key& key : config::keys()) {
    const std::string name(key.name);
    settings.push_back(
        {name, config::render(key, in_force_), in_force_.origin.at(name), key.reloads});
  }
  broker_.shared.settings.set(std::move(settings));
}

Result<> LiveSettings::reload(const Reread& reread) {
  const config::Loaded loaded = reread();
  if (!loaded.errors.empty()) {
    const config::Problem& first = loaded.errors.front();
    return Error(Errc::invalid_request, first.what, first.hint);
  }
  for (const config::Key& key : config::keys()) {
    const std::string name(key.name);
    const std::string value = config::render(key, loaded.config);
    if (value == config::render(key, in_force_)) continue;
    if (!key.reloads) {
      engine::diag(DiagLevel::warn, "main", "a changed setting needs a restart",
                   {
                       {"key", name}
      });
      continue;
    }
    TF_CHECK(config::assign(key, value, in_force_));
    in_force_.origin[name] = loaded.config.origin.at(name);
    engine::diag(DiagLevel::info, "main", "setting changed",
                 {
                     {"key",   name },
                     {"value", value}
    });
  }
  apply();
  tell();
  return {};
}

// One line for each key that the table marks.
void LiveSettings::apply() const {
  configure_log(in_force_);
  options_.origins_allowed.set(in_force_.http.cors_origins);
  options_.pages.read_only.set(in_force_.ui.read_only);
  options_.metrics.detail.set(in_force_.metrics.detail);
  options_.metrics.entities_max.set(static_cast<std::size_t>(in_force_.metrics.max_entities));
}

}  // namespace twofold
