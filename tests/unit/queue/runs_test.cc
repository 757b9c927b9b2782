#include "queue/runs.h"

#include <gtest/gtest.h>

namespace twofold::queue {
namespace {

using engine::Offset;

TEST(Runs, OffsetsInAnyOrderBecomeAscendingRunsAndDoublesCountOnce) {
  const Runs runs = runs_of({Offset{9}, Offset{5}, Offset{6}, Offset{5}, Offset{7}});
  EXPECT_EQ(runs, (Runs{
                      {Offset{5}, 3},
                      {Offset{9}, 1}
  }));
  EXPECT_EQ(count_of(runs), 4);
  EXPECT_TRUE(runs_of({}).empty());
}

TEST(Runs, BitsOfAWindowBecomeRunsAndJoinTheRunBefore) {
  Runs runs;
  append_bits(runs, 0, Bits{1} << 63);
  append_bits(runs, 1, 0b1011);
  EXPECT_EQ(runs, (Runs{
                      {Offset{63}, 3},
                      {Offset{67}, 1}
  }));
  append_bits(runs, 2, ~Bits{0});
  append_bits(runs, 3, 1);
  EXPECT_EQ(runs.back(), (queue::Run{Offset{128}, 65}));
}

TEST(Runs, ARangeVisitsEachWindowWithItsOwnBits) {
  std::vector<std::pair<std::int64_t, Bits>> seen;
  each_window(Offset{62}, Offset{130},
              [&](std::int64_t w, Bits bits) { seen.emplace_back(w, bits); });
  const std::vector<std::pair<std::int64_t, Bits>> expected{
      {0, Bits{3} << 62},
      {1, ~Bits{0}     },
      {2, 0b11         }
  };
  EXPECT_EQ(seen, expected);
  each_window(Offset{5}, Offset{5}, [](std::int64_t, Bits) { FAIL() << "an empty range"; });
}

TEST(Runs, TheBoundsOfAWindowAreExact) {
  EXPECT_EQ(bits_from(1, Offset{64}), ~Bits{0});
  EXPECT_EQ(bits_from(1, Offset{127}), Bits{1} << 63);
  EXPECT_EQ(bits_from(1, Offset{128}), 0u);
  EXPECT_EQ(bits_before(1, Offset{64}), 0u);
  EXPECT_EQ(bits_before(1, Offset{128}), ~Bits{0});
}

TEST(Runs, TheLowestBitsAreTakenFirst) {
  EXPECT_EQ(lowest(0b110110, 2), 0b110u);
  EXPECT_EQ(lowest(0b110110, 9), 0b110110u);
  EXPECT_EQ(lowest(0b1, 0), 0u);
}

TEST(Runs, RunsFromTwoPlacesAreSortedAndJoined) {
  EXPECT_EQ(joined({
                {Offset{10}, 5},
                {Offset{2},  1},
                {Offset{15}, 2}
  }),
            (Runs{{Offset{2}, 1}, {Offset{10}, 7}}));
}

}  // namespace
}  // namespace twofold::queue
