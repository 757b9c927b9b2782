// Values as they come: not JSON, not quite JSON, and made to hurt.
#include <string>

#include "tests/unit/filter/record_rig.h"

namespace twofold::filter {
namespace {

std::string_view outcome_over(std::string_view text, std::string_view value) {
  return outcome(text, RecordOf{.value = value});
}

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + "1" + std::string(levels, ']');
}

TEST(FilterValues, WhatIsNotExactlyOneJsonValueHasNoFields) {
  const std::string sound = R"({"a":1})";
  EXPECT_EQ(outcome_over("value.a = 1", sound), "yes");
  EXPECT_EQ(outcome_over("value.a = 1", " \t\r\n" + sound + "\n"), "yes");
  for (const std::string& value :
       {std::string("hello"), std::string(), std::string(" "), sound + "x", sound + sound,
        std::string(R"({"a":1,})"), std::string(R"({"a":1)"), std::string(R"({"a":1 "b":2})"),
        std::string(R"({'a':1})"), std::string("{\"a\":1}//"), std::string("\xEF\xBB\xBF") + sound,
        std::string("{\"a\":1,\"b\":\"\xff\"}"), std::string(R"({"a":1,"b":"\ud800"})"),
        std::string(R"({"a":1,"b":01})"), std::string(R"({"a":1,"b":NaN})"),
        std::string("{\"a\":1,\"b\":\"\n\"}"), sound + std::string(1, '\0')}) {
    EXPECT_EQ(outcome_over("value.a = 1", value), "unknown") << value;
    EXPECT_EQ(outcome_over("value.a IS NULL", value), "yes") << value;
  }
}

TEST(FilterValues, EveryCutOfAValueHasNoFields) {
  const std::string whole = R"({"a":1,"b":["x\u00e9",{"c":-1.5e3}],"d":true,"e":null})";
  ASSERT_EQ(outcome_over("value.a = 1 AND value.b[1].c = -1500", whole), "yes");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_EQ(outcome_over("value.a = 1", whole.substr(0, cut)), "unknown") << cut;
  }
}

TEST(FilterValues, TheWholeValueMayBeAnyJsonOrText) {
  EXPECT_EQ(outcome_over("value > 41", "42"), "yes");
  EXPECT_EQ(outcome_over("value = '42'", "42"), "yes");
  EXPECT_EQ(outcome_over("value = TRUE", "true"), "yes");
  EXPECT_EQ(outcome_over("value > 41", " 42"), "unknown") << "a number wholly, or not at all";
  EXPECT_EQ(outcome_over("value LIKE '%needle%'", "hay needle hay"), "yes");
  EXPECT_EQ(outcome_over("value[1][0] = 'b'", R"(["a",["b"]])"), "yes");
}

TEST(FilterValues, OnlyWholeNumbersAreReadOutOfTexts) {
  for (const char* text : {"", " 1", "1 ", "+1", "1.", ".1", "1e", "0x1", "inf", "nan", "1_0",
                           "1,0", "--1", "1e999"}) {
    EXPECT_EQ(outcome_over("value < 1e300", text), "unknown") << text;
  }
  for (const char* text : {"1", "-1", "007", "1.5", "1E2", "-0.5e-3"}) {
    EXPECT_EQ(outcome_over("value < 1e300", text), "yes") << text;
  }
}

TEST(FilterValues, EscapesAreReadInTextsAndNames) {
  const std::string value =
      R"({"t":"tab\t \u00e9 \ud83d\ude00 \"q\" \/","\u0061b":{"c\\d":1},"empty":"","e":"\u0000"})";
  EXPECT_EQ(outcome_over("value.t = 'tab\t é 😀 \"q\" /'", value), "yes");
  EXPECT_EQ(outcome_over("value.ab['c\\d'] = 1", value), "yes");
  EXPECT_EQ(outcome_over("value.empty = ''", value), "yes");
  EXPECT_EQ(outcome_over("value.e LIKE '_'", value), "yes");
  EXPECT_EQ(outcome_over("value.t LIKE 'tab%😀%/' AND value.empty IS NOT NULL", value), "yes");
}

