#include "src/cli/interrupt.h"

#include <csignal>

#include <unistd.h>

namespace twofold::cli {
namespace {

volatile std::sig_atomic_t signal_seen = 0;

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

InterruptPause::InterruptPause() : set_aside_(signal_seen) { signal_seen = 0; }

InterruptPause::~InterruptPause() {
  if (set_aside_ != 0) signal_seen = set_aside_;
}

std::optional<ExitCode> interrupted() {
  switch (signal_seen) {
    case SIGINT: return ExitCode::interrupted;
    case SIGTERM: return ExitCode::terminated;
    default: return std::nullopt;
  }
}

}  // namespace twofold::cli
