#include "src/cli/json_text.h"

#include <gtest/gtest.h>

namespace twofold::cli {
namespace {

TEST(JsonText, ValuesStayByteForByte) {
  const Json json(R"({"a": 1.0, "b":{"big":123456789012345678901234567890}, "c":[1 , "x,]}"]})");
  EXPECT_EQ(json["a"].text(), "1.0");
  EXPECT_EQ(json["b"]["big"].text(), "123456789012345678901234567890");
  ASSERT_EQ(json["c"].elements().size(), 2U);
  EXPECT_EQ(json["c"].elements()[1].string(), "x,]}");
  EXPECT_FALSE(json["d"].exists());
}

TEST(JsonText, StringsAreDecoded) {
  EXPECT_EQ(Json(R"("plain")").string(), "plain");
  EXPECT_EQ(Json(R"("a\"b\\c\n\u00e4")").string(), "a\"b\\c\n\xc3\xa4");
  EXPECT_EQ(Json("17").number(), 17);
  EXPECT_EQ(Json("-3").number(), -3);
  EXPECT_TRUE(Json("true").is_true());
}

TEST(JsonText, NeverReadsBeyondWhatIsThere) {
  const std::string_view text = R"({"a":[1,{"b":"c\"d"}],"e":null})";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view given = text.substr(0, cut);
    for (const auto& [name, value] : Json(given).members()) {
      if (!value.exists()) continue;
      EXPECT_LE(value.text().data() + value.text().size(), given.data() + given.size()) << cut;
      EXPECT_LE(value.elements().size(), 2U) << cut;
    }
  }
}

TEST(JsonText, ObjectsAreWrittenInOrderAndEscaped) {
  JsonObject object;
  object.text("a", "x\"y").number("n", -1).boolean("yes", true).raw("r", "[1]");
  EXPECT_EQ(object.str(), R"({"a":"x\"y","n":-1,"yes":true,"r":[1]})");
  EXPECT_EQ(json_array({"1", "{}"}), "[1,{}]");
}

TEST(JsonText, OnlyWholeContainersTravelAsJson) {
  EXPECT_TRUE(is_json_container(R"( {"a":1} )"));
  EXPECT_TRUE(is_json_container("[]"));
  for (const char* text : {"", "1", "null", "\"x\"", "{", "{}{}", "{a:1}", "[1,]"}) {
    EXPECT_FALSE(is_json_container(text)) << text;
  }
}

TEST(Utf8, IsCheckedStrictly) {
  for (const char* text : {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8d\xb3"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const char* text :
       {"\x80", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "a\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Base64, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
  EXPECT_EQ(base64_encode("Man"), "TWFu");
  EXPECT_EQ(base64_encode("Ma"), "TWE=");
  EXPECT_FALSE(base64_decode("a*"));
  EXPECT_FALSE(base64_decode("A"));
}

}  // namespace
}  // namespace twofold::cli
