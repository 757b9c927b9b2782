#include "src/cli/interrupt.h"

#include <csignal>

#include <unistd.h>

namespace twofold::cli {
namespace {

volatile std::sig_atomic_t signal_seen = 0;
int pauses = 0;

extern "C" void remember_signal(int number) {
  if (signal_seen != 0) ::_exit(128 + number);
  signal_seen = number;
}

void install(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigemptyset(&action.sa_mask);
  // No SA_RESTART: a read of the terminal must return, or Ctrl-C would wait for the next line.
  ::sigaction(number, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  signal_seen = 0;
  install(SIGINT, remember_signal);
  install(SIGTERM, remember_signal);
}

InterruptGuard::~InterruptGuard() {
  install(SIGINT, SIG_DFL);
  install(SIGTERM, SIG_DFL);
}

InterruptPause::InterruptPause() { ++pauses; }

InterruptPause::~InterruptPause() { --pauses; }

std::optional<ExitCode> interrupted() {
  if (pauses > 0) return std::nullopt;
  switch (signal_seen) {
    case SIGINT: return ExitCode::interrupted;
    case SIGTERM: return ExitCode::terminated;
    default: return std::nullopt;
  }
}

}  // namespace twofold::cli
