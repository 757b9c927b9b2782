#pragma once

#include <functional>

#include "engine/base/error.h"
#include "http/broker.h"
#include "src/config/load.h"

namespace twofold {

/// Makes the configuration anew from where it came from: file, environment, flags.
using Reread = std::function<config::Loaded()>;

/// The settings in force, of which some may change while the broker serves: those that the table of
/// keys marks (config/keys.h). The others keep what they had at the start.
/// Threads  reload() on one at a time.
class LiveSettings {
 public:
  /// `options` are those the server was made with: what is live in them is shared.
  LiveSettings(const Config& config, const http::ServerOptions& options, http::Broker& broker);

  /// Takes over what has changed and may; says of everything else that has changed that it needs a
  /// restart. Errors: invalid_request, with the first mistake; then nothing changes.
  engine::Result<> reload(const Reread& reread);

 private:
  void tell() const;
  void apply() const;

  Config in_force_;
  const http::ServerOptions options_;
  http::Broker& broker_;
};

/// The log as `log.level` and `log.format` want it.
void configure_log(const Config& config);

}  // namespace twofold
