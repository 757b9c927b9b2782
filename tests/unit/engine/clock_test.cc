#include "engine/base/clock.h"

#include <chrono>

#include <gtest/gtest.h>

namespace twofold::engine {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, BeginsNearTheCalendarAndNeverStepsBack) {
  const SystemClock clock;
  EXPECT_LT(std::chrono::abs(Duration(clock.now().value() - clock.wall().value())), 10s);
  auto last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const auto now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, GoesOnFromWhereTheJournalEndedAndCountsTheTimeBetween) {
  for (const auto ahead : {-100h, 0h, 100h}) {
    SystemClock clock;
    const Instant last = clock.now() + ahead;
    clock.resume_from({last, clock.wall() - 5s});
    EXPECT_GE(clock.now(), last + 5s) << ahead.count();
    EXPECT_LT(clock.now(), last + 1min) << ahead.count();
  }
}

TEST(SystemClock, ACalendarThatWasSetBackTurnsNoTimeBack) {
  SystemClock clock;
  const Instant last = clock.now();
  clock.resume_from({last, clock.wall() + 24h});
  EXPECT_GE(clock.now(), last);
  EXPECT_LT(clock.now(), last + 1min);
}

TEST(SystemClock, ResumingLeavesTheCalendarAlone) {
  SystemClock clock;
  clock.resume_from({clock.now() + 24h, clock.wall()});
  EXPECT_LT(std::chrono::abs(clock.wall() - SystemClock().wall()), 10s);
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(5000);
  EXPECT_EQ(clock.now(), Instant{5000});
  clock.advance(30s);
  EXPECT_EQ(clock.now() - Instant{5000}, 30s);
  EXPECT_EQ(clock.wall(), WallTime{35000});
  clock.step_wall(-1h);
  EXPECT_EQ(clock.now(), Instant{35000}) << "a step of the calendar frees no message";
  EXPECT_EQ(clock.wall(), WallTime{35000} - 1h);

  const WallTime calendar = clock.wall();
  clock.resume_from({Instant{99'000}, calendar - 2s});
  EXPECT_EQ(clock.now(), Instant{101'000});
  EXPECT_EQ(clock.wall(), calendar);
}

}  // namespace
}  // namespace twofold::engine
