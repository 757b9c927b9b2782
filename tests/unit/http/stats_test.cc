#include "http/stats/recorder.h"

#include <numeric>

#include <gtest/gtest.h>

namespace twofold::http::stats {
namespace {

using engine::Instant;
using engine::WallTime;
using namespace std::chrono_literals;

class StatsRecorder : public testing::Test {
 protected:
  void tick(std::int64_t milliseconds, std::uint64_t records) {
    now_ += milliseconds;
    totals_.records_in += records;
    recorder_.sample(Instant{now_}, WallTime{now_}, totals_);
  }
  std::vector<std::uint64_t> records(engine::Duration window) {
    std::vector<std::uint64_t> values;
    for (const Step& step : recorder_.chart(window).steps) values.push_back(step[0]);
    return values;
  }
  using List = std::vector<std::uint64_t>;

  Recorder recorder_;
  std::int64_t now_ = 1'000'000;
  Totals totals_;
};

TEST_F(StatsRecorder, OneStepASecondOldestFirst) {
  tick(0, 500);
  EXPECT_EQ(records(10min), List{}) << "what was before is nobody's second";
  tick(1'000, 3);
  tick(1'010, 0);
  tick(990, 7);
  EXPECT_EQ(records(10min), (List{3, 0, 7}));
  EXPECT_EQ(records(2s), (List{0, 7}));
  EXPECT_EQ(recorder_.chart(2s).step, 1s);
  EXPECT_EQ(recorder_.chart(2s).end, WallTime{now_});
}

TEST_F(StatsRecorder, ALateTickStandsForAllTheSecondsSince) {
  tick(0, 0);
  tick(3'000, 10);
  EXPECT_EQ(records(10min), (List{3, 3, 4}));
}

TEST_F(StatsRecorder, KeepsTenMinutesBySecondsAndADayByMinutes) {
  tick(0, 0);
  for (int second = 0; second < 26 * 3600; ++second) tick(1'000, 2);
  EXPECT_EQ(records(10min), List(600, 2));
  EXPECT_EQ(records(24h), List(1440, 120));
  EXPECT_EQ(records(11min), List(11, 120)) << "by the minute beyond ten";
  EXPECT_EQ(recorder_.chart(24h).step, 1min);
}

TEST_F(StatsRecorder, APauseOfHoursIsInTheDay) {
  tick(0, 0);
  tick(7'201'000, 14'402);
  EXPECT_EQ(records(24h), List(120, 120));
  EXPECT_EQ(recorder_.chart(24h).end, WallTime{now_ - 1'000});
}

TEST_F(StatsRecorder, TicksThatAreLateAgainAndAgainLoseNoTime) {
  tick(0, 0);
  for (int i = 0; i < 100; ++i) tick(1'400, 1);
  EXPECT_EQ(records(10min).size(), 140u);
}

}  // namespace
}  // namespace twofold::http::stats
