#include "src/serve/heap_trim.h"

#include <gtest/gtest.h>

namespace twofold {
namespace {

TEST(CrowdWatch, FewMayComeAndGo) {
  CrowdWatch crowd;
  for (const std::size_t present : {0u, 999u, 0u, 999u, 3u}) EXPECT_FALSE(crowd.has_left(present));
}

TEST(CrowdWatch, ACrowdHasLeftWhenHalfOfItIsGone) {
  CrowdWatch crowd;
  EXPECT_FALSE(crowd.has_left(4'000));
  EXPECT_FALSE(crowd.has_left(2'001));
  EXPECT_FALSE(crowd.has_left(2'001));
  EXPECT_FALSE(crowd.has_left(2'000)) << "others may be about to follow";
  EXPECT_TRUE(crowd.has_left(2'000));
  EXPECT_FALSE(crowd.has_left(2'000)) << "only once";
}

TEST(CrowdWatch, ThoseThatLeaveSlowlyAreFewMoments) {
  CrowdWatch crowd;
  int moments = 0;
  for (std::size_t twice = 30'000; twice > 0; --twice) moments += crowd.has_left(twice / 2);
  EXPECT_EQ(moments, 4) << "at 7,500, 3,750, 1,875 and 937";
}

TEST(CrowdWatch, TheNextCrowdCountsAnew) {
  CrowdWatch crowd;
  EXPECT_FALSE(crowd.has_left(1'000));
  EXPECT_FALSE(crowd.has_left(10));
  EXPECT_TRUE(crowd.has_left(10));
  EXPECT_FALSE(crowd.has_left(5'000));
  EXPECT_FALSE(crowd.has_left(0));
  EXPECT_TRUE(crowd.has_left(0));
}

}  // namespace
}  // namespace twofold
