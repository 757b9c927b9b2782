#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <unistd.h>

#include "engine/base/diag.h"
#include "tests/sim/broker_simulation.h"

namespace twofold::test {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// A broken belief inside the broker aborts: whoever looks must know which seed it was.
volatile std::uint64_t seed_running = 0;
void say_seed(int signal) {
  char line[64];
  const int n = std::snprintf(line, sizeof line, "\nTWOFOLD_SIM_SEED=%llu\n",
                              static_cast<unsigned long long>(seed_running));
  if (n > 0) (void)!::write(STDERR_FILENO, line, static_cast<std::size_t>(n));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

Coverage run_seed(std::uint64_t seed) {
  seed_running = seed;
  BrokerSimulation simulation(seed);
  const auto problem = simulation.run();
  const auto lines = from_environment("TWOFOLD_SIM_LINES", 40);
  if (problem)
    ADD_FAILURE() << *problem << "\nreplay with TWOFOLD_SIM_SEED=" << seed
                  << "\nthe end of its history:\n" << simulation.history().tail(lines);
  return simulation.coverage();
}

class BrokerSimulated : public ::testing::Test {
 protected:
  void SetUp() override {
    // What goes wrong here goes wrong on purpose.
    engine::diag_configure(std::getenv("TWOFOLD_SIM_DIAG") ? engine::DiagLevel::debug : engine::DiagLevel::error, engine::DiagFormat::text);
    std::signal(SIGABRT, say_seed);
  }
  void TearDown() override { std::signal(SIGABRT, SIG_DFL); }
};

TEST_F(BrokerSimulated, KeepsItsPromisesWhateverFails) {
  const auto only = from_environment("TWOFOLD_SIM_SEED", 0);
  if (only != 0) {
    std::cout << run_seed(only).text() << "\n";
    return;
  }
  Coverage all;
  const auto first = from_environment("TWOFOLD_SIM_FIRST", 1);
  const auto seeds = from_environment("TWOFOLD_SIM_SEEDS", 300);
  for (auto seed = first; seed < first + seeds && !HasFailure(); ++seed) all.add(run_seed(seed));
  std::cout << all.text() << "\n";
  if (HasFailure() || seeds < 100) return;
  EXPECT_GT(all.acknowledged, seeds * 10);
  EXPECT_GT(all.kills, seeds);
  EXPECT_GT(all.power_cuts, seeds);
  EXPECT_GT(all.recoveries_cut, seeds);
  EXPECT_GT(all.storage_failures, 0u);
  EXPECT_GT(all.drained_bytes, 0u);
  EXPECT_GT(all.rewritten_bytes, 0u);
  EXPECT_GT(all.letters, seeds);
}

TEST_F(BrokerSimulated, DoesTheSameAgainForTheSameSeed) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    BrokerSimulation first(seed);
    BrokerSimulation second(seed);
    ASSERT_EQ(first.run(), second.run()) << "seed " << seed;
    EXPECT_EQ(first.trace_hash(), second.trace_hash()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace twofold::test
