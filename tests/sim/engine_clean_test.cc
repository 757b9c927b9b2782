// The power goes, and calls fail, while a log is cleaned.
#include <gtest/gtest.h>

#include "tests/support/compacted_log.h"

namespace twofold::engine {
namespace {

using test::CompactedLog;
using namespace std::chrono_literals;

constexpr std::size_t kFewKeys = 24 * 16;  // a dozen: the story has more

/// Puts, deletes and cleans often enough that every kind of step happens several times: of
/// segments, of the journal's part, with more than one pass, with tombstones that go. Stops at a
/// refusal.
void run_story(CompactedLog& log) {
  for (int i = 0; i < 90; ++i) {
    const bool tombstone = i % 7 == 3;
    if (!log.put("key" + std::to_string(i * 5 % 17), tombstone, i % 3 == 0 ? 2'000 : 100)) return;
    if (i % 15 == 14 && !log.clean(i % 2 == 0 ? Duration{0} : Duration{1'000})) return;
    if (i % 20 == 19) log.pass(2s);
  }
}

TEST(EngineCleaning, ThePowerMayGoDuringAnyChangeAndEachKeysNewestRecordIsThere) {
  std::uint64_t cuts = 0;
  for (std::uint64_t k = 1;; ++k) {
    SeededRandom random(k);
    SimulatedFileSystem disk(random);
    CompactedLog log(disk, kFewKeys, k % 2 == 0);
    disk.cut_power_at(k);
    const bool started = log.start().has_value();
    if (started) run_story(log);
    const bool cut = disk.changes() >= k;
    log.crash(random);
    disk.heal();
    // And once more while it recovers, or just afterwards.
    disk.cut_power_at(disk.changes() + 1 + random.below(24));
    if (log.start()) log.pass(2s);
    log.crash(random);
    disk.heal();
    const auto again = log.start();
    ASSERT_TRUE(again) << "cut " << k << ": " << again.error().detail;
    ASSERT_TRUE(again->damaged.empty()) << "cut " << k << ": a torn write was taken for damage";
    ASSERT_EQ(log.broken_promise(), "") << "cut " << k;
    ASSERT_TRUE(log.rig().core().damaged(CompactedLog::kLog).empty()) << "cut " << k;
    ASSERT_TRUE(log.put("key1")) << "cut " << k << ": and it goes on";
    ASSERT_TRUE(log.clean()) << "cut " << k;
    ASSERT_EQ(log.broken_promise(), "") << "cut " << k << ", cleaned again";
    log.kill();
    if (!cut) break;
    ++cuts;
  }
  EXPECT_GT(cuts, 200u) << "the story is too short to prove anything";
}

struct Fault {
  const char* name;
  DiskCall call;
  DiskFault fault;
};

class EngineCleaningFault : public ::testing::TestWithParam<Fault> {};

TEST_P(EngineCleaningFault, TheKthCallMayFailAndEachKeysNewestRecordIsThere) {
  const auto& fault = GetParam();
  std::uint64_t failures = 0;
  for (std::uint64_t k = 1; k < 400; ++k) {
    SeededRandom random(k);
    SimulatedFileSystem disk(random);
    CompactedLog log(disk, kFewKeys, k % 2 == 0);
    disk.fail(fault.call, k, fault.fault);
    if (log.start()) run_story(log);
    const bool happened = disk.calls(fault.call) >= k;
    log.crash(random);
    disk.heal();
    const auto again = log.start();
    ASSERT_TRUE(again) << fault.name << " call " << k << ": " << again.error().detail;
    ASSERT_EQ(log.broken_promise(), "") << fault.name << " call " << k;
    log.kill();
    if (!happened) break;
    ++failures;
  }
  EXPECT_GT(failures, 1u) << "the fault never happened";
}

INSTANTIATE_TEST_SUITE_P(EveryCall, EngineCleaningFault,
                         ::testing::Values(Fault{"WriteIo", DiskCall::write, DiskFault::io_error},
                                           Fault{"WriteFull", DiskCall::write, DiskFault::full},
                                           Fault{"SyncIo", DiskCall::sync, DiskFault::io_error},
                                           Fault{"OpenIo", DiskCall::open, DiskFault::io_error},
                                           Fault{"ReadIo", DiskCall::read, DiskFault::io_error},
                                           Fault{"RenameIo", DiskCall::rename,
                                                 DiskFault::io_error}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace twofold::engine
