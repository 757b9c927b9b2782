#include "src/cli/position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twofold::cli {
namespace {

using namespace std::chrono_literals;
using Kind = Position::Kind;

TEST(Positions, HaveTheSameFormsEverywhere) {
  EXPECT_EQ(parse_position("start")->kind, Kind::start);
  EXPECT_EQ(parse_position("end")->kind, Kind::end);
  EXPECT_EQ(parse_position("earliest")->kind, Kind::start);
  EXPECT_EQ(parse_position("latest")->kind, Kind::end);

  const auto offset = parse_position("47");
  EXPECT_EQ(offset->kind, Kind::offset);
  EXPECT_EQ(offset->number, 47);
  EXPECT_EQ(parse_position("+2")->kind, Kind::after_start);
  EXPECT_EQ(parse_position("-3")->kind, Kind::before_end);
  EXPECT_EQ(parse_position("-3")->number, 3);
  EXPECT_EQ(parse_position("@-2h")->kind, Kind::ago);
  EXPECT_EQ(parse_position("@-2h")->time, 2h);
  EXPECT_EQ(parse_position("@1700000000000")->time, 1700000000000ms);
  EXPECT_EQ(parse_position("@2026-11-20T10:00Z")->kind, Kind::time);
}

TEST(Positions, MayNameAPartition) {
  const auto position = parse_position("1:47");
  EXPECT_EQ(position->partition, 1);
  EXPECT_EQ(position->number, 47);
  EXPECT_EQ(parse_position("2:end")->partition, 2);
  EXPECT_EQ(parse_position("3:@2026-11-20T10:00:05Z")->partition, 3);
  EXPECT_EQ(parse_position("@2026-11-20T10:00Z")->partition, std::nullopt)
      << "times have colons too";
}

TEST(Positions, NonsenseIsRefusedWithTheForms) {
  for (const char* text :
       {"", "first", "4x", "@", "@yesterday", "1:", ":4", "--3", "+", "99999999999999999999"}) {
    const auto refused = parse_position(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_FALSE(refused.error().why.empty());
  }
  EXPECT_THAT(parse_position("-2h").error().why, testing::HasSubstr("@-2h"))
      << "a time without the at sign says what was meant";
}

TEST(Positions, AreWhatTheApiUnderstands) {
  EXPECT_EQ(api_position(*parse_position("start"), 5, 90), "earliest");
  EXPECT_EQ(api_position(*parse_position("end"), 5, 90), "latest");
  EXPECT_EQ(api_position(*parse_position("47"), 5, 90), "47");
  EXPECT_EQ(api_position(*parse_position("+2"), 5, 90), "7");
  EXPECT_EQ(api_position(*parse_position("-3"), 5, 90), "87");
  EXPECT_EQ(api_position(*parse_position("-300"), 5, 90), "5") << "never before the start";
  EXPECT_EQ(api_position(*parse_position("+300"), 5, 90), "90") << "never behind the end";
  EXPECT_EQ(api_position(*parse_position("@-2h"), 5, 90), "-2h");
  EXPECT_EQ(api_position(*parse_position("@0"), 5, 90), "1970-01-01T00:00:00.000Z");
}

TEST(Times, MayLeaveOutSecondsZoneAndClock) {
  const auto noon = parse_time("2026-11-20T12:00:00.000Z");
  ASSERT_TRUE(noon);
  EXPECT_EQ(*parse_time("2026-11-20T12:00Z"), *noon);
  EXPECT_EQ(*parse_time("2026-11-20T12:00"), *noon);
  EXPECT_EQ(*parse_time("2026-11-20 12:00"), *noon);
  EXPECT_EQ(*parse_time("2026-11-20T13:00+01:00"), *noon);
  EXPECT_EQ(*parse_time("2026-11-20"), *noon - 12h);
  EXPECT_EQ(format_time(*noon), "2026-11-20T12:00:00.000Z");
}

TEST(Times, NonsenseIsRefused) {
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-20T25:00Z",
                           "2026-11-20T12:00ZZ", "noon"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace twofold::cli
