// Cleaning a log through the core: what is in segments, what is still in the journal, and what
// happens to the log meanwhile.
#include <gtest/gtest.h>

#include "tests/support/compacted_log.h"

namespace twofold::engine {
namespace {

using test::CompactedLog;
using namespace std::chrono_literals;

class CoreCleanTest : public ::testing::Test {
 protected:
  CoreCleanTest() { EXPECT_TRUE(log.start()); }

  void put(const std::string& keys) {
    for (const char key : keys) ASSERT_TRUE(log.put(std::string(1, key)));
  }
  /// Until all of it but the newest journal file is in segments.
  void drain() {
    for (int i = 0; i < 80; ++i) ASSERT_TRUE(log.put("filler", false, 3'000));
    log.pass(3s);
  }
  Cleaned clean(Duration tombstones = 1h) {
    auto cleaned = log.clean(tombstones);
    EXPECT_TRUE(cleaned) << cleaned.error().detail;
    EXPECT_EQ(log.broken_promise(), "");
    return cleaned ? *cleaned : Cleaned{};
  }
  void restart() {
    log.kill();
    ASSERT_TRUE(log.start());
    EXPECT_EQ(log.broken_promise(), "");
  }

  SeededRandom random{1};
  SimulatedFileSystem disk{random};
  CompactedLog log{disk};
};

TEST_F(CoreCleanTest, OfEachKeyTheNewestStaysAcrossSegmentsAndJournal) {
  put("abcabc");
  drain();
  put("ab");
  const auto cleaned = clean();
  EXPECT_EQ(log.keys(), "c@5 filler@85 a@86 b@87");
  EXPECT_EQ(cleaned.removed, 84u);
  EXPECT_EQ(cleaned.upto, Offset{88});
  EXPECT_EQ(cleaned.passes, 1u);
  restart();
  EXPECT_EQ(log.keys(), "c@5 filler@85 a@86 b@87");
  EXPECT_EQ(log.cleaning().cleaned_upto, Offset{88});
  EXPECT_EQ(log.cleaning().records, 4u);
}

TEST_F(CoreCleanTest, WhatIsStillInTheJournalIsCleanedToo) {
  put("aabab");
  clean();
  EXPECT_EQ(log.keys(), "a@3 b@4");
  EXPECT_EQ(log.rig().core().stats().segments, 1u);
  restart();
  EXPECT_EQ(log.keys(), "a@3 b@4");
  put("a");
  EXPECT_EQ(log.keys(), "a@3 b@4 a@5") << "offsets go on";
  EXPECT_EQ(log.cleaning().oldest_dirty.value() != 0, true);
  clean();
  EXPECT_EQ(log.keys(), "b@4 a@5");
}

TEST_F(CoreCleanTest, WhatWasReadAheadGoesWithWhatIsDropped) {
  put("aab");
  drain();
  auto& core = log.rig().core();
  const auto finds = [&](std::int64_t offset) {
    const auto batches = core.plan_offsets(CompactedLog::kLog, {Offset{offset}}).salvage().batches;
    for (const auto& batch : batches) {
      BatchCursor cursor(batch.bytes, batch.base_seq);
      for (auto r = cursor.next(); r && *r; r = cursor.next())
        if ((*r)->offset == Offset{offset}) return true;
    }
    return false;
  };
  log.rig().turn([&] { core.read_ahead(CompactedLog::kLog, Offset{0}, Offset{0}); });
  ASSERT_TRUE(core.plan_offsets(CompactedLog::kLog, {Offset{0}}).in_memory());
  ASSERT_TRUE(finds(0));
  clean();
  EXPECT_FALSE(finds(0));
  EXPECT_TRUE(finds(2));
  // And what is on its way from the disk when a cleaning begins.
  put("b");
  drain();
  log.rig().turn_only([&] {
    core.read_ahead(CompactedLog::kLog, Offset{0}, Offset{0});
    core.clean(CompactedLog::kLog, CleanOrder{core.status(CompactedLog::kLog).visible_end, 1h},
               [](Result<Cleaned>) {});
  });
  log.rig().idle();
  EXPECT_FALSE(finds(2));
}

TEST_F(CoreCleanTest, TheStartStaysAndReadersAnywhereInAHoleGoOn) {
  put("aaaaaaaab");
  clean();
  auto& core = log.rig().core();
  EXPECT_EQ(core.status(CompactedLog::kLog).start, Offset{0});
  for (std::int64_t from = 0; from < 9; ++from) {
    const auto plan = core.plan_read(CompactedLog::kLog, Offset{from}, 1 << 20);
    const auto batches = plan.fetch();
    ASSERT_TRUE(batches);
    ASSERT_FALSE(batches->empty()) << "from " << from;
  }
  EXPECT_TRUE(core.damaged(CompactedLog::kLog).empty());
}

TEST_F(CoreCleanTest, TombstonesGoInTheirTimeAndTheNewestRecordStaysWhateverItIs) {
  put("ab");
  ASSERT_TRUE(log.put("a", true));
  ASSERT_TRUE(log.put("b", true));
  clean(10s);
  EXPECT_EQ(log.keys(), "-a@2 -b@3");
  ASSERT_TRUE(log.cleaning().tombstones_due);
  log.pass(11s);
  restart();
  EXPECT_TRUE(log.cleaning().tombstones_due) << "known after a restart, too";
  clean(10s);
  EXPECT_EQ(log.keys(), "-b@3");
  EXPECT_FALSE(log.cleaning().tombstones_due) << "its time runs once another record has come";
  put("c");
  clean(10s);
  EXPECT_EQ(log.keys(), "-b@3 c@4");
  log.pass(11s);
  clean(10s);
  EXPECT_EQ(log.keys(), "c@4");
}

TEST_F(CoreCleanTest, ATombstoneThatComesBackIsNoTombstone) {
  put("a");
  ASSERT_TRUE(log.put("a", true));
  clean(1s);
  log.pass(2s);
  put("ax");
  clean(1s);
  EXPECT_EQ(log.keys(), "a@2 x@3");
}

TEST_F(CoreCleanTest, WhatCannotChangeIsNotWrittenAgain) {
  put("abc");
  drain();
  clean();
  clean();  // what became small is put together, once
  const auto written = log.rig().core().stats().cleaned_written_bytes;
  put("d");
  const auto again = clean();
  EXPECT_EQ(again.removed, 0u);
  EXPECT_EQ(log.rig().core().stats().cleaned_written_bytes, written);
}

TEST_F(CoreCleanTest, WithoutRoomForAllKeysThereAreMorePasses) {
  CompactedLog tiny(disk, 8 * 24);  // six keys at most
  log.kill();
  ASSERT_TRUE(tiny.start());
  for (int round = 0; round < 3; ++round) {
    for (int key = 0; key < 40; ++key) ASSERT_TRUE(tiny.put("key" + std::to_string(key)));
  }
  const auto cleaned = tiny.clean();
  ASSERT_TRUE(cleaned);
  EXPECT_GT(cleaned->passes, 10u);
  EXPECT_EQ(tiny.broken_promise(), "");
  EXPECT_EQ(tiny.cleaning().records, 40u);
}

TEST_F(CoreCleanTest, ALogThatGoesMeanwhileEndsIt) {
  put("aab");
  std::optional<Errc> ended;
  auto& core = log.rig().core();
  log.rig().turn_only([&] {
    core.clean(CompactedLog::kLog, CleanOrder{Offset{3}, 1h}, [&](Result<Cleaned> done) {
      if (!done) ended = done.error().code;
    });
    core.clean(CompactedLog::kLog, CleanOrder{Offset{3}, 1h}, [](Result<Cleaned> done) {
      EXPECT_EQ(done.error().code, Errc::overloaded) << "one at a time";
    });
    core.drop_log(CompactedLog::kLog);
  });
  log.rig().idle();
  EXPECT_EQ(ended, Errc::topic_not_found);
}

TEST_F(CoreCleanTest, ATrimMeanwhileHolds) {
  put("aabbccdd");
  auto& core = log.rig().core();
  log.rig().turn_only([&] {
    core.clean(CompactedLog::kLog, CleanOrder{Offset{8}, 1h}, [](Result<Cleaned>) {});
  });
  log.rig().turn([&] { core.trim(CompactedLog::kLog, Offset{4}, true); });
  EXPECT_EQ(log.keys(), "c@5 d@7");
  log.kill();
  ASSERT_TRUE(log.start());
  EXPECT_EQ(log.keys(), "c@5 d@7");
}

TEST_F(CoreCleanTest, RetentionByCountKnowsOfHoles) {
  put("aaaabbbbcd");
  clean();
  ASSERT_EQ(log.keys(), "a@3 b@7 c@8 d@9");
  put("ef");
  auto& core = log.rig().core();
  const auto start_for = [&](std::uint64_t count) {
    return core.start_for_count(CompactedLog::kLog, count).value();
  };
  EXPECT_EQ(start_for(1), 11);
  EXPECT_EQ(start_for(2), 10);
  EXPECT_EQ(start_for(3), 3) << "a range with holes stays whole";
  EXPECT_EQ(start_for(100), 0);
}

}  // namespace
}  // namespace twofold::engine
