#pragma once

namespace twofold {

struct Config;

/// Runs the broker until a signal stops it; returns the process's exit code.
int serve(const Config& config);

}  // namespace twofold
