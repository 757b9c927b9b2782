// The loops of docs/exactly-once.md, with the end of the broker at every moment: every order has
// one line in the ledger and one copy.
#include <iostream>

#include <gtest/gtest.h>

#include "engine/base/diag.h"
#include "tests/sim/pipeline.h"
#include "tests/sim/seeds.h"

namespace twofold::test {
namespace {

using engine::DiskCall;
using engine::DiskFault;

constexpr std::uint64_t kMomentsMax = 20'000;  // more than the story has

struct Fault {
  DiskCall call;
  DiskFault fault;
};
// None that lies: of bytes that a device reported synced and lost, nothing can be promised.
constexpr Fault kFaults[] = {
    {DiskCall::write,    DiskFault::io_error},
    {DiskCall::write,    DiskFault::full    },
    {DiskCall::write,    DiskFault::partly  },
    {DiskCall::sync,     DiskFault::io_error},
    {DiskCall::allocate, DiskFault::full    },
    {DiskCall::open,     DiskFault::io_error},
    {DiskCall::open,     DiskFault::full    },
    {DiskCall::read,     DiskFault::io_error},
    {DiskCall::remove,   DiskFault::io_error},
};

class ExactlyOnce : public ::testing::Test {
 protected:
  void SetUp() override {
    // What goes wrong here goes wrong on purpose.
    engine::diag_configure(engine::DiagLevel::error, engine::DiagFormat::text);
  }
  void TearDown() override {
    engine::diag_configure(engine::DiagLevel::info, engine::DiagFormat::text);
  }

  /// A life on a sound disk, in which everything comes to its end.
  void finish(Pipeline& pipeline) {
    ASSERT_TRUE(pipeline.start()) << "it does not start again";
    ASSERT_EQ(pipeline.torn(), "");
    const bool finished = pipeline.run();
    ASSERT_EQ(pipeline.not_once(), "");
    ASSERT_TRUE(finished) << "it does not get to its end";
    ASSERT_TRUE(pipeline.end_in_order());
  }

  /// Tells the story with an end at its first, second, third moment, and so on until it is over
  /// before that. `arm` says what a moment is, `end` what an end is.
  template <class Arm, class End>
  void tell(Arm arm, End end) {
    const auto only = from_environment("TWOFOLD_SIM_SEED", 0);
    const auto first = only != 0 ? only : 1;
    const auto last = only != 0 ? only : kMomentsMax;
    for (std::uint64_t k = first; k <= last; ++k) {
      says_seed_.now(k);
      SCOPED_TRACE("replay with TWOFOLD_SIM_SEED=" + std::to_string(k));
      Pipeline pipeline(k);
      arm(pipeline, k);
      const bool over = pipeline.start() && pipeline.run();
      end(pipeline);
      finish(pipeline);
      replayed_ += pipeline.replayed();
      if (over || HasFailure()) break;
      ++ends_;
    }
    if (HasFailure() || only != 0) return;
    EXPECT_LT(ends_, kMomentsMax) << "a story without end";
    EXPECT_GT(ends_, 100u) << "the story is too short to prove anything";
    EXPECT_GT(replayed_, 0u) << "no end fell between a commit and its answer";
    std::cout << ends_ << " ends, " << replayed_ << " commits answered again\n";
  }

  SaysSeed says_seed_;
  std::uint64_t ends_ = 0;
  std::uint64_t replayed_ = 0;
};

TEST_F(ExactlyOnce, ThePowerMayGoDuringAnyChangeOfTheDisk) {
  tell([](Pipeline& pipeline, std::uint64_t k) { pipeline.disk().cut_power_at(k); },
       [](Pipeline& pipeline) { pipeline.end_by_power_cut(); });
}

TEST_F(ExactlyOnce, TheProcessMayDieBeforeAnyStep) {
  tell([](Pipeline& pipeline, std::uint64_t k) { pipeline.kill_at(k); },
       [](Pipeline& pipeline) { pipeline.end_by_kill(); });
}

TEST_F(ExactlyOnce, ThePowerMayGoBeforeAnyStep) {
  tell([](Pipeline& pipeline, std::uint64_t k) { pipeline.kill_at(k); },
       [](Pipeline& pipeline) { pipeline.end_by_power_cut(); });
}

// One life of many: what goes wrong in it, how often it is asked again, and how it ends.
bool live(Pipeline& pipeline, engine::SeededRandom& random) {
  const auto what = random.below(3);
  switch (what) {
    case 0: pipeline.disk().cut_power_at(1 + random.below(60)); break;
    case 1: pipeline.kill_at(1 + random.below(300)); break;
    default: {
      const Fault& fault = kFaults[random.below(std::size(kFaults))];
      pipeline.disk().fail(fault.call, 1 + random.below(30), fault.fault, 1 + random.below(3));
    }
  }
  bool over = pipeline.start() && pipeline.run();
  for (int tries = 0; !over && pipeline.alive() && tries < 3; ++tries) over = pipeline.run();
  // Without power there is only one way to go on.
  what != 0 && random.below(2) == 0 ? pipeline.end_by_kill() : pipeline.end_by_power_cut();
  return over;
}

TEST_F(ExactlyOnce, WhateverFailsAgainAndAgain) {
  const auto only = from_environment("TWOFOLD_SIM_SEED", 0);
  const auto first = only != 0 ? only : from_environment("TWOFOLD_SIM_FIRST", 1);
  const auto seeds = only != 0 ? 1 : from_environment("TWOFOLD_SIM_SEEDS", 300);
  for (auto seed = first; seed < first + seeds && !HasFailure(); ++seed) {
    says_seed_.now(seed);
    SCOPED_TRACE("replay with TWOFOLD_SIM_SEED=" + std::to_string(seed));
    engine::SeededRandom random(1'000'000 + seed);
    Pipeline pipeline(seed);
    for (int lives = 0; lives < 8 && !live(pipeline, random); ++lives) ++ends_;
    finish(pipeline);
    replayed_ += pipeline.replayed();
  }
  if (seeds < 100 || HasFailure()) return;
  EXPECT_GT(ends_, seeds);
  EXPECT_GT(replayed_, 0u);
  std::cout << ends_ << " ends, " << replayed_ << " commits answered again\n";
}

// What the proofs above would not see, they would not prove.
TEST_F(ExactlyOnce, ALineApartFromItsAckIsWrittenTwice) {
  std::uint64_t twice = 0;
  for (std::uint64_t k = 1; k <= kMomentsMax; ++k) {
    Pipeline pipeline(k, Pipeline::Worker::apart);
    pipeline.kill_at(k);
    const bool over = pipeline.start() && pipeline.run();
    pipeline.end_by_kill();
    ASSERT_TRUE(pipeline.start());
    ASSERT_TRUE(pipeline.run());
    twice += pipeline.not_once().empty() ? 0 : 1;
    if (over) break;
  }
  EXPECT_GT(twice, 0u);
}

}  // namespace
}  // namespace twofold::test
