#include "http/json_reader.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

namespace twofold::http {
namespace {

// Boost.JSON is the oracle: what it takes we take, what it refuses we refuse.
bool oracle_takes(std::string_view text) {
  boost::system::error_code error;
  boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  return !error;
}

std::optional<JsonError> error_of(std::string_view text) {
  TextStore keep;
  JsonReader json(text, keep);
  json.slice();
  json.finish();
  return json.error();
}

TEST(JsonReader, TakesWhatTheOracleTakesAndNothingElse) {
  const std::string_view texts[] = {
      "{}", "[]", "null", "true", "false", "0", "-0", "1.0", "1e5", "1E+5", "-1.5e-3", "\"\"", " 1 ",
      "\t\r\n[1,2]", "{\"a\":1,\"b\":[{}]}", "\"\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\xc3\xa9\"",
      "\"\xf0\x9f\x98\x80\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "{\"\":0}", "{\"a\":1,\"a\":2}",
      // refused
      "", " ", "nul", "tru", "falsee", "+1", "01", "1.", ".5", "1e", "1e+", "-", "--1", "0x10", "NaN",
      "Infinity", "[1,]", "[,1]", "[1 2]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":}", "{1:2}",
      "[", "{", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u-123\"", "\"\\ud800\"",
      "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", std::string_view("\"\0\"", 3),
      "\"\x80\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"",
      "1 2", "{}{}", "[]x", "'a'", "/**/1", "// x\n1", "[1]]", "{\"a\":1]", "\xef\xbb\xbf{}", "\x0b" "1"};
  for (const std::string_view text : texts) {
    EXPECT_EQ(is_json(text), oracle_takes(text)) << text;
  }
}

TEST(JsonReader, RefusesTheThirtyThirdLevel) {
  const auto nested = [](int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
  };
  EXPECT_TRUE(is_json(nested(32)));
  EXPECT_FALSE(is_json(nested(33)));
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
  EXPECT_FALSE(is_json("{\"a\":" + nested(32) + "}"));
}

TEST(JsonReader, NamesThePlaceOfTheFirstError) {
  EXPECT_EQ(error_of(R"({"a":1,"b":tru})")->position, 11u);
  EXPECT_EQ(error_of("[1,\"\xff\"]")->position, 4u);
  EXPECT_EQ(error_of("[1 2]")->position, 3u);
  EXPECT_EQ(error_of("{}x")->position, 2u);
  EXPECT_EQ(error_of("")->position, 0u);
}

TEST(JsonReader, HandsOutValuesByteForByte) {
  const std::string_view text = R"( {"value" : {"n": 1.0, "big":123456789012345678901234567890} ,"b":2})";
  TextStore keep;
  JsonReader json(text, keep);
  std::string_view name;
  ASSERT_TRUE(json.enter_object());
  ASSERT_TRUE(json.next_member(name));
  EXPECT_EQ(name, "value");
  EXPECT_EQ(json.slice(), R"({"n": 1.0, "big":123456789012345678901234567890})");
  ASSERT_TRUE(json.next_member(name));
  EXPECT_EQ(json.integer(), 2);
  EXPECT_FALSE(json.next_member(name));
  EXPECT_TRUE(json.finish());
}

TEST(JsonReader, DecodesEscapesAndLeavesOtherStringsWhereTheyAre) {
  const std::string_view text = R"(["plain","a\u00e9\n\ud83d\ude00\"\/"])";
  TextStore keep;
  JsonReader json(text, keep);
  ASSERT_TRUE(json.enter_array());
  ASSERT_TRUE(json.next_element());
  const std::string_view plain = json.string();
  EXPECT_EQ(plain, "plain");
  EXPECT_GE(plain.data(), text.data());
  EXPECT_LT(plain.data(), text.data() + text.size());
  ASSERT_TRUE(json.next_element());
  EXPECT_EQ(json.string(), "a\xc3\xa9\n\xf0\x9f\x98\x80\"/");
  EXPECT_FALSE(json.next_element());
  EXPECT_TRUE(json.finish());
}

TEST(JsonReader, TheFirstErrorIsFinal) {
  TextStore keep;
  JsonReader json(R"({"a":"x","b":1})", keep);
  std::string_view name;
  json.enter_object();
  json.next_member(name);
  EXPECT_EQ(json.integer(), 0) << "a string is no integer";
  EXPECT_FALSE(json.next_member(name));
  EXPECT_EQ(json.string(), "");
  EXPECT_FALSE(json.finish());
  EXPECT_EQ(json.error()->position, 5u);
}

TEST(JsonReader, IntegersAreWholeAndFit) {
  const auto integer = [](std::string_view text) -> std::optional<std::int64_t> {
    TextStore keep;
    JsonReader json(text, keep);
    const std::int64_t value = json.integer();
    if (!json.finish()) return std::nullopt;
    return value;
  };
  EXPECT_EQ(integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(integer("-9223372036854775808"), INT64_MIN);
  EXPECT_FALSE(integer("9223372036854775808"));
  EXPECT_FALSE(integer("1.0"));
  EXPECT_FALSE(integer("1e3"));
  EXPECT_FALSE(integer("\"1\""));
}

TEST(JsonReader, EveryCutOfATextIsAnErrorNotACrash) {
  const std::string text = R"({"key":"b\u00e9","value":[1.5e3,true,null,{"x":"\ud83d\ude00"}],"n":-7})";
  ASSERT_TRUE(is_json(text));
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_FALSE(is_json(text.substr(0, cut))) << cut;
  }
}

// Any byte of a sound text replaced by any other: both must agree.
TEST(JsonReader, AgreesWithTheOracleAboutEverySingleChangedByte) {
  const std::string text = R"({"k":"a\n\u0041é","v":[1.5e-3,tr)" R"(ue,null,{"x":"\ud83d\ude00"}], "n":-7})";
  ASSERT_TRUE(is_json(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      ASSERT_EQ(is_json(changed), oracle_takes(changed)) << i << " " << byte << " " << changed;
    }
  }
}

RC_GTEST_PROP(JsonReader, AgreesWithTheOracleAboutNoise, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u12", "\"", "1", "-", ".5", "e9", "true", "null", " ",
      "\\", "\xc3\xa9", "\xff", "0"));
  std::string text;
  for (const auto& piece : pieces) text += piece;
  RC_ASSERT(is_json(text) == oracle_takes(text));
}

RC_GTEST_PROP(Utf8, AgreesWithTheOracle, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::element<char>(
      'a', static_cast<char>(0xC3), static_cast<char>(0xA9), static_cast<char>(0xE2),
      static_cast<char>(0x82), static_cast<char>(0xAC), static_cast<char>(0xF0),
      static_cast<char>(0x9F), static_cast<char>(0x80), static_cast<char>(0xED),
      static_cast<char>(0xF4), static_cast<char>(0x90), static_cast<char>(0xC0)));
  RC_ASSERT(is_utf8(bytes) == oracle_takes("\"" + bytes + "\""));
}

}  // namespace
}  // namespace twofold::http
