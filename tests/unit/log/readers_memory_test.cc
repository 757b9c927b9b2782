// Groups, and readers that wait, keep to their memory however wide the topics are.
#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

constexpr std::int32_t kWide = 10'000;  // partitions

class ReadersMemory : public LogTest {
 protected:
  void limit(std::size_t groups_bytes, std::size_t waiting_bytes = 256 << 20) {
    groups_options.bytes_max = groups_bytes;
    topic_limits.waiting_bytes_max = waiting_bytes;
    crash_and_restart();
    create("wide", kWide);
  }
  static CommittedOffset offset_in(std::int32_t partition, std::string metadata = "") {
    CommittedOffset offset{"wide", PartitionId{partition}, Offset{0}};
    offset.metadata = std::move(metadata);
    return offset;
  }
  Errc commit(const std::string& group, std::vector<CommittedOffset> offsets) {
    Answer<Durability> answer;
    groups->commit(group, std::move(offsets), answer.here());
    core->commit();
    return answer.good() ? Errc{} : answer.error();
  }
  Errc seek(const std::string& group, std::int32_t partition) {
    Answer<Committed> answer;
    groups->seek(group, {offset_in(partition)}, answer.here());
    core->commit();
    return answer.good() ? Errc{} : answer.error();
  }
  // How many groups commit one offset in the last partition before one is refused.
  int fill() {
    int count = 0;
    while (commit("g" + std::to_string(count), {offset_in(kWide - 1)}) == Errc{}) ++count;
    return count;
  }
};

TEST_F(ReadersMemory, OneOffsetInAWideTopicCountsForAllThatItTakes) {
  limit(1 << 20);
  EXPECT_EQ(fill(), 13) << "80 kB each";
  EXPECT_EQ(commit("new", {offset_in(kWide - 1)}), Errc::overloaded);
  EXPECT_EQ(seek("g0", kWide - 1), Errc::overloaded) << "seeks are counted, too";
}

TEST_F(ReadersMemory, WhoGoesOnWhereItIsIsNeverRefused) {
  limit(1 << 20);
  fill();
  EXPECT_EQ(commit("g0", {offset_in(kWide - 1)}), Errc{});
  EXPECT_EQ(commit("g0", {offset_in(0), offset_in(5)}), Errc{});
}

TEST_F(ReadersMemory, WhatIsGivenBackCanBeTakenAgain) {
  limit(1 << 20);
  const int before = fill();
  Answer<Durability> removed;
  groups->remove("g3", removed.here());
  core->commit();
  EXPECT_EQ(commit("new", {offset_in(kWide - 1)}), Errc{});
  EXPECT_EQ(commit("another", {offset_in(kWide - 1)}), Errc::overloaded);
  remove("wide");
  create("wide", kWide);
  EXPECT_EQ(fill(), before);
}

TEST_F(ReadersMemory, ARestartCountsTheSame) {
  limit(1 << 20);
  fill();
  crash_and_restart();
  EXPECT_EQ(commit("new", {offset_in(kWide - 1)}), Errc::overloaded);
  EXPECT_EQ(commit("g0", {offset_in(7)}), Errc{});
  core->checkpoint();
  crash_and_restart();
  EXPECT_EQ(commit("new", {offset_in(kWide - 1)}), Errc::overloaded);
}

TEST_F(ReadersMemory, MetadataCountsOnceHoweverOftenItIsCommitted) {
  limit(20'000);
  const std::string note(4'000, 'm');
  for (int i = 0; i < 100; ++i) ASSERT_EQ(commit("g", {offset_in(0, note)}), Errc{}) << i;
  EXPECT_EQ(
      commit("g", {offset_in(1, note), offset_in(2, note), offset_in(3, note), offset_in(4, note)}),
      Errc::overloaded);
  EXPECT_EQ(commit("g", {offset_in(0)}), Errc{});
  EXPECT_EQ(
      commit("g", {offset_in(1, note), offset_in(2, note), offset_in(3, note), offset_in(4, note)}),
      Errc{});
}

TEST_F(ReadersMemory, MembersOfWideTopicsHaveRoomForAsManyPartitions) {
  limit(4 << 20);
  const auto join = [this](const std::string& group, const std::string& member) {
    return groups->join({group, member, "test", {"wide"}, 30s});
  };
  ASSERT_TRUE(join("a", "one"));
  ASSERT_TRUE(join("b", "one"));
  EXPECT_EQ(join("c", "one").error().code, Errc::overloaded) << "1.5 MB each";
  EXPECT_TRUE(join("a", "one")) << "a sign of life takes nothing";
  EXPECT_TRUE(join("a", "two")) << "shares what is there";
  ASSERT_TRUE(groups->leave("b", "one"));
  EXPECT_TRUE(join("c", "one"));
}

TEST_F(ReadersMemory, WhoWaitsOnAWideTopicTakesTheRoomOfMany) {
  limit(1 << 20, /*waiting_bytes=*/3 << 20);
  std::vector<PartitionPosition> everywhere;
  for (std::int32_t p = 0; p < kWide; ++p) everywhere.push_back(at(p, 0));
  EXPECT_FALSE(read("wide", everywhere, 10s).came());
  EXPECT_FALSE(read("wide", everywhere, 10s).came());
  const std::uint64_t second = ticket;
  const auto& third = read("wide", everywhere, 10s);
  ASSERT_TRUE(third.came());
  EXPECT_EQ(third.error(), Errc::overloaded);
  EXPECT_TRUE(read("wide", everywhere).good()) << "without a wait it has its answer";
  EXPECT_FALSE(read("wide", {at(7, 0)}, 10s).came()) << "one partition has room";
  topics->cancel(second);
  EXPECT_FALSE(read("wide", everywhere, 10s).came());
}

}  // namespace
}  // namespace twofold::log
