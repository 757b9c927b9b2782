#include "engine/offset_map.h"

#include <string>

#include <gtest/gtest.h>

namespace twofold::engine {
namespace {

constexpr OffsetMap::Secret kSecret{1, 2, 3};

TEST(OffsetMapTest, KnowsTheNewestOffsetOfEachKey) {
  OffsetMap map(1 << 20, kSecret);
  EXPECT_TRUE(map.put("a", Offset{3}));
  EXPECT_TRUE(map.put("b", Offset{4}));
  EXPECT_TRUE(map.put("a", Offset{9}));
  EXPECT_TRUE(map.put("a", Offset{5})) << "an older one changes nothing";
  EXPECT_EQ(map.newest("a"), Offset{9});
  EXPECT_EQ(map.newest("b"), Offset{4});
  EXPECT_EQ(map.newest("c"), std::nullopt);
  EXPECT_EQ(map.size(), 2u);
}

TEST(OffsetMapTest, AnEmptyKeyIsAKeyAndOffset0IsAnOffset) {
  OffsetMap map(1 << 20, kSecret);
  EXPECT_EQ(map.newest(""), std::nullopt);
  EXPECT_TRUE(map.put("", Offset{0}));
  EXPECT_EQ(map.newest(""), Offset{0});
}

TEST(OffsetMapTest, GrowsUpToItsBoundAndThenSaysNo) {
  constexpr std::size_t kBytes = 1 << 20;
  OffsetMap map(kBytes, kSecret);
  std::int64_t taken = 0;
  while (map.put("key " + std::to_string(taken), Offset{taken})) ++taken;
  EXPECT_LE(map.bytes(), kBytes);
  EXPECT_EQ(map.size(), static_cast<std::size_t>(taken));
  EXPECT_GT(taken, 20'000) << "a megabyte holds no less";
  EXPECT_TRUE(map.put("key 7", Offset{taken})) << "a key it knows still fits";
  for (std::int64_t i = 0; i < taken; ++i) {
    const Offset wanted{i == 7 ? taken : i};
    ASSERT_EQ(map.newest("key " + std::to_string(i)), wanted);
  }
}

TEST(OffsetMapTest, HoldsOneKeyHoweverSmall) {
  OffsetMap map(1, kSecret);
  EXPECT_TRUE(map.put("a", Offset{1}));
  EXPECT_FALSE(map.put("b", Offset{2}));
  EXPECT_TRUE(map.put("a", Offset{3}));
  EXPECT_EQ(map.newest("a"), Offset{3});
  EXPECT_EQ(map.newest("b"), std::nullopt);
}

}  // namespace
}  // namespace twofold::engine
