#include <gtest/gtest.h>

#include "http/sqs/message_attributes.h"

namespace twofold::http::sqs {
namespace {

using namespace std::string_literals;

MessageAttribute attribute(std::string_view name, std::string_view type, std::string_view text) {
  MessageAttribute made;
  made.name = name;
  made.type = type;
  made.text = text;
  return made;
}

Outcome<> check(const MessageAttribute& one) { return check_attributes({&one, 1}); }

TEST(SqsMessageText, IsWhatXmlCanHold) {
  EXPECT_TRUE(is_message_text("tab\t line\n return\r \x7F é 漢 😀 \xEF\xBF\xBD"));
  EXPECT_FALSE(is_message_text("nul\0"s));
  EXPECT_FALSE(is_message_text("vertical\x0B"));
  EXPECT_FALSE(is_message_text("U+FFFE \xEF\xBF\xBE"));
  EXPECT_FALSE(is_message_text("U+FFFF \xEF\xBF\xBF"));
}

TEST(SqsMessageText, TokensAreVisibleAscii) {
  EXPECT_TRUE(is_token("a!~-42"));
  EXPECT_TRUE(is_token(std::string(128, 'x')));
  for (const auto& bad : {""s, std::string(129, 'x'), "a b"s, "é"s, "\x7F"s})
    EXPECT_FALSE(is_token(bad)) << bad;
}

TEST(SqsMessageAttributes, NamesThatAwsTakes) {
  for (const char* name : {"a", "A.b-c_9", "Naïve", "x1"}) {
    EXPECT_TRUE(check(attribute(name, "String", "v"))) << name;
  }
}

TEST(SqsMessageAttributes, NamesThatAwsRefuses) {
  for (const auto& name : {""s, std::string(257, 'n'), "a b"s, "a/b"s, ".a"s, "a."s, "a..b"s,
                           "AWS.x"s, "aws.x"s, "Amazon.x"s, "漢"s, "twofold-origin"s}) {
    const auto checked = check(attribute(name, "String", "v"));
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.fault().code, Code::invalid_parameter_value);
  }
}

TEST(SqsMessageAttributes, TypesMayHaveALabelAndMustFitTheirValue) {
  EXPECT_TRUE(check(attribute("n", "Number.java.lang.Long", "-1.5e+10")));
  EXPECT_FALSE(check(attribute("n", "Number", "one")));
  EXPECT_FALSE(check(attribute("n", "Numbers", "1")));
  EXPECT_FALSE(check(attribute("n", "", "1")));
  EXPECT_FALSE(check(attribute("n", "Binary", "text")));
  EXPECT_FALSE(check(attribute("n", "String", "")));
  EXPECT_FALSE(check(attribute("n", "String", "\x01")));
  MessageAttribute both = attribute("n", "String", "x");
  both.bytes = "x";
  EXPECT_FALSE(check(both));
}

TEST(SqsMessageAttributes, NumbersAreThoseOfAws) {
  for (const std::string& good : {"1"s, "-1.5"s, "+.5"s, "1e126"s, "1E-128"s, std::string(38, '9')})
    EXPECT_TRUE(check(attribute("n", "Number", good))) << good;
  for (const std::string& bad : {"1.2.3"s, "."s, "-"s, "1e"s, "1e127"s, "1e+-1"s, "0x1"s, " 1"s,
                                 std::string(39, '9'), std::string(200, '9')})
    EXPECT_FALSE(check(attribute("n", "Number", bad))) << bad;
  EXPECT_FALSE(check(attribute("n", "String.", "x"))) << "a label that is none";
}

TEST(SqsMessageAttributes, NoNameComesTwice) {
  const std::vector<MessageAttribute> two = {attribute("a", "String", "1"),
                                             attribute("a", "String", "2")};
  EXPECT_EQ(check_attributes(two).fault().code, Code::invalid_parameter_value);
}

TEST(SqsMessageAttributes, ListsAreNotSupportedByAwsEither) {
  MessageAttribute list = attribute("n", "String", "x");
  list.lists = true;
  EXPECT_EQ(check(list).fault().code, Code::unsupported_operation);
}

TEST(SqsMessageAttributes, TenAreTheMost) {
  std::vector<std::string> names;
  for (int i = 0; i < 11; ++i) names.push_back("a" + std::to_string(i));
  std::vector<MessageAttribute> many;
  for (const std::string& name : names) many.push_back(attribute(name, "String", "v"));
  EXPECT_FALSE(check_attributes(many));
  many.pop_back();
  EXPECT_TRUE(check_attributes(many));
  EXPECT_EQ(size_of(many), 10u * (2 + 6 + 1));
}

TEST(SqsMessageAttributes, OnlyTheTraceIsASystemAttribute) {
  const auto trace = attribute("AWSTraceHeader", "String", "Root=1");
  const auto other = attribute("SenderId", "String", "me");
  EXPECT_TRUE(check_system_attributes({&trace, 1}));
  EXPECT_FALSE(check_system_attributes({&other, 1}));
}

TEST(SqsMessageAttributes, AReceiveAsksByNameOrPrefix) {
  const std::vector<std::string_view> prefix = {"Hel.*", "..foo", "AWS."};
  EXPECT_TRUE(wanted("Help.Me", prefix));
  EXPECT_TRUE(wanted("Hello", prefix));
  EXPECT_FALSE(wanted("General", prefix));
  for (const std::string_view all : {"All", ".*", "*"}) EXPECT_TRUE(wanted("x", {&all, 1})) << all;
  EXPECT_FALSE(wanted("x", {}));
}

}  // namespace
}  // namespace twofold::http::sqs
