#include "filter/like_pattern.h"

#include <string>

#include <gtest/gtest.h>

namespace twofold::filter {
namespace {

bool like(std::string_view text, std::string_view pattern, std::optional<char> escape = {}) {
  return LikePattern::compile(pattern, escape).value().matches(text);
}

TEST(LikePattern, StandsForItselfWithoutWildcards) {
  EXPECT_TRUE(like("", ""));
  EXPECT_TRUE(like("EU", "EU"));
  EXPECT_FALSE(like("EU", "eu"));
  EXPECT_FALSE(like("EU-1", "EU"));
  EXPECT_FALSE(like("E", "EU"));
  EXPECT_FALSE(like("", "EU"));
}

TEST(LikePattern, PercentStandsForAnyBytesAlsoNone) {
  EXPECT_TRUE(like("", "%"));
  EXPECT_TRUE(like("anything", "%%"));
  EXPECT_TRUE(like("EU-west", "EU%"));
  EXPECT_TRUE(like("EU", "EU%"));
  EXPECT_TRUE(like("north-EU", "%EU"));
  EXPECT_TRUE(like("aXbXc", "a%X%c"));
  EXPECT_TRUE(like("abcabd", "%abd"));
  EXPECT_TRUE(like("aab", "%ab"));
  EXPECT_TRUE(like("\xff\xfe", "%"));
  EXPECT_FALSE(like("EUx", "%EU"));
  EXPECT_FALSE(like("ac", "a%b%c"));
}

TEST(LikePattern, UnderscoreStandsForOneCharacterOfAnyWidth) {
  EXPECT_TRUE(like("bill_1", "bill__"));
  EXPECT_FALSE(like("bill", "bill_"));
  EXPECT_FALSE(like("ab", "_"));
  EXPECT_TRUE(like("é", "_"));
  EXPECT_TRUE(like("größe", "gr__e"));
  EXPECT_TRUE(like("€1", "__"));
  EXPECT_TRUE(like("a😀b", "a_b"));
  EXPECT_FALSE(like("a😀b", "a__b"));
  EXPECT_TRUE(like("a😀", "%_"));
  EXPECT_TRUE(like("😀😀", "_%_"));
  EXPECT_FALSE(like("😀", "_%_"));
}

TEST(LikePattern, EscapeMakesWildcardsPlain) {
  EXPECT_TRUE(like("100%", "100!%", '!'));
  EXPECT_FALSE(like("1000", "100!%", '!'));
  EXPECT_TRUE(like("a_b", "a\\_b", '\\'));
  EXPECT_FALSE(like("axb", "a\\_b", '\\'));
  EXPECT_TRUE(like("!", "!!", '!'));
  EXPECT_TRUE(like("a\\b", "a\\b")) << "there is no escape unless one is named";
  EXPECT_TRUE(like("%x", "%%_", '%')) << "the escape wins over the wildcard";
  EXPECT_FALSE(LikePattern::compile("100!", '!'));
  EXPECT_FALSE(LikePattern::compile("!x", '!'));
}

TEST(LikePattern, WorksAcrossTheWordsItCountsIn) {
  for (const std::size_t length : {62U, 63U, 64U, 65U, 127U, 128U, 191U, 192U, 254U, 255U}) {
    const std::string plain(length, 'a');
    EXPECT_TRUE(like(plain, plain)) << length;
    EXPECT_FALSE(like(plain + "a", plain)) << length;
    EXPECT_FALSE(like(plain.substr(1), plain)) << length;
    EXPECT_TRUE(like(plain, std::string(length, '_'))) << length;
    EXPECT_FALSE(like(plain.substr(1), std::string(length, '_'))) << length;
    EXPECT_TRUE(like("xyz" + plain, "%" + plain.substr(1))) << length;
    EXPECT_TRUE(like(plain, plain.substr(1) + "%")) << length;
  }
}

TEST(LikePattern, AnyByteCanBeNamed) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '%' && byte != '_') all.push_back(static_cast<char>(byte));
  }
  EXPECT_TRUE(like(all, all));
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string other = all;
    other[i] = static_cast<char>(other[i] ^ 0x15);
    EXPECT_FALSE(like(other, all)) << i;
  }
  EXPECT_TRUE(like(std::string_view("a\0b", 3), std::string_view("a\0_", 3)));
}

// What makes matchers that go back take minutes: many half matches at every byte.
TEST(LikePattern, AHostilePatternTakesOneLookAtEachByte) {
  const std::string text(1 << 20, 'a');
  std::string pattern = "%";
  while (pattern.size() + 3 <= kPatternBytesMax) pattern += "a%";
  EXPECT_TRUE(like(text, pattern));
  EXPECT_FALSE(like(text, pattern + "b"));
  EXPECT_FALSE(like(text, "%" + std::string(250, 'a') + "b%"));
  EXPECT_FALSE(like(text, "%a" + std::string(250, '_') + "b%"));
}

}  // namespace
}  // namespace twofold::filter
