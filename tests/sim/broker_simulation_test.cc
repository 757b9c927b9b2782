#include "tests/sim/broker_simulation.h"

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "engine/base/diag.h"
#include "tests/sim/seeds.h"

namespace twofold::test {
namespace {

Coverage run_seed(std::uint64_t seed) {
  BrokerSimulation simulation(seed);
  const auto problem = simulation.run();
  const auto lines = from_environment("TWOFOLD_SIM_LINES", 40);
  if (problem)
    ADD_FAILURE() << *problem << "\nreplay with TWOFOLD_SIM_SEED=" << seed
                  << "\nthe end of its history:\n"
                  << simulation.history().tail(lines);
  return simulation.coverage();
}

class BrokerSimulated : public ::testing::Test {
 protected:
  void SetUp() override {
    // What goes wrong here goes wrong on purpose.
    const bool all = std::getenv("TWOFOLD_SIM_DIAG") != nullptr;
    engine::diag_configure(all ? engine::DiagLevel::debug : engine::DiagLevel::error,
                           engine::DiagFormat::text);
  }

  Coverage run(std::uint64_t seed) {
    says_seed_.now(seed);
    return run_seed(seed);
  }

 private:
  SaysSeed says_seed_;
};

TEST_F(BrokerSimulated, KeepsItsPromisesWhateverFails) {
  const auto only = from_environment("TWOFOLD_SIM_SEED", 0);
  if (only != 0) {
    std::cout << run(only).text() << "\n";
    return;
  }
  Coverage all;
  const auto first = from_environment("TWOFOLD_SIM_FIRST", 1);
  const auto seeds = from_environment("TWOFOLD_SIM_SEEDS", 300);
  for (auto seed = first; seed < first + seeds && !HasFailure(); ++seed) all.add(run(seed));
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
  EXPECT_GT(all.calendar_steps, seeds);
  EXPECT_GT(all.times_kept, seeds);
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
