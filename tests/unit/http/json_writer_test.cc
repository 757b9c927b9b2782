#include "http/json_writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "http/base64.h"
#include "http/json_reader.h"

namespace twofold::http {
namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().name("a").number(1).name("b").begin_array();
  json.number(2).string("x").begin_object().end_object().null().end_array();
  json.name("c").boolean(false).name("d").raw("1.0").name("e").begin_array().end_array();
  json.end_object();
  EXPECT_EQ(out, R"({"a":1,"b":[2,"x",{},null],"c":false,"d":1.0,"e":[]})");
}

TEST(JsonWriter, EscapesWhatJsonCannotHold) {
  EXPECT_EQ(as_json("a\"b\\c\n\r\t\x01\x1f"), R"("a\"b\\c\n\r\t\u0001\u001f")");
  EXPECT_EQ(as_json("\xc3\xa9 and plain"), "\"\xc3\xa9 and plain\"");
  EXPECT_EQ(as_json(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonWriter, EveryAsciiTextIsReadBackAtEveryAlignment) {
  std::string all;
  for (char c = 0; c < 0x7F; ++c) all.push_back(c);
  for (std::size_t begin = 0; begin < all.size(); ++begin) {
    const std::string text = all.substr(begin);
    EXPECT_EQ(boost::json::parse(as_json(text)).as_string(), text);
  }
}

RC_GTEST_PROP(JsonWriter, WhatIsWrittenIsReadBack, (const std::string& text)) {
  if (!is_utf8(text)) return;
  TextStore keep;
  const std::string written = as_json(text);
  JsonReader json(written, keep);
  RC_ASSERT(json.string() == text);
  RC_ASSERT(json.finish());
}

RC_GTEST_PROP(Base64, IsReadBack, (const std::string& bytes)) {
  std::string text;
  append_base64(text, bytes);
  RC_ASSERT(decode_base64(text) == bytes);
  while (text.ends_with('=')) text.pop_back();
  RC_ASSERT(decode_base64(text) == bytes);
}

TEST(Base64, KnownTextsAndRefusals) {
  const auto encoded = [](std::string_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
  };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  for (const std::string_view bad : {"Z", "Zg=", "Zg==Zg==", "Zm9v YmFy", "Zm9v\n", "Zh==", "====", "-_-_"}) {
    EXPECT_FALSE(decode_base64(bad)) << bad;
  }
}

}  // namespace
}  // namespace twofold::http
