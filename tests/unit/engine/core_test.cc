#include <string>

#include <gtest/gtest.h>

#include "engine/record_batch.h"
#include "tests/support/engine_rig.h"

namespace twofold::engine {
namespace {

using test::EngineRig;

constexpr LogId kLog{1};

/// One log that the catalog opens, as a room would.
void open_one_log(Core& core) {
  core.catalog().watch(
      "log/", [&core](std::string_view, const Document*) { core.open_log(kLog, LogOptions{}); });
}

struct Published {
  int done = 0;
  std::optional<Errc> failed;
};

class CoreTest : public ::testing::Test {
 protected:
  void start() {
    rig.emplace(files);
    auto report = rig->start(open_one_log);
    ASSERT_TRUE(report) << report.error().detail;
    if (rig->core().catalog().get("log/1") != nullptr) return;
    rig->turn([&] { ASSERT_TRUE(rig->core().catalog().put_if("log/1", "", 0)); });
  }
  void restart() {
    rig->kill();
    start();
  }

  Offset append(const std::string& value, Durability durability = Durability::disk) {
    Offset offset{-1};
    offset = rig->core().append(kLog, NewRecord{std::nullopt, value, {}, rig->clock.wall()});
    rig->core().on_commit(durability, [this](Result<Durability> done) {
      if (done) {
        ++published.done;
      } else {
        published.failed = done.error().code;
      }
    });
    return offset;
  }
  void publish(int n, std::size_t bytes = 100) {
    for (int i = 0; i < n; ++i) {
      rig->turn([&] { append(std::to_string(next++) + std::string(bytes, 'x')); });
    }
  }

  std::vector<std::string> read_all(Offset from = Offset{0}) {
    std::vector<std::string> out;
    auto& core = rig->core();
    for (;;) {
      const auto plan = core.plan_read(kLog, from, 64 << 10);
      if (plan.empty()) return out;
      const auto batches = plan.fetch();
      EXPECT_TRUE(batches) << batches.error().detail;
      if (!batches) return out;
      for (const auto& batch : *batches) {
        BatchCursor cursor(batch.bytes, batch.base_seq);
        for (auto r = cursor.next(); r && *r; r = cursor.next()) {
          if ((*r)->offset < from) continue;
          EXPECT_EQ((*r)->offset, from);
          out.emplace_back(*(*r)->value);
          from = advance(from, 1);
        }
      }
    }
  }
  void expect_numbers(const std::vector<std::string>& values, int upto) {
    ASSERT_EQ(static_cast<int>(values.size()), upto);
    for (int i = 0; i < upto; ++i) {
      ASSERT_EQ(values[static_cast<std::size_t>(i)].substr(0, std::to_string(i).size()),
                std::to_string(i));
    }
  }

  MemoryFileSystem files;
  std::optional<EngineRig> rig;
  Published published;
  int next = 0;
};

/// Only every n-th record lives: a queue whose other messages were acked.
class EveryNth final : public Liveness {
 public:
  explicit EveryNth(std::int64_t n) : n_(n) {}
  bool is_live(LogId, Offset offset) const override { return offset.value() % n_ == 0; }

