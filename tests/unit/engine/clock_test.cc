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

TEST(SystemClock, GoesOnFromWhereTheJournalEnded) {
  SystemClock clock;
  const auto ahead = clock.now() + 24h;
  clock.resume_from(ahead);
  EXPECT_GE(clock.now(), ahead);
  EXPECT_LT(clock.now(), ahead + 1min);

  clock.resume_from(Instant{0});
  EXPECT_GE(clock.now(), ahead) << "an old journal moves nothing back";
}

TEST(SystemClock, ResumingLeavesTheCalendarAlone) {
  SystemClock clock;
  clock.resume_from(clock.now() + 24h);
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
  clock.resume_from(Instant{1});
  EXPECT_EQ(clock.now(), Instant{35000});
  clock.resume_from(Instant{99000});
  EXPECT_EQ(clock.now(), Instant{99000});
}

}  // namespace
}  // namespace twofold::engine
