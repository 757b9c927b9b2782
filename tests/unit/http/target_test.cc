#include "http/target.h"

#include <gtest/gtest.h>

namespace twofold::http {
namespace {

std::vector<std::string> segments(std::string_view text) {
  Target target;
  EXPECT_TRUE(target.parse(text)) << text;
  return {target.segments().begin(), target.segments().end()};
}

TEST(Target, IsSplitFirstAndDecodedThen) {
  using List = std::vector<std::string>;
  EXPECT_EQ(segments("/"), List{});
  EXPECT_EQ(segments("/v1/topics"), (List{"v1", "topics"}));
  EXPECT_EQ(segments("/v1/a%20b/%C3%A9"), (List{"v1", "a b", "\xc3\xa9"}));
  EXPECT_EQ(segments("/v1/%2541"), (List{"v1", "%41"})) << "decoded once only";
  EXPECT_EQ(segments("/v1/a+b"), (List{"v1", "a+b"})) << "+ is a blank in queries only";
  EXPECT_EQ(segments("/v1//x/"), (List{"v1", "", "x", ""}));
}

TEST(Target, RefusesWhatCouldMeanTwoThings) {
  for (const std::string_view bad :
       {"/a%2Fb", "/a%2fb", "/a%5Cb", "/a\\b", "/a%00b", "/%0a", "/%7f", "/.", "/..", "/a/../b", "/%2e%2e",
        "/%2E", "/%ff", "/%c0%af", "/%", "/%4", "/%zz", "/a?x=%", "/a?x=%ff", "/a?x=1&x=2"}) {
    Target target;
    auto parsed = target.parse(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(std::move(parsed).problem().kind, ProblemKind::invalid_request);
  }
}

TEST(Target, QueryItemsAreDecoded) {
  Target target;
  ASSERT_TRUE(target.parse("/a?from=-15m&key=a+b%2Bc&empty=&flag&&eq=a=b"));
  EXPECT_EQ(target.find("from"), "-15m");
  EXPECT_EQ(target.find("key"), "a b+c");
  EXPECT_EQ(target.find("empty"), "");
  EXPECT_EQ(target.find("flag"), "");
  EXPECT_EQ(target.find("eq"), "a=b");
  EXPECT_FALSE(target.find("other"));
  ASSERT_TRUE(target.parse("/b"));
  EXPECT_FALSE(target.find("from")) << "nothing is left of the last target";
}

}  // namespace
}  // namespace twofold::http
