#pragma once

#include <memory>

namespace twofold {

/// While it lives, SIGINT and SIGTERM end the process at once, with exit code 0: a broker that
/// starts, for as long as its journal is long, has answered nobody and owes nothing, and whatever
/// it was about to write is written as if the power might go. Process 1 of a container would not
/// even notice these signals without it.
///
/// Who serves registers for the signals before this goes, so that none falls between the two.
/// Threads  made and destroyed on any; it listens on its own.
class StartSignals {
 public:
  StartSignals();
  ~StartSignals();
  StartSignals(const StartSignals&) = delete;
  StartSignals& operator=(const StartSignals&) = delete;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace twofold
