#pragma once

namespace twofold {

struct Config;

/// Runs the broker until a signal stops it; returns the process's exit code. SIGHUP is ignored, and
/// as many files may be open as the system allows this process.
int serve(const Config& config);

}  // namespace twofold
