#include <string>

#include "tests/unit/filter/record_rig.h"

namespace twofold::filter {
namespace {

// `part` is a part of the message.
void expect_refused(const std::string& filter, std::size_t position, std::string_view part) {
  const auto compiled = Filter::compile(filter);
  ASSERT_FALSE(compiled) << filter;
  const auto& [message, at] = compiled.error();
  EXPECT_EQ(at, position) << filter;
  EXPECT_NE(message.find(part), std::string::npos) << filter << "\n  " << message << "\n  " << part;
  EXPECT_NE(message.find(" at " + std::to_string(position)), std::string::npos) << message;
}

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(FilterErrors, SayWhatWasExpectedAfterWhatAndWhere) {
  expect_refused("", 0, "the filter is empty");
  expect_refused(" \t\n", 3, "the filter is empty");
  expect_refused("value.amount AND key = 'a'", 13,
                 "expected a comparison after 'value.amount' at 13, found 'AND'");
  expect_refused("value.amount", 12,
                 "expected a comparison after 'value.amount' at 12, where the filter ends");
  expect_refused("value['odd'][0].x  'a'", 19, "after 'value['odd'][0].x' at 19, found 'a'");
  expect_refused("value.amount > ", 15, "expected a field or a literal after '>'");
  expect_refused("key = AND", 6, "expected a field or a literal after '=' at 6, found 'AND'");
  expect_refused("AND", 0, "expected a condition at 0, found 'AND'");
  expect_refused("NOT", 3, "expected a condition after 'NOT'");
  expect_refused("key = 'a' AND", 13, "expected a condition after 'AND'");
  expect_refused("key = 'a' OR OR", 13, "expected a condition after 'OR'");
  expect_refused("key = 'a' b", 10, "expected AND, OR or the end after 'a' at 10");
  expect_refused("key = 'a')", 9, "expected AND, OR or the end");
  expect_refused("(key = 'a'", 10, "expected AND, OR or )");
  expect_refused("(value.a) > 3", 8, "expected a comparison after 'value.a'");
  expect_refused("TRUE", 4, "expected a comparison after 'TRUE'");
  expect_refused("key NOT 'a'", 8, "expected IN, LIKE or BETWEEN");
  expect_refused("key IN 'a'", 7, "expected a list in parentheses");
  expect_refused("key IN ()", 8, "expected a literal");
  expect_refused("key IN ('a',)", 12, "expected a literal");
  expect_refused("key IN (key)", 8, "expected a literal");
  expect_refused("key IN ('a' 'b')", 12, "expected a comma or )");
  expect_refused("key LIKE 3", 9, "expected a pattern in single quotes");
  expect_refused("key LIKE key", 9, "expected a pattern in single quotes");
  expect_refused("key LIKE 'a' ESCAPE 'xx'", 20, "expected one ASCII character");
  expect_refused("key LIKE 'a' ESCAPE ''", 20, "expected one ASCII character");
  expect_refused("key IS 'a'", 7, "expected NULL or NOT NULL");
  expect_refused("key IS NOT 'a'", 11, "expected NULL after 'NOT'");
  expect_refused("value.a BETWEEN 1 OR 2", 18,
                 "expected AND and the upper end of BETWEEN after '1'");
}

TEST(FilterErrors, KnowWhatPeopleBringFromOtherLanguages) {
  expect_refused("key == 'a'", 4, "equality is written =");
  expect_refused("key = \"a\"", 6, "texts stand in single quotes");
  expect_refused("key = 'a' && 1 = 1", 10, "conditions are joined with AND");
  expect_refused("key = 'a' || 1 = 1", 10, "conditions are joined with OR");
  expect_refused("!(key = 'a')", 0, "write NOT before a condition");
  expect_refused("value.a = +1", 10, "no plus sign");
  expect_refused("key = #", 6, "this character has no meaning here");
  expect_refused("key = 'a", 6, "no closing quote");
  expect_refused("key = 'a'' AND 1 = 1", 6, "no closing quote");
  expect_refused("value.a = 12abc", 10, "this is no number");
  expect_refused("value.a = 1.", 10, "this is no number");
  expect_refused("value.a = 1e", 10, "this is no number");
  expect_refused("value.3d = 1", 6, "a name that begins with a digit is written ['3d']");
  expect_refused("value.a = 1e999", 10, "past what a double holds");
}

TEST(FilterErrors, KnowTheFieldsOfARecord) {
  expect_refused("amount > 3", 0,
                 "a header is written headers.amount, a field of a JSON value value.amount");
  expect_refused("1 = 1 AND Value.x = 1", 10, "in small letters");
  expect_refused("partition = 1", 0, "a record has the fields key, headers");
  expect_refused("headers = 1", 8, "expected a header's name, as in headers.region,");
  expect_refused("headers.a.b = 1", 9, "a header has no parts");
  expect_refused("headers['a']['b'] = 1", 12, "a header has no parts");
  expect_refused("headers[0] = 1", 8, "expected a header's name in single quotes");
  expect_refused("headers['a' = 1", 12, "expected ]");
  expect_refused("value. = 1", 7, "expected a name after '.'");
  expect_refused("value['a'.b = 1", 9, "expected ]");
  expect_refused("value.items[-1] = 1", 12, "expected an element's number");
  expect_refused("value.items[1.5] = 1", 12, "expected an element's number");
  expect_refused("value.items[4294967296] = 1", 12, "expected an element's number");
  expect_refused("value.items[x] = 1", 12,
                 "a member's name in single quotes or an element's number");
  expect_refused("value.items[0 = 1", 14, "expected ]");
  expect_refused("key.x = 1", 3, "expected a comparison");
}

TEST(FilterErrors, RefuseWhatNoRecordCanMakeTrue) {
  expect_refused("key = NULL", 6, "write IS NULL");
  expect_refused("NULL <> key", 0, "write IS NULL");
  expect_refused("key IN ('a', NULL)", 13, "write IS NULL");
  expect_refused("key BETWEEN 'a' AND NULL", 20, "write IS NULL");
  expect_refused("value.x < TRUE", 10, "have no order");
  expect_refused("value.x BETWEEN FALSE AND TRUE", 16, "have no order");
  expect_refused("offset = 'abc'", 9, "offset is a number, and 'abc' is not");
  expect_refused("TRUE = size", 0, "size is a number, and TRUE is not");
  expect_refused("offset IN (1, 'x')", 14, "offset is a number");
  expect_refused("timestamp > 'yesterday'", 12, "timestamp is a time, and 'yesterday' is not");
  expect_refused("timestamp = TRUE", 12, "timestamp is a time");
  expect_refused("'x' BETWEEN timestamp AND 3", 0, "timestamp is a time");
  expect_refused("offset LIKE '4%'", 0, "LIKE is for texts, and offset is none");
  expect_refused("timestamp LIKE '2026%'", 0, "LIKE is for texts");
  expect_refused("5 LIKE '5'", 0, "LIKE is for texts, and 5 is none");
  expect_refused("key LIKE 'a!' ESCAPE '!'", 9,
                 "the escape character stands before something else");
}

TEST(FilterErrors, QuoteOnlyTheBeginningOfLongThings) {
  const auto compiled = Filter::compile("key = '" + times(30, "größe") + "' 'x'");
  ASSERT_FALSE(compiled);
  EXPECT_LT(compiled.error().message.size(), 120U);
  const auto broken = compiled.error().message.find("...");
  ASSERT_NE(broken, std::string::npos);
  EXPECT_NE(static_cast<unsigned char>(compiled.error().message[broken - 1]), 0xC3)
      << "no half character";
}

TEST(FilterErrors, EveryLimitIsReachedAndNotPassed) {
  const auto text = [](std::size_t bytes) { return "key = '" + std::string(bytes - 8, 'x') + "'"; };
  EXPECT_TRUE(Filter::compile(text(kTextBytesMax)));
  expect_refused(text(kTextBytesMax + 1), kTextBytesMax, "1024 bytes at most, this one 1025");

  const auto nested = [](std::size_t n) { return times(n, "(") + "1 = 1" + times(n, ")"); };
  EXPECT_TRUE(Filter::compile(nested(kNestingMax)));
  expect_refused(nested(kNestingMax + 1), kNestingMax, "nested deeper than 16");
  expect_refused(times(1000, "("), kNestingMax, "nested deeper than 16");
  expect_refused(times(250, "NOT "), 4 * kNestingMax, "nested deeper than 16");
  EXPECT_TRUE(Filter::compile("(1 = 1)" + times(80, " AND (1 = 1)"))) << "beside is not inside";

  const auto chain = [](std::size_t n) { return "1=1" + times(n - 1, " OR 1=1"); };
  EXPECT_TRUE(Filter::compile(chain(kConditionsMax)));
  expect_refused(chain(kConditionsMax + 1), 7 * kConditionsMax, "more than 128 comparisons");
  const auto list = [](std::size_t n) { return "key IN (1" + times(n - 1, ",1") + ")"; };
  EXPECT_TRUE(Filter::compile(list(kConditionsMax - 1)));
  expect_refused(list(kConditionsMax), 8 + 2 * (kConditionsMax - 1), "more than 128");

  const auto paths = [](std::size_t n) {
    std::string all = "value.a = 1 AND value.a > 0";
    for (std::size_t i = 1; i < n; ++i) all += " AND value.a" + std::to_string(i) + " = 1";
    return all;
  };
  EXPECT_TRUE(Filter::compile(paths(kPathsMax))) << "the same field twice counts once";
  expect_refused(paths(kPathsMax + 1), paths(kPathsMax).size() + 5, "more than 16 different");

  const auto path = [](std::size_t steps) { return "value" + times(steps, ".x") + " = 1"; };
  EXPECT_TRUE(Filter::compile(path(kPathStepsMax)));
  expect_refused(path(kPathStepsMax + 1), 5 + 2 * kPathStepsMax, "16 steps at most");

  const auto like = [](std::size_t n) { return "key LIKE '" + std::string(n, '%') + "'"; };
  EXPECT_TRUE(Filter::compile(like(kPatternBytesMax)));
  expect_refused(like(kPatternBytesMax + 1), 9, "255 bytes at most, this one 256");
}

// A queue was paused by an update: its filter had been taken, and was too long by then.
TEST(FilterErrors, WhatWasStoredOnceIsUnderstoodForEver) {
  const std::string longest = "key = '" + std::string(4096 - 8, 'x') + "'";
  EXPECT_FALSE(Filter::compile(longest));
  EXPECT_TRUE(Filter::compile(longest, kStoredBounds));
  EXPECT_FALSE(Filter::compile(longest + " ", kStoredBounds));
  const std::string deepest = times(32, "(") + "1 = 1" + times(32, ")");
  EXPECT_FALSE(Filter::compile(deepest));
  EXPECT_TRUE(Filter::compile(deepest, kStoredBounds));
  EXPECT_FALSE(Filter::compile("(" + deepest + ")", kStoredBounds));
}

// A filter cut anywhere, or with any byte changed, is either a filter or refused within its bounds.
TEST(FilterErrors, NoTextIsTooStrange) {
  const std::string whole =
      "NOT (value.a['x''y'][0] >= -1.5e3 AND headers.b-c NOT IN ('EU', 2)) OR key LIKE 'a!_' "
      "ESCAPE '!' OR timestamp BETWEEN '2026-11-21' AND 9 OR size IS NOT NULL";
  ASSERT_TRUE(Filter::compile(whole));
  const RecordOf record{.value = R"({"a":{"x'y":[1]}})", .headers = {{"b-c", "EU"}}, .key = "a_"};
  const auto try_out = [&](const std::string& text) {
    const auto compiled = Filter::compile(text);
    if (compiled) {
      EXPECT_EQ(compiled->matches(record.stored()), compiled->matches(record.stored()));
    } else {
      EXPECT_LE(compiled.error().position, text.size());
    }
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    try_out(whole.substr(0, i));
    try_out(whole.substr(i));
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[i] = static_cast<char>(byte);
      try_out(changed);
    }
  }
}

}  // namespace
}  // namespace twofold::filter