 private:
  std::int64_t n_;
};

TEST_F(CoreTest, ARecordIsVisibleOnlyOnceItsBlockIsOnTheDevice) {
  start();
  rig->turn_only([&] { append("a"); });
  rig->core_thread.step();  // seals
  EXPECT_EQ(rig->core().status(kLog).visible_end, Offset{0});
  EXPECT_EQ(published.done, 0);
  rig->idle();
  EXPECT_EQ(rig->core().status(kLog).visible_end, Offset{1});
  EXPECT_EQ(published.done, 1);
}

TEST_F(CoreTest, SmallAppendsOfOneTurnShareOneBatchAndOneBlock) {
  start();
  const auto before = rig->core().stats();
  rig->turn([&] {
    for (int i = 0; i < 50; ++i) append("v");
  });
  const auto after = rig->core().stats();
  EXPECT_EQ(after.blocks - before.blocks, 1u);
  EXPECT_EQ(after.extents - before.extents, 1u);
  EXPECT_EQ(rig->core().seq_of(kLog, Offset{49}).value(),
            rig->core().seq_of(kLog, Offset{0}).value() + 49);
}

TEST_F(CoreTest, OneOfManyRecordsOfATurnIsReadWithFewOthers) {
  start();
  rig->turn([&] {
    for (int i = 0; i < 5000; ++i) append(std::to_string(next++) + std::string(250, 'x'));
    append(std::string(200'000, 'l'));
    append("last");
  });
  for (const std::int64_t wanted : {0, 2500, 4999, 5000, 5001}) {
    const auto plan = rig->core().plan_offsets(kLog, {Offset{wanted}});
    const auto batches = plan.fetch();
    ASSERT_TRUE(batches);
    ASSERT_EQ(batches->size(), 1u);
    const auto header = batch_header(batches->front().bytes);
    EXPECT_LE(Offset{header.base_offset}, Offset{wanted});
    EXPECT_GE(header.last_offset(), Offset{wanted});
    EXPECT_LE(header.record_count, 100) << "so many are walked for record " << wanted;
  }
  EXPECT_EQ(read_all().size(), 5002u);
}

TEST_F(CoreTest, WhoeverWroteLearnsItsPlaceEvenWhenTheLogIsGoneByThen) {
  start();
  publish(1);
  const auto before = rig->core().seq_of(kLog, Offset{0});
  std::vector<Seq> places;
  const auto ask = [&](LogId log, Offset offset) {
    rig->core().on_commit(Durability::disk, [&places, this, log, offset](Result<Durability> done) {
      ASSERT_TRUE(done);
      places.push_back(rig->core().seq_of(log, offset));
    });
  };
  rig->turn([&] {
    ask(kLog, append("trimmed at once"));
    ask(kLog, append("kept"));
    rig->core().trim(kLog, Offset{2}, true);
  });
  rig->turn([&] {
    ask(kLog, append("dropped"));
    rig->core().drop_log(kLog);
  });
  EXPECT_EQ(places, (std::vector<Seq>{Seq{before.value() + 1}, Seq{before.value() + 2},
                                      Seq{before.value() + 3}}));
  EXPECT_EQ(rig->core().seq_of(kLog, Offset{3}), Seq{0});
  rig->kill();
}

// Every writer waited for ever: the next file is made once a file is half full, and this one never was.
TEST_F(CoreTest, ABlockThatDoesNotFitBehindASmallOneWedgesNobody) {
  start();
  publish(1, 100'000);
  rig->turn([&] {
    for (int i = 0; i < 10; ++i) append(std::to_string(next++) + std::string(100'000, 'x'));
  });
  EXPECT_EQ(published.done, 11);
  publish(1);
  restart();
  expect_numbers(read_all(), 12);
}

TEST_F(CoreTest, ColdDataIsVerifiedInTheBackgroundOnceAWeek) {
  auto options = EngineRig::small();
  options.core.scrub_bytes = 256 << 10;
  rig.emplace(files, options);
  ASSERT_TRUE(rig->start(open_one_log));
  rig->turn([&] { ASSERT_TRUE(rig->core().catalog().put_if("log/1", "", 0)); });
  publish(600, 10'000);
  rig->pass(std::chrono::seconds{3});
  ASSERT_GT(rig->core().stats().segments, 4u);
  EXPECT_EQ(rig->core().stats().scrubbed_bytes, 0u);
  rig->pass(std::chrono::minutes{12});
  const auto once = rig->core().stats();
  EXPECT_EQ(once.scrubs, 1u);
  EXPECT_GT(once.scrubbed_bytes, 3'000'000u);
  EXPECT_EQ(once.scrub_damage, 0u);
  rig->pass(std::chrono::hours{1});
  EXPECT_EQ(rig->core().stats().scrubbed_bytes, once.scrubbed_bytes);
  rig->kill();
}

TEST_F(CoreTest, ASegmentOfFewMessagesFarApartIsNotRewrittenAgainAndAgain) {
  start();
  publish(600, 10'000);
  rig->pass(std::chrono::seconds{3});
  const EveryNth one_in_ten(10);
  rig->turn([&] { rig->core().open_log(kLog, LogOptions{Durability::disk, &one_in_ten}); });
  for (int i = 0; i < 40; ++i) rig->pass(std::chrono::seconds{11});
  const auto rewritten = rig->core().stats().rewritten_bytes;
  EXPECT_GT(rewritten, 0u);
  for (int i = 0; i < 40; ++i) rig->pass(std::chrono::seconds{11});
  EXPECT_EQ(rig->core().stats().rewritten_bytes, rewritten);
  rig->kill();
}

TEST_F(CoreTest, WhileItStopsItTakesWhatConsumersFinishAndNothingNew) {
  start();
  publish(1);
  bool stopped = false;
  rig->turn_only([&] {
    rig->core().stop([&] { stopped = true; });
    EXPECT_EQ(rig->core().admit(Admission::publish, 1).error().code, Errc::shutting_down);
    EXPECT_TRUE(rig->core().admit(Admission::consume, 1));
    rig->core().trim(kLog, Offset{1}, true);
  });
  rig->idle();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(rig->core().admit(Admission::consume, 1).error().code, Errc::shutting_down);
  restart();
  EXPECT_EQ(rig->core().status(kLog).start, Offset{1});
}

TEST_F(CoreTest, WhatWasAcknowledgedIsThereAfterAKill) {
  start();
  publish(20);
  restart();
  expect_numbers(read_all(), 20);
}

TEST_F(CoreTest, WhatWasGatheredButNotWrittenWasNeverAcknowledged) {
  start();
  publish(3);
  rig->turn_only([&] { append("never written"); });
  rig->core_thread.step();
  restart();
  expect_numbers(read_all(), 3);
  EXPECT_EQ(published.done, 3);
}

TEST_F(CoreTest, ABacklogMovesThroughJournalFilesAndSegmentsAndStaysWhole) {
  start();
  publish(600, 10'000);  // 6 MB through files of 1 MiB: drains and checkpoints on the way
  rig->pass(std::chrono::seconds{3});
  EXPECT_GT(rig->core().stats().segments, 0u);
  EXPECT_GT(rig->core().stats().checkpoints, 0u);
  expect_numbers(read_all(), 600);
  restart();
  expect_numbers(read_all(), 600);
  publish(5);
  expect_numbers(read_all(), 605);
}

TEST_F(CoreTest, RestartReplaysOnlyWhatFollowsTheNewestCheckpoint) {
  start();
  publish(500, 10'000);
  const auto blocks = rig->core().stats().blocks;
  rig->kill();
  rig.emplace(files);
  const auto report = rig->start(open_one_log);
  ASSERT_TRUE(report);
  EXPECT_LT(report->blocks, blocks / 2);
  EXPECT_FALSE(report->was_clean);
  expect_numbers(read_all(), 500);
}

TEST_F(CoreTest, ACleanStopLeavesNothingToReplay) {
  start();
  publish(10);
  rig->stop();
  rig.emplace(files);
  const auto report = rig->start(open_one_log);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->was_clean);
  EXPECT_EQ(report->blocks, 0u);
  expect_numbers(read_all(), 10);
}

TEST_F(CoreTest, AStopThatHasNoTimeForACheckpointIsCleanAndLosesNothing) {
  auto hurried = EngineRig::small();
  hurried.core.last_checkpoint_max = Duration{-1};
  rig.emplace(files, hurried);
  ASSERT_TRUE(rig->start(open_one_log));
  rig->turn([&] { ASSERT_TRUE(rig->core().catalog().put_if("log/1", "", 0)); });
  publish(10);
  const auto checkpoints = rig->core().stats().checkpoints;
  rig->turn([&] { rig->engine().stop([&] { EXPECT_EQ(rig->core().stats().checkpoints, checkpoints); }); });
  rig->kill();
  rig.emplace(files);
  const auto report = rig->start(open_one_log);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->was_clean);
  EXPECT_GT(report->blocks, 0u) << "they are replayed instead";
  expect_numbers(read_all(), 10);
}

TEST_F(CoreTest, TrimmedRecordsStayGoneAndTheirFilesAreGivenBack) {
  start();
  publish(600, 10'000);
  rig->pass(std::chrono::seconds{3});
  rig->turn([&] { rig->core().trim(kLog, Offset{590}, true); });
  publish(400, 10'000);
  rig->pass(std::chrono::seconds{3});
  EXPECT_EQ(rig->core().status(kLog).start, Offset{590});
  restart();
  EXPECT_EQ(rig->core().status(kLog).start, Offset{590});
  EXPECT_EQ(read_all(Offset{590}).size(), 410u);
  EXPECT_LT(rig->core().status(kLog).bytes, 5'000'000u);
}

TEST_F(CoreTest, ReadingByTimeStartsAtTheFirstBatchThatIsNewEnough) {
  start();
  for (int i = 0; i < 300; ++i) {
    publish(1, 10'000);
    rig->pass(std::chrono::milliseconds{100});
  }
  const auto base = rig->clock.wall() - std::chrono::milliseconds{100 * 300};
  for (const int wanted : {0, 10, 150, 299}) {
    const auto plan = rig->core().plan_time(kLog, base + Duration{100 * wanted});
    const auto batches = plan.fetch();
    ASSERT_TRUE(batches) << batches.error().detail;
    ASSERT_FALSE(batches->empty());
    const auto header = batch_header(batches->front().bytes);
    EXPECT_LE(header.base_offset, wanted);
    EXPECT_GE(header.last_offset().value(), wanted);
  }
  EXPECT_TRUE(rig->core().plan_time(kLog, rig->clock.wall() + std::chrono::hours{1}).empty());
}

TEST_F(CoreTest, AMessageNobodyAcksMovesOnAndDoesNotPinItsSegment) {
  start();
  publish(600, 10'000);  // drained while everything lives
  rig->pass(std::chrono::seconds{3});
  const auto segments = rig->core().stats().segments;
  ASSERT_GT(segments, 4u);
  const EveryNth one_in_hundred(100);
  rig->turn([&] { rig->core().open_log(kLog, LogOptions{Durability::disk, &one_in_hundred}); });
  for (int i = 0; i < 40; ++i) {
    rig->pass(std::chrono::seconds{11});
    publish(1);
  }
  EXPECT_LT(rig->core().stats().segments, segments);
  EXPECT_GT(rig->core().stats().rewritten_bytes, 0u);
  const auto kept = rig->core().plan_offsets(kLog, {Offset{100}, Offset{200}});
  const auto batches = kept.fetch();
  ASSERT_TRUE(batches) << batches.error().detail;
  EXPECT_GE(batches->size(), 1u);
  rig->kill();  // the next start knows the log without the double
}

TEST_F(CoreTest, AllSegmentsInWhichNothingLivesGoTogetherBehindAMessageNobodyAcks) {
  start();
  publish(600, 10'000);  // drained while everything lives
  rig->pass(std::chrono::seconds{3});
  const auto segments = rig->core().stats().segments;
  ASSERT_GT(segments, 4u);
  const EveryNth the_first_only(1'000'000);
  rig->turn([&] { rig->core().open_log(kLog, LogOptions{Durability::disk, &the_first_only}); });
  rig->pass(std::chrono::seconds{11});
  EXPECT_LE(rig->core().stats().segments * 4, segments);
  const auto kept = rig->core().plan_offsets(kLog, {Offset{0}});
  const auto batches = kept.fetch();
  ASSERT_TRUE(batches) << batches.error().detail;
  EXPECT_EQ(batches->size(), 1u);
  rig->kill();  // the next start knows the log without the double
}

}  // namespace
}  // namespace twofold::engine
