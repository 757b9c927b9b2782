#include "engine/dedup.h"

#include <gtest/gtest.h>

namespace twofold::engine {
namespace {

using std::chrono_literals::operator""s;

constexpr Duration kWindow = 300s;

IdHash id(char first) { return {first}; }

struct Dedup : ::testing::Test {
  DedupIds ids;

  void send(char name, std::int64_t offset, Duration at) {
    ids.remember({{id(name), DedupToken{name}, Offset{offset}}}, Instant{0} + at, kWindow);
  }
  std::optional<std::int64_t> first(char name, Duration at) const {
    const DedupIds::First* const found = ids.find(id(name), Instant{0} + at, kWindow);
    if (!found) return std::nullopt;
    EXPECT_EQ(found->token, DedupToken{name});
    return found->offset.value();
  }
  static std::string bytes(const DedupIds& of) {
    std::string bytes;
    ByteWriter out(bytes);
    of.write(out);
    return bytes;
  }
};

TEST_F(Dedup, AnIdLastsForTheWindowToTheMillisecond) {
  send('a', 1, 7s);
  EXPECT_EQ(first('a', 7s), 1);
  EXPECT_EQ(first('a', 7s + kWindow - Duration{1}), 1);
  EXPECT_EQ(first('a', 7s + kWindow), std::nullopt);
  EXPECT_EQ(first('b', 7s), std::nullopt);
}

TEST_F(Dedup, AnIdUsedAgainAfterTheWindowBelongsToItsSecondMessage) {
  send('a', 1, 0s);
  send('a', 2, 300s);
  EXPECT_EQ(first('a', 300s), 2);
  EXPECT_EQ(first('a', 599s), 2);
  EXPECT_EQ(first('a', 600s), std::nullopt);
}

TEST_F(Dedup, TheSecondMessageCountsWhenBothLieInOneGeneration) {
  DedupIds short_ones;
  const Duration window = Duration{6};
  short_ones.remember({{id('a'), DedupToken{}, Offset{1}}}, Instant{10}, window);
  short_ones.remember({{id('a'), DedupToken{}, Offset{2}}}, Instant{10}, window);
  EXPECT_EQ(short_ones.find(id('a'), Instant{11}, window)->offset, Offset{2});
  EXPECT_EQ(short_ones.size(), 1u);
}

TEST_F(Dedup, NoGenerationIsForgottenBeforeItsLastIdIs) {
  send('a', 1, 0s);
  send('b', 2, 49s);   // in the first sixth
  send('c', 3, 50s);   // begins the second
  send('d', 4, 348s);  // b is remembered for another second
  EXPECT_EQ(first('b', 348s), 2);
  EXPECT_EQ(first('a', 348s), std::nullopt) << "kept, but too old";
  EXPECT_EQ(ids.size(), 4u);
  send('e', 5, 350s);
  EXPECT_EQ(ids.size(), 3u) << "the first generation went";
  EXPECT_EQ(first('c', 349s), 3);
}

TEST_F(Dedup, GenerationsAreSixAndOneOrTwoMoreWhateverIsSent) {
  for (int second = 0; second < 3'000; ++second)
    send(static_cast<char>(second % 100), second, Duration{second * 1'000});
  EXPECT_LE(ids.size(), 800u);
  EXPECT_EQ(first(99, 2'999s), 2'999);
}

TEST_F(Dedup, ALongSilenceForgetsAllButTheNewest) {
  send('a', 1, 0s);
  send('b', 2, 100s);
  send('c', 3, 10'000s);
  EXPECT_EQ(first('a', 10'000s), std::nullopt);
  EXPECT_EQ(first('c', 10'000s), 3);
  EXPECT_LE(ids.size(), 2u) << "the generation before the newest may still be there";
}

TEST_F(Dedup, AWindowOfNothingRemembersNothing) {
  ids.remember({{id('a'), DedupToken{}, Offset{1}}}, Instant{5}, Duration{0});
  EXPECT_EQ(ids.find(id('a'), Instant{5}, Duration{0}), nullptr);
}

TEST_F(Dedup, WhatIsReadIsWhatWasWritten) {
  send('a', 1, 0s);
  send('b', 2, 60s);
  send('c', 3, 60s);
  const std::string written = bytes(ids);
  ByteReader in(written);
  DedupIds read;
  ASSERT_TRUE(read.read(in));
  EXPECT_TRUE(in.done());
  EXPECT_EQ(bytes(read), written);
  EXPECT_EQ(read.newest(), ids.newest());
  EXPECT_EQ(read.find(id('b'), Instant{0} + 359s, kWindow)->offset, Offset{2});
}

TEST_F(Dedup, BytesThatEndEarlyAreNotRead) {
  send('a', 1, 0s);
  send('b', 2, 60s);
  const std::string written = bytes(ids);
  for (std::size_t size = 0; size < written.size(); ++size) {
    const std::string cut = written.substr(0, size);
    ByteReader in(cut);
    DedupIds read;
    EXPECT_FALSE(read.read(in) && in.done()) << size;
  }
}

}  // namespace
}  // namespace twofold::engine
