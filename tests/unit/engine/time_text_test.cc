#include "engine/base/time_text.h"

#include <gtest/gtest.h>

namespace twofold::engine {
namespace {

std::int64_t ms(std::string_view text) { return parse_time(text).value().value(); }

TEST(TimeText, WritesTheYearsPeopleUse) {
  EXPECT_EQ(format_time(WallTime{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(WallTime{1'795'257'000'123}), "2026-11-21T10:30:00.123Z");
  EXPECT_EQ(format_time(WallTime{951'782'400'000}), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(format_time(WallTime{-1}), "1969-12-31T23:59:59.999Z");
}

TEST(TimeText, WritesTheNearestTimeItCanSayForOneItCannot) {
  EXPECT_EQ(format_time(WallTime{std::numeric_limits<std::int64_t>::max()}),
            "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_time(WallTime{std::numeric_limits<std::int64_t>::min()}),
            "0000-01-01T00:00:00.000Z");
}

TEST(TimeText, ReadsWhatRfc3339Allows) {
  EXPECT_EQ(ms("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ms("2026-11-21T10:30:00.123Z"), 1'795'257'000'123);
  EXPECT_EQ(ms("2026-11-21t10:30:00.123z"), 1'795'257'000'123);
  EXPECT_EQ(ms("2026-11-21 10:30:00.1Z"), 1'795'257'000'100);
  EXPECT_EQ(ms("2026-11-21T10:30:00.123999999Z"), 1'795'257'000'123) << "cut, not rounded";
  EXPECT_EQ(ms("2026-11-21T12:30:00+02:00"), 1'795'257'000'000);
  EXPECT_EQ(ms("2026-11-21T05:00:00-05:30"), 1'795'257'000'000);
  EXPECT_EQ(ms("2016-12-31T23:59:60Z"), ms("2017-01-01T00:00:00Z")) << "a leap second";
}

TEST(TimeText, TakesADateAsItsFirstMoment) {
  EXPECT_EQ(ms("2026-11-21"), ms("2026-11-21T00:00:00Z"));
}

TEST(TimeText, ReadsBackEveryTimeItWrote) {
  for (std::int64_t t = -62'167'219'200'000; t < 253'402'300'799'999; t += 1'234'567'890'123) {
    EXPECT_EQ(ms(format_time(WallTime{t})), t);
  }
}

TEST(TimeText, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "now", "2026", "2026-11", "2026-13-01", "2026-02-29", "2026-11-31", "2026-11-21T",
        "2026-11-21T10:30Z", "2026-11-21T10:30:00", "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z",
        "2026-11-21T10:30:61Z", "2026-11-21T10:30:00.Z", "2026-11-21T10:30:00+2:00",
        "2026-11-21T10:30:00+24:00", "2026-11-21T10:30:00Zx", "+2026-11-21",
        "2026-11-21T10:30:00 Z"}) {
    const auto read = parse_time(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::invalid_request);
  }
}

TEST(TimeText, RefusesEveryTimeCutShort) {
  const std::string whole = "2026-11-21T10:30:00.123+01:00";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    if (cut == 10) continue;  // a date alone
    EXPECT_FALSE(parse_time(whole.substr(0, cut))) << whole.substr(0, cut);
  }
}

}  // namespace
}  // namespace twofold::engine
