#include "engine/superblock.h"

#include <gtest/gtest.h>

#include "engine/base/simulated_file_system.h"

namespace twofold::engine {
namespace {

struct Superblocks : ::testing::Test {
  /// The fifth generation stands in slot 1, the fourth in slot 0.
  Superblocks() {
    Superblock block;
    for (block.incarnation = 11; block.incarnation <= 15; ++block.incarnation)
      EXPECT_TRUE(store.store(block));
  }
  std::optional<Superblock> load() {
    const auto loaded = store.load();
    EXPECT_TRUE(loaded.has_value());
    return loaded ? *loaded : std::nullopt;
  }

  SeededRandom random{1};
  SimulatedFileSystem disk{random};
  SuperblockStore store{disk};
};

TEST_F(Superblocks, TheNewestCounts) {
  EXPECT_EQ(load()->generation, 5u);
  EXPECT_EQ(load()->incarnation, 15u);
}

TEST_F(Superblocks, AnEmptyDirectoryHasNone) {
  SimulatedFileSystem empty(random);
  const auto loaded = SuperblockStore(empty).load();
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->has_value());
}

TEST_F(Superblocks, OneThatCannotBeReadNowIsNotOneThatIsGone) {
  for (const DiskCall call : {DiskCall::open, DiskCall::read, DiskCall::list}) {
    for (std::uint64_t kth = 1; kth <= (call == DiskCall::list ? 1 : 2); ++kth) {
      disk.fail(call, kth, DiskFault::io_error);
      const auto loaded = store.load();
      ASSERT_FALSE(loaded) << "an older generation was taken for the newest";
      EXPECT_EQ(loaded.error().code, Errc::io);
      EXPECT_EQ(load()->generation, 5u) << "the next start is luckier";
    }
  }
}

TEST_F(Superblocks, OneThatIsRottenCostsOneGenerationAndItsIncarnation) {
  disk.flip_bit("superblock.1", 77);
  EXPECT_EQ(load()->generation, 4u);
  EXPECT_EQ(load()->incarnation, 15u) << "it may have been used";
  Superblock next = *load();
  ASSERT_TRUE(store.store(next));
  EXPECT_EQ(load()->generation, 5u) << "in the place of the rotten one";
}

TEST_F(Superblocks, OneThatIsGoneLeavesTheOther) {
  ASSERT_TRUE(disk.remove("superblock.1"));
  EXPECT_EQ(load()->generation, 4u);
}

TEST_F(Superblocks, WithoutASoundOneNothingStarts) {
  disk.flip_bit("superblock.0", 77);
  disk.flip_bit("superblock.1", 77);
  EXPECT_EQ(store.load().error().code, Errc::data_damaged);
}

}  // namespace
}  // namespace twofold::engine
