#pragma once

#include <cstdint>
#include <functional>

#include "engine/base/error.h"
#include "src/serve/live_settings.h"

namespace twofold {

struct Config;
class LocalRequests;

/// Done once everything is recovered, before anybody is let in; an error ends the start.
using Prepare = std::function<engine::Result<>(LocalRequests& local)>;

/// Runs the broker until a signal stops it; returns the process's exit code. SIGHUP has
/// certificates, keys and, if there is a `reread`, settings read again (reload.h) and stops nothing.
/// As many files may be open as the system allows this process. `ready` hears the port once clients
/// are let in, on the broker's thread: it must be quick.
int serve(const Config& config, const Prepare& prepare = {},
          const std::function<void(std::uint16_t port)>& ready = {}, Reread reread = {});

}  // namespace twofold
