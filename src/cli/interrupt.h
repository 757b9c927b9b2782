#pragma once

#include <optional>

#include "src/cli/failure.h"

namespace twofold::cli {

/// While one of these lives, SIGINT and SIGTERM do not end the process: they are remembered, so
/// that a command can finish the record in hand, commit, and print its summary. A second signal
/// ends the process at once.
/// One at a time; the earlier handlers come back with its end.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// The exit code that the signal asks for, once one has come.
std::optional<ExitCode> interrupted();

/// While one of these lives interrupted() sees nothing, so that a last request (a commit, an ack)
/// is not cut short by the signal that made it the last one.
class InterruptPause {
 public:
  InterruptPause();
  ~InterruptPause();
  InterruptPause(const InterruptPause&) = delete;
  InterruptPause& operator=(const InterruptPause&) = delete;
};

}  // namespace twofold::cli