// The parser hands long texts with escapes out in parts.
TEST(FilterValues, LongTextsWithEscapesAreWhole) {
  for (const std::size_t length : {10U, 2'040U, 2'047U, 2'048U, 2'049U, 5'000U, 100'000U}) {
    const std::string plain(length, 'x');
    const std::string name = "n" + std::string(3'000, 'y');
    const std::string value =
        "{\"a\":\"" + plain + "\\n" + plain + "end\",\"" + name + "\\u007a\":1,\"b\":\"\\n\"}";
    EXPECT_EQ(outcome_over("value.a LIKE 'x%\n%xend'", value), "yes") << length;
    EXPECT_EQ(outcome_over("value.a LIKE 'x%\nend'", value), "no") << length;
    EXPECT_EQ(outcome_over("value['" + name + "z'] = 1", value), "yes") << length;
    EXPECT_EQ(outcome_over("value['" + name + "'] = 1", value), "unknown") << length;
    EXPECT_EQ(outcome_over("value.b = '\n'", value), "yes") << length;
  }
}

TEST(FilterValues, OfDoubledMembersTheLastCountsWithAllBelowIt) {
  EXPECT_EQ(outcome_over("value.a = 2", R"({"a":1,"a":2})"), "yes");
  EXPECT_EQ(outcome_over("value.a = 1", R"({"a":1,"a":null})"), "unknown");
  EXPECT_EQ(outcome_over("value.a.b = 1", R"({"a":{"b":1},"a":{"c":2}})"), "unknown");
  EXPECT_EQ(outcome_over("value.a.b = 1", R"({"a":{"b":1},"a":5})"), "unknown");
  EXPECT_EQ(outcome_over("value.a[1].b = 1", R"({"a":[0,{"b":1}],"a":[0]})"), "unknown");
  EXPECT_EQ(outcome_over("value.a.b = 1 AND value.x = 3", R"({"a":7,"x":3,"a":{"b":1}})"), "yes");
  EXPECT_EQ(outcome_over("value.a IS NULL", R"({"a":1,"\u0061":null})"), "yes");
  EXPECT_EQ(outcome_over("value.a.b IS NULL AND value.a.c IS NULL AND value.a.d = 3",
                         R"({"a":{"b":1,"c":2},"a":{"d":3}})"),
            "yes");
}

TEST(FilterValues, PathsMayShareTheirBeginning) {
  EXPECT_EQ(outcome_over("value.a.b = 1 AND value.a.c = 2 AND value.a IS NOT NULL AND "
                         "value.d[0] = 3 AND value.d[2] = 5 AND value.d[2] < 6",
                         R"({"d":[3,4,5],"a":{"c":2,"b":1}})"),
            "yes");
}

TEST(FilterValues, ANumberPastADoubleIsThereButComparesWithNothing) {
  const std::string value = R"({"a":1e400,"b":2})";
  EXPECT_EQ(outcome_over("value.a > 1", value), "unknown");
  EXPECT_EQ(outcome_over("value.a IS NOT NULL", value), "yes");
  EXPECT_EQ(outcome_over("value.b = 2", value), "yes");
}

TEST(FilterValues, DepthIsBounded) {
  const auto at_depth = [](std::size_t levels) {
    return "{\"a\":1,\"b\":" + nested(levels - 1) + "}";
  };
  EXPECT_EQ(outcome_over("value.a = 1", at_depth(kValueDepthMax)), "yes");
  EXPECT_EQ(outcome_over("value.a = 1", at_depth(kValueDepthMax + 1)), "unknown");
}

// Each would take minutes, or the stack, were it not for a bound.
TEST(FilterValues, HostileValuesAreReadOnceAndFinishSoon) {
  constexpr std::size_t kMiB = 1 << 20;
  std::string members = "{";
  std::string doubled = "{";
  std::string elements = "[";
  while (members.size() < kMiB) members += "\"k" + std::to_string(members.size()) + "\":0,";
  while (doubled.size() < kMiB) doubled += "\"a\":{\"b\":\"\\n\"},";
  while (elements.size() < kMiB) elements += "0,";
  const std::string escapes = "{\"a\":\"" + [] {
    std::string all;
    for (std::size_t i = 0; i < kMiB / 6; ++i) all += "\\u0041";
    return all;
  }() + "\"}";
  const std::string open(kMiB, '[');
  std::string objects;
  while (objects.size() < kMiB) objects += "{\"a\":";

  EXPECT_EQ(outcome_over("value.a = 1", open), "unknown");
  EXPECT_EQ(outcome_over("value[0][0] = 1", open), "unknown");
  EXPECT_EQ(outcome_over("value.a.a.a.a = 1", objects), "unknown");
  EXPECT_EQ(outcome_over("value.a = 1", std::string(kMiB, '"')), "unknown");
  EXPECT_EQ(outcome_over("value.a = 1", std::string(kMiB, '\\')), "unknown");
  EXPECT_EQ(outcome_over("value.a = 1", "{\"a\":" + std::string(kMiB, '9') + "}"), "unknown");
  EXPECT_EQ(outcome_over("value.a < 1", "{\"a\":0." + std::string(kMiB, '3') + "}"), "yes");
  EXPECT_EQ(outcome_over("value.a LIKE '%A%A%AB%'", escapes), "no");
  EXPECT_EQ(outcome_over("value.a = 1 AND value.b = 2", members + "\"a\":1,\"b\":2}"), "yes");
  EXPECT_EQ(outcome_over("value.a.b = '\n' AND value.a.c IS NULL", doubled + "\"x\":0}"), "yes");
  EXPECT_EQ(outcome_over("value[1] = 0 AND value[4000000000] IS NULL", elements + "0]"), "yes");
  EXPECT_EQ(outcome_over("value > 1", std::string(kMiB, '9')), "unknown");
}

// What no value can decide must not wait for one.
TEST(FilterValues, TheValueIsNotReadWhenTheRestDecides) {
  // A view that must not be looked into: touching it would end the process.
  const std::string_view untouchable(reinterpret_cast<const char*>(8), 100);
  const RecordOf record{.value = untouchable, .headers = {{"region", "EU"}}};
  const auto matches = [&](std::string_view text) {
    return (*Filter::compile(text))->matches(record.stored());
  };
  EXPECT_FALSE(matches("value.amount > 100 AND headers.region = 'US'"));
  EXPECT_FALSE(matches("value.amount > 100 AND value.b = 1 AND headers.kind = 'x'"));
  EXPECT_TRUE(matches("value.amount > 100 OR headers.region = 'EU'"));
  EXPECT_TRUE(matches("NOT (value.amount > 100 AND headers.region = 'US')"));
  EXPECT_TRUE(matches("size = 100"));
}

}  // namespace
}  // namespace twofold::filter
