#include "engine/timers.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace twofold::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kTickMs = 8;
constexpr Instant kStart{1'700'000'000'003};

class Recorder : public TimerTarget {
 public:
  struct Fired {
    std::uint32_t owner;
    std::uint64_t token;
    Instant at;
  };
  void on_timer(std::uint32_t owner, std::uint64_t token, Instant now) override {
    fired.push_back({owner, token, now});
  }
  std::vector<Fired> fired;
};

/// Advances as the core does: when next_due() says so, and to nothing else.
std::size_t run_until(TimerWheel& wheel, Instant end) {
  std::size_t wakes = 0;
  while (const auto due = wheel.next_due()) {
    if (*due > end) break;
    ++wakes;
    while (wheel.advance(*due)) {
    }
  }
  wheel.advance(end);
  return wakes;
}

TEST(TimerWheel, FiresOnceItsTimeHasComeAndNoSooner) {
  TimerWheel wheel(kStart);
  Recorder target;
  wheel.schedule(kStart + 30s, target, 7, 42);
  EXPECT_EQ(wheel.size(), 1u);

  wheel.advance(kStart + 30s - 1ms);
  EXPECT_TRUE(target.fired.empty());
  wheel.advance(kStart + 30s + Duration(kTickMs - 1));
  ASSERT_EQ(target.fired.size(), 1u);
  EXPECT_EQ(target.fired[0].owner, 7u);
  EXPECT_EQ(target.fired[0].token, 42u);
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_FALSE(wheel.next_due());
}

TEST(TimerWheel, IsNeverEarlyAndAtMostOneTickLateAtAnyDistance) {
  // Around every border of a level, from a start that lies on no border.
  for (std::int64_t distance = 1; distance < (std::int64_t{1} << 40); distance *= 2) {
    for (std::int64_t off = -9; off <= 9; ++off) {
      const auto due = kStart + Duration(distance + off);
      if (due < kStart) continue;
      TimerWheel wheel(kStart);
      Recorder target;
      wheel.schedule(due, target, 0, 0);
      run_until(wheel, due - 1ms);
      ASSERT_TRUE(target.fired.empty()) << "early by a wait of " << distance + off << " ms";
      run_until(wheel, due + Duration(kTickMs - 1));
      ASSERT_EQ(target.fired.size(), 1u) << "late by a wait of " << distance + off << " ms";
    }
  }
}

TEST(TimerWheel, WhatIsDueAlreadyFiresWithTheNextAdvance) {
  TimerWheel wheel(kStart);
  Recorder target;
  wheel.advance(kStart + 10s);
  wheel.schedule(kStart, target, 0, 1);
  ASSERT_TRUE(wheel.next_due());
  EXPECT_LE(*wheel.next_due(), kStart + 10s);
  wheel.advance(kStart + 10s);
  EXPECT_EQ(target.fired.size(), 1u);
}

TEST(TimerWheel, TimersOfOneTickFireInTheOrderInWhichTheyWereScheduled) {
  TimerWheel wheel(kStart);
  Recorder target;
  for (std::uint64_t i = 0; i < 100; ++i) wheel.schedule(kStart + 1h, target, 0, i);
  wheel.advance(kStart + 59min);
  for (std::uint64_t i = 100; i < 200; ++i) wheel.schedule(kStart + 1h, target, 0, i);
  wheel.advance(kStart + 61min);
  ASSERT_EQ(target.fired.size(), 200u);
  for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(target.fired[i].token, i);
}

TEST(TimerWheel, AStormFiresInPortions) {
  TimerWheel wheel(kStart);
  Recorder target;
  for (std::uint64_t i = 0; i < 1000; ++i) wheel.schedule(kStart + 1s, target, 0, i);
  const auto now = kStart + 2s;
  EXPECT_TRUE(wheel.advance(now, 400));
  EXPECT_EQ(target.fired.size(), 400u);
  EXPECT_LE(*wheel.next_due(), now) << "the rest is due at once";
  EXPECT_TRUE(wheel.advance(now, 400));
  EXPECT_FALSE(wheel.advance(now, 400));
  EXPECT_EQ(target.fired.size(), 1000u);
}

TEST(TimerWheel, WhoeverIsWokenMayScheduleAgain) {
  class Repeater : public TimerTarget {
   public:
    explicit Repeater(TimerWheel& wheel) : wheel_(wheel) {}
    void on_timer(std::uint32_t, std::uint64_t left, Instant now) override {
      ++calls;
      if (left > 0) wheel_.schedule(now + 100ms, *this, 0, left - 1);
    }
    int calls = 0;

   private:
    TimerWheel& wheel_;
  };
  TimerWheel wheel(kStart);
  Repeater target(wheel);
  wheel.schedule(kStart, target, 0, 9);
  run_until(wheel, kStart + 2s);
  EXPECT_EQ(target.calls, 10);
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheel, AJumpOfTheClockByYearsTouchesOnlyWhatIsScheduled) {
  TimerWheel wheel(kStart);
  Recorder target;
  wheel.schedule(kStart + 10min, target, 0, 1);
  wheel.schedule(kStart + 14 * 24h, target, 0, 2);
  wheel.schedule(kStart + 2 * 365 * 24h, target, 0, 3);
  const auto wakes = run_until(wheel, kStart + 3 * 365 * 24h);
  EXPECT_EQ(target.fired.size(), 3u);
  EXPECT_LE(wakes, 16u) << "a wake-up for each level at most, not one for each tick";
  EXPECT_FALSE(wheel.next_due());
}

TEST(TimerWheel, ARandomDayFiresEverythingOnce) {
  SeededRandom random(20261121);
  TimerWheel wheel(kStart);
  Recorder target;
  std::map<std::uint64_t, Instant> expected;
  std::uint64_t token = 0;
  auto now = kStart;
  while (now < kStart + 24h) {
    for (auto n = random.below(20); n > 0; --n) {
      const auto wait = random.below(4) == 0 ? random.below(100'000'000) : random.below(60'000);
      const auto due = now + Duration(static_cast<std::int64_t>(wait));
      wheel.schedule(due, target, 0, token);
      expected.emplace(token++, due);
    }
    now = now + Duration(static_cast<std::int64_t>(random.below(120'000)));
    while (wheel.advance(now)) {
    }
    for (const auto& fired : target.fired) {
      const auto due = expected.find(fired.token);
      ASSERT_NE(due, expected.end()) << "fired twice";
      ASSERT_LE(due->second, now) << "fired early";
      expected.erase(due);
    }
    target.fired.clear();
    for (const auto& [late, due] : expected) ASSERT_GT(due + Duration(kTickMs), now);
    ASSERT_EQ(wheel.size(), expected.size());
  }
}

}  // namespace
}  // namespace twofold::engine
