#include "tests/sim/seeds.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace twofold::test {
namespace {

volatile std::uint64_t seed_running = 0;

void say_seed(int signal) {
  char line[64];
  const int n = std::snprintf(line, sizeof line, "\nTWOFOLD_SIM_SEED=%llu\n",
                              static_cast<unsigned long long>(seed_running));
  if (n > 0) (void)!::write(STDERR_FILENO, line, static_cast<std::size_t>(n));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

SaysSeed::SaysSeed() { std::signal(SIGABRT, say_seed); }
SaysSeed::~SaysSeed() { std::signal(SIGABRT, SIG_DFL); }
void SaysSeed::now(std::uint64_t seed) { seed_running = seed; }

}  // namespace twofold::test
