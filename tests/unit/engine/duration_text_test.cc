#include "engine/base/duration_text.h"

#include <gtest/gtest.h>

namespace twofold::engine {
namespace {

using namespace std::chrono_literals;

Duration read(std::string_view text) { return parse_duration(text).value(); }

TEST(DurationText, ReadsEveryUnit) {
  EXPECT_EQ(read("250ms"), 250ms);
  EXPECT_EQ(read("30s"), 30s);
  EXPECT_EQ(read("5m"), 5min);
  EXPECT_EQ(read("12h"), 12h);
  EXPECT_EQ(read("7d"), 168h);
}

TEST(DurationText, TakesABareNumberAsSeconds) {
  EXPECT_EQ(read("20"), 20s);
  EXPECT_EQ(read("0"), 0s);
  EXPECT_EQ(read("0.25"), 250ms);
}

TEST(DurationText, ReadsDecimalsThatComeToWholeMilliseconds) {
  EXPECT_EQ(read("1.5h"), 90min);
  EXPECT_EQ(read("0.001s"), 1ms);
  EXPECT_EQ(read("1.000000d"), 24h);
  EXPECT_FALSE(parse_duration("0.0005s"));
  EXPECT_FALSE(parse_duration("1.5ms"));
}

TEST(DurationText, WritesTheLargestUnitThatDivides) {
  EXPECT_EQ(format_duration(0ms), "0s");
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(5min), "5m");
  EXPECT_EQ(format_duration(168h), "7d");
}

TEST(DurationText, ReadsBackWhatItWrote) {
  for (std::int64_t ms = 0; ms < kDurationMax.count(); ms = ms * 3 + 1) {
    EXPECT_EQ(read(format_duration(Duration{ms})), Duration{ms});
  }
}

TEST(DurationText, EndsAtAHundredYears) {
  EXPECT_EQ(read("36525d"), kDurationMax);
  EXPECT_EQ(read("3155760000000ms"), kDurationMax);
  EXPECT_FALSE(parse_duration("36525.5d"));
  EXPECT_FALSE(parse_duration("36526d"));
  EXPECT_FALSE(parse_duration("3155760000001ms"));
  EXPECT_FALSE(parse_duration("99999999999999999999999d"));
  EXPECT_FALSE(parse_duration("0.000000000000000000001d"));
}

TEST(DurationText, RefusesWhatIsNotADuration) {
  for (const char* text : {"", "s", "-5s", "+5s", "5 s", " 5s", "5s ", "5S", "5w", "5m30s", ".5s",
                           "5.", "5.s", "1.2.3s", "1e3s", "five"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().code, Errc::invalid_request);
  }
}

}  // namespace
}  // namespace twofold::engine
