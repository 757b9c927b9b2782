// The calendar is set while a broker runs, while it is down, and while nobody writes: what was
// stored is as old as it is, and no deadline moves.

#include <string>

#include <gtest/gtest.h>

#include "tests/support/engine_rig.h"

namespace twofold::engine {
namespace {

using namespace std::chrono_literals;
using test::EngineRig;

constexpr LogId kLog{1};
constexpr Duration kDays = 8 * 24h;

class CalendarTest : public ::testing::Test {
 protected:
  CalendarTest() { start(WallTime{1'700'000'000'000}); }
  ~CalendarTest() override { rig->kill(); }

  /// A process begins: its clock knows the calendar and nothing else.
  void start(WallTime calendar) {
    rig.emplace(files);
    rig->clock = ManualClock(calendar.value());
    const auto report = rig->start([](Core& core) {
      core.catalog().watch("log/", [&core](std::string_view, const Document*) {
        core.open_log(kLog, LogOptions{});
      });
    });
    ASSERT_TRUE(report) << report.error().detail;
    if (rig->core().catalog().get("log/1") != nullptr) return;
    rig->turn([&] { ASSERT_TRUE(rig->core().catalog().put_if("log/1", "", 0)); });
  }
  void kill_and_start(Duration down = Duration{0}) {
    const WallTime calendar = rig->clock.wall();
    rig->kill();
    start(calendar + down);
  }
  void publish() {
    rig->turn([&] {
      rig->core().append(kLog, NewRecord{std::nullopt, "v", {}, rig->clock.wall()});
      rig->core().on_commit(Durability::disk, [](Result<Durability> done) { EXPECT_TRUE(done); });
    });
  }
  Offset first_of_the_last(Duration age) {
    return rig->core().first_appended_since(kLog, rig->clock.wall() - age);
  }
  Instant now() const { return rig->clock.now(); }

  MemoryFileSystem files;
  std::optional<EngineRig> rig;
};

TEST_F(CalendarTest, AStepForwardAndARestartMakeNoFreshRecordOld) {
  publish();
  rig->clock.step_wall(kDays);
  publish();
  EXPECT_EQ(first_of_the_last(7 * 24h), Offset{1});
  const auto appended = rig->core().status(kLog).oldest_append;
  kill_and_start(5s);
  EXPECT_EQ(first_of_the_last(7 * 24h), Offset{1}) << "a week of retention took a fresh record";
  EXPECT_EQ(rig->core().status(kLog).oldest_append, appended);
}

TEST_F(CalendarTest, AStepForwardAndARestartMakeNoDeadlineDue) {
  rig->clock.step_wall(kDays);
  publish();
  const Instant before = now();
  kill_and_start(5s);
  EXPECT_EQ(now(), before + 5s) << "keys and timeouts of eight days were over at once";
}

TEST_F(CalendarTest, AStepWhileNobodyWritesIsKnownAtTheNextStart) {
  for (const Duration step : {kDays, Duration{-6h}}) {
    rig->clock.step_wall(step);
    rig->pass(3s);
    const Instant before = now();
    kill_and_start(5s);
    EXPECT_EQ(now(), before + 5s);
  }
}

TEST_F(CalendarTest, WhatPassesWhileTheBrokerIsDownCounts) {
  publish();
  const Instant before = now();
  kill_and_start(72h);
  EXPECT_EQ(now(), before + 72h);
}

TEST_F(CalendarTest, ACalendarSetBackBetweenRunsTurnsNoTimeBack) {
  rig->pass(3h);
  publish();
  const Instant before = now();
  kill_and_start(-2h);
  EXPECT_EQ(now(), before);
  EXPECT_EQ(rig->clock.wall(), WallTime{1'700'000'000'000} + 1h);
}

TEST_F(CalendarTest, AppendTimesNeverStepBack) {
  publish();
  const auto first = rig->core().status(kLog).oldest_append;
  rig->clock.step_wall(-6h);
  publish();
  for (const char* when : {"live", "replayed"}) {
    EXPECT_EQ(rig->core().first_appended_since(kLog, first), Offset{0}) << when;
    EXPECT_EQ(rig->core().first_appended_since(kLog, first + 1ms), Offset{2}) << when;
    kill_and_start();
  }
}

TEST_F(CalendarTest, ACheckpointKnowsTheTime) {
  rig->clock.step_wall(kDays);
  publish();
  rig->stop();
  const Instant before = now();
  kill_and_start(5s);
  EXPECT_EQ(rig->core().stats().replayed_blocks, 0u);
  EXPECT_EQ(now(), before + 5s);
  EXPECT_EQ(first_of_the_last(1min), Offset{0});
}

TEST_F(CalendarTest, ABrokerFarBehindTheCalendarWakesInTime) {
  rig->clock.step_wall(kDays);
  publish();
  kill_and_start();
  struct Woken final : TimerTarget {
    void on_timer(std::uint32_t, std::uint64_t, Instant at) override { when = at; }
    std::optional<Instant> when;
  } woken;
  const Instant due = now() + 30s;
  rig->turn([&] { rig->core().timers().schedule(due, woken, 0, 0); });
  rig->pass(29s);
  EXPECT_FALSE(woken.when);
  rig->pass(2s);
  ASSERT_TRUE(woken.when);
  EXPECT_LT(*woken.when - due, 10ms);
}

}  // namespace
}  // namespace twofold::engine
