#pragma once

#include <cstdint>
#include <functional>

namespace twofold {

struct Config;

/// Runs the broker until a signal stops it; returns the process's exit code. SIGHUP has
/// certificates and keys read again (reload.h) and stops nothing. As many files may be open as the
/// system allows this process. `ready` hears the port once clients are let in, on the broker's
/// thread: it must be quick.
int serve(const Config& config, const std::function<void(std::uint16_t port)>& ready = {});

}  // namespace twofold
