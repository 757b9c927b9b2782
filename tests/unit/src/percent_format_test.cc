#include "src/cli/percent_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twofold::cli {
namespace {

Item order() {
  Item item;
  item.id = "2-41";
  item.topic = "orders";
  item.partition = 2;
  item.offset = 41;
  item.key = "bill";
  item.value = "{\"a\":1.0}";
  item.headers = {
      {"region", "EU"},
      {"trace",  "7" }
  };
  item.timestamp = "2026-11-21T10:30:00.123Z";
  item.receipt = "r1.9f";
  return item;
}

std::string formatted(std::string_view format) {
  const auto parsed = PercentFormat::parse(format);
  return parsed ? parsed->apply(order(), 3) : "refused: " + parsed.error().why;
}

TEST(PercentFormat, EveryCodeHasItsValue) {
  EXPECT_EQ(formatted("%t/%p@%o %k=%v"), "orders/2@41 bill={\"a\":1.0}");
  EXPECT_EQ(formatted("%s"), "{\"a\":1.0}");
  EXPECT_EQ(formatted("%h"), "region:EU,trace:7");
  EXPECT_EQ(formatted("%d"), "1795257000123");
  EXPECT_EQ(formatted("%D"), "2026-11-21T10:30:00.123Z");
  EXPECT_EQ(formatted("%K %V"), "4 9");
  EXPECT_EQ(formatted("%n"), "3");
  EXPECT_EQ(formatted("%i %r"), "2-41 r1.9f");
  EXPECT_EQ(formatted("100%%"), "100%");
}

TEST(PercentFormat, KnowsEscapesAndModifiers) {
  EXPECT_EQ(formatted("%k\\t%o\\n"), "bill\t41\n");
  EXPECT_EQ(formatted("\\x41\\\\"), "A\\");
  EXPECT_EQ(formatted("%k{hex}"), "62696c6c");
  EXPECT_EQ(formatted("%k{base64}"), "YmlsbA==");
  EXPECT_EQ(formatted("%v{json}"), "\"{\\\"a\\\":1.0}\"");
  EXPECT_EQ(formatted("%k{x}"), "bill{x}") << "other braces are ordinary text";
}

TEST(PercentFormat, WhatIsAbsentIsEmpty) {
  Item bare;
  EXPECT_EQ(PercentFormat::parse("[%k|%v|%K|%V]")->apply(bare, 1), "[||0|0]");
}

TEST(PercentFormat, UnknownCodesAndEscapesAreRefused) {
  for (const char* format : {"%x", "%", "a%", "\\q", "\\x4", "\\"}) {
    EXPECT_FALSE(PercentFormat::parse(format)) << format;
  }
}

TEST(InputFormat, SplitsARecordIntoItsFields) {
  const auto format = InputFormat::parse("%k\\t%v\\n");
  ASSERT_TRUE(format);
  EXPECT_EQ(format->delimiter(), "\n");
  const auto fields = format->read("libc6\t{\"a\":\"x\ty\"}");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->key, "libc6");
  EXPECT_EQ(fields->value, "{\"a\":\"x\ty\"}") << "the last field takes all that is left";
}

TEST(InputFormat, ReadsPartitionAndHeadersToo) {
  const auto fields = InputFormat::parse("%p;%h;%k=%v!")->read("3;a:b,c: d;k=v");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->partition, 3);
  EXPECT_EQ(fields->headers, (std::vector<std::pair<std::string, std::string>>{
                                 {"a", "b"},
                                 {"c", "d"}
  }));
  EXPECT_EQ(fields->value, "v");
}

TEST(InputFormat, ARecordThatDoesNotFitIsRefused) {
  EXPECT_FALSE(InputFormat::parse("%k,%v\\n")->read("no comma"));
  EXPECT_FALSE(InputFormat::parse("<%v>\\n")->read("no bracket>"));
  EXPECT_FALSE(InputFormat::parse("%p %v\\n")->read("x y"));
}

TEST(InputFormat, AFormatThatCannotBeReadIsRefused) {
  for (const char* format : {"%v", "", "%k%v\\n", "%o %v\\n", "%t\\n"}) {
    EXPECT_FALSE(InputFormat::parse(format)) << format;
  }
}

TEST(Headers, AreNameColonValue) {
  EXPECT_EQ(parse_header("a: b:c")->second, "b:c");
  EXPECT_FALSE(parse_header("novalue"));
  EXPECT_FALSE(parse_header(":x"));
}

}  // namespace
}  // namespace twofold::cli
