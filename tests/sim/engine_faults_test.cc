#include <gtest/gtest.h>

#include "tests/support/one_log.h"

namespace twofold::engine {
namespace {

using test::OneLog;

/// Everything acknowledged is there, in order, and nothing was invented.
void expect_promise(OneLog& log, const std::string& when) {
  const auto found = log.read();
  ASSERT_TRUE(found) << when;
  EXPECT_TRUE(std::is_sorted(found->begin(), found->end())) << when;
  EXPECT_TRUE(std::includes(found->begin(), found->end(), log.acknowledged().begin(),
                            log.acknowledged().end()))
      << when << ": an acknowledged record is lost";
  for (const int n : *found) ASSERT_LT(n, log.sent()) << when << ": a record nobody sent";
  EXPECT_EQ(log.damaged_reads(), 0) << when;
}

/// Enough to fill journal files, drain them, and write checkpoints. Stops at the first refusal.
void run_story(OneLog& log) {
  for (int i = 0; i < 60; ++i) {
    if (!log.publish()) return;
    if (i % 12 == 11) log.pass(std::chrono::seconds{2});
  }
}

TEST(EngineFaults, ThePowerMayGoDuringAnyChangeAndNothingAcknowledgedIsLost) {
  std::uint64_t cuts = 0;
  for (std::uint64_t k = 1;; ++k) {
    SeededRandom random(k);
    SimulatedFileSystem disk(random);
    OneLog log(disk);
    disk.cut_power_at(k);
    const bool started = log.start().has_value();
    if (started) run_story(log);
    const bool cut = disk.changes() >= k;
    log.crash(random);
    disk.heal();
    const auto again = log.start();
    ASSERT_TRUE(again) << "cut " << k << ": " << again.error().detail;
    ASSERT_TRUE(again->damaged.empty()) << "cut " << k << ": a torn write was taken for damage";
    expect_promise(log, "cut " + std::to_string(k));
    if (::testing::Test::HasFailure()) return;
    EXPECT_TRUE(log.publish()) << "cut " << k << ": and it goes on";
    log.kill();
    if (!cut) break;
    ++cuts;
  }
  EXPECT_GT(cuts, 100u) << "the story is too short to prove anything";
}

TEST(EngineFaults, ThePowerMayGoAgainDuringRecovery) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SeededRandom random(seed);
    SimulatedFileSystem disk(random);
    OneLog log(disk);
    ASSERT_TRUE(log.start());
    disk.cut_power_at(20 + random.below(150));
    run_story(log);
    log.crash(random);
    disk.heal();
    for (int again = 0; again < 3; ++again) {
      disk.cut_power_at(1 + random.below(8));
      (void)log.start().has_value();
      log.crash(random);
      disk.heal();
    }
    ASSERT_TRUE(log.start()) << "seed " << seed;
    expect_promise(log, "seed " + std::to_string(seed));
    if (::testing::Test::HasFailure()) return;
    log.kill();
  }
}

struct Fault {
  const char* name;
  DiskCall call;
  DiskFault fault;
};

class EngineFault : public ::testing::TestWithParam<Fault> {};

TEST_P(EngineFault, TheKthCallMayFailAndNothingAcknowledgedIsLost) {
  const auto& fault = GetParam();
  std::uint64_t failures = 0;
  for (std::uint64_t k = 1; k < 400; ++k) {
    SeededRandom random(k);
    SimulatedFileSystem disk(random);
    OneLog log(disk);
    disk.fail(fault.call, k, fault.fault);
    if (log.start()) run_story(log);
    const bool happened = disk.calls(fault.call) >= k;
    // What the device really holds decides, as after a supervisor's restart and a power cut.
    log.crash(random);
    disk.heal();
    const auto again = log.start();
    ASSERT_TRUE(again) << fault.name << " call " << k << ": " << again.error().detail;
    expect_promise(log, std::string(fault.name) + " call " + std::to_string(k));
    if (::testing::Test::HasFailure()) return;
    log.kill();
    if (!happened) break;
    ++failures;
  }
  EXPECT_GT(failures, 1u) << "the fault never happened";
}

INSTANTIATE_TEST_SUITE_P(
    EveryCall, EngineFault,
    ::testing::Values(Fault{"WriteIo", DiskCall::write, DiskFault::io_error},
                      Fault{"WriteFull", DiskCall::write, DiskFault::full},
                      Fault{"WritePartly", DiskCall::write, DiskFault::partly},
                      Fault{"SyncIo", DiskCall::sync, DiskFault::io_error},
                      Fault{"AllocateFull", DiskCall::allocate, DiskFault::full},
                      Fault{"OpenIo", DiskCall::open, DiskFault::io_error},
                      Fault{"OpenFull", DiskCall::open, DiskFault::full},
                      Fault{"ReadIo", DiskCall::read, DiskFault::io_error},
                      Fault{"RenameIo", DiskCall::rename, DiskFault::io_error},
                      Fault{"RemoveIo", DiskCall::remove, DiskFault::io_error},
                      Fault{"SyncDirectoryIo", DiskCall::sync_directory, DiskFault::io_error}),
    [](const auto& chosen) { return std::string(chosen.param.name); });

// The power went while the checkpoint was written anew that a superblock named whose store had failed:
// nothing started any more.
TEST(EngineFaults, ASuperblockThatWasStoredAgainstAllWordKeepsItsCheckpoint) {
  std::uint64_t cuts = 0;
  for (std::uint64_t failing = 1; failing <= 16; ++failing) {
    for (std::uint64_t k = 1; k < 400; ++k) {
      SeededRandom random(k);
      SimulatedFileSystem disk(random);
      OneLog log(disk);
      disk.fail(DiskCall::sync_directory, failing, DiskFault::io_error);
      disk.cut_power_at(k);
      if (log.start()) run_story(log);
      const bool cut = disk.changes() >= k;
      log.crash(random);
      disk.heal();
      const auto again = log.start();
      ASSERT_TRUE(again) << failing << ", cut " << k << ": " << again.error().detail;
      expect_promise(log, std::to_string(failing) + ", cut " + std::to_string(k));
      if (::testing::Test::HasFailure()) return;
      log.kill();
      if (!cut) break;
      ++cuts;
    }
  }
  EXPECT_GT(cuts, 400u);
}

TEST(EngineFaults, AfterAFailedSyncNothingIsAcknowledgedAnyMore) {
  SeededRandom random(3);
  SimulatedFileSystem disk(random);
  disk.set_direct(false);
  OneLog log(disk);
  ASSERT_TRUE(log.start());
  ASSERT_TRUE(log.publish());
  disk.fail(DiskCall::sync, 1, DiskFault::io_error);
  EXPECT_FALSE(log.publish());
  EXPECT_FALSE(log.publish()) << "a later sync that succeeds proves nothing";
  EXPECT_TRUE(log.rig().core().failure());
  EXPECT_EQ(log.read()->size(), 1u) << "durable data can still be read";
}

}  // namespace
}  // namespace twofold::engine
