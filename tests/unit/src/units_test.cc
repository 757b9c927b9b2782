#include "src/config/units.h"

#include <gtest/gtest.h>

namespace twofold {
namespace {

using namespace std::chrono_literals;

TEST(Durations, AreANumberAndAUnit) {
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("5m"), 5min);
  EXPECT_EQ(*parse_duration("12h"), 12h);
  EXPECT_EQ(*parse_duration("7d"), 168h);
  EXPECT_EQ(*parse_duration("0"), 0ms) << "nothing needs no unit";
}

TEST(Durations, ABareNumberIsRefusedAndTheUnitsAreNamed) {
  const auto refused = parse_duration("30");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().why.find("without a unit"), std::string::npos);
  EXPECT_NE(refused.error().why.find("30s"), std::string::npos);
}

TEST(Durations, NonsenseIsRefused) {
  for (const char* text :
       {"", "s", "ten s", "-5s", "5 parsecs", "5s5s", "1e9s", "nan", "inf", "."}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Durations, ArePrintedAsTheyAreRead) {
  for (const auto duration : {1ms, 999ms, 1000ms, 90'000ms, 3'600'000ms, 86'400'000ms, 0ms}) {
    EXPECT_EQ(*parse_duration(format_duration(duration)), duration) << format_duration(duration);
  }
}

TEST(Sizes, KnowPowersOf1024AndOf1000) {
  EXPECT_EQ(*parse_size("512"), 512U);
  EXPECT_EQ(*parse_size("128B"), 128U);
  EXPECT_EQ(*parse_size("64KiB"), 65536U);
  EXPECT_EQ(*parse_size("1MiB"), 1048576U);
  EXPECT_EQ(*parse_size("1.5GiB"), 1610612736U);
  EXPECT_EQ(*parse_size("10MB"), 10'000'000U);
  EXPECT_EQ(*parse_size("10 mb"), 10'000'000U) << "case and one blank do not matter";
}

TEST(Sizes, NonsenseIsRefused) {
  for (const char* text : {"", "B", "-1", "1XB", "1 KiB KiB", "9999999TiB", "1K", "nan"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Sizes, ArePrintedExactly) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1000), "1000B");
  EXPECT_EQ(format_size(65536), "64KiB");
  EXPECT_EQ(format_size(std::uint64_t{3} << 40), "3TiB");
  for (const std::uint64_t bytes : {1ULL, 1023ULL, 1024ULL, 1536ULL, 1ULL << 30}) {
    EXPECT_EQ(*parse_size(format_size(bytes)), bytes);
  }
}

TEST(Counts, AreDigitsOnly) {
  EXPECT_EQ(*parse_count("0"), 0U);
  EXPECT_EQ(*parse_count("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", "1.0", " 1", "1 ", "0x10", "18446744073709551616"}) {
    EXPECT_FALSE(parse_count(text)) << text;
  }
}

}  // namespace
}  // namespace twofold
