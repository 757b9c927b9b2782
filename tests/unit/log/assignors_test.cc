#include "log/assignors.h"

#include <set>

#include <gtest/gtest.h>

namespace twofold::log {
namespace {

using Assignment = std::map<PartitionKey, MemberNumber>;

PartitionKey key(std::uint32_t topic, std::int32_t partition) {
  return {topic, PartitionId{partition}};
}
std::vector<std::int32_t> partitions_of(const Assignment& assignment, MemberNumber member,
                                        std::uint32_t topic = 1) {
  std::vector<std::int32_t> partitions;
  for (const auto& [at, reader] : assignment) {
    if (reader == member && at.topic_id == topic) partitions.push_back(at.partition.value());
  }
  return partitions;
}
using List = std::vector<std::int32_t>;

TEST(Assignors, HaveKafkasNames) {
  EXPECT_EQ(parse_assignor("range"), Assignor::range);
  EXPECT_EQ(parse_assignor("cooperative-sticky"), Assignor::cooperative_sticky);
  EXPECT_EQ(parse_assignor("roundrobin"), std::nullopt);
  EXPECT_EQ(assignor_name(Assignor::cooperative_sticky), "cooperative-sticky");
}

TEST(Assignors, RangeGivesNeighboursInTheOrderOfNames) {
  const std::vector<Subscriber> members = {
      {1, "b", {{1, 7}, {2, 3}}},
      {2, "a", {{1, 7}, {2, 3}}}
  };
  const auto assignment = assign(Assignor::range, members, {});
  EXPECT_EQ(partitions_of(assignment, 2), (List{0, 1, 2, 3}));
  EXPECT_EQ(partitions_of(assignment, 1), (List{4, 5, 6}));
  EXPECT_EQ(partitions_of(assignment, 2, 2), (List{0, 1})) << "the same numbers of each topic";
  EXPECT_EQ(partitions_of(assignment, 1, 2), (List{2}));
}

TEST(Assignors, StickyMovesNoMoreThanItMust) {
  const Assignment had = assign(Assignor::cooperative_sticky,
                                {
                                    {1, "a", {{1, 6}}}
  },
                                {});
  EXPECT_EQ(partitions_of(had, 1), (List{0, 1, 2, 3, 4, 5}));
  const std::vector<Subscriber> two = {
      {1, "a", {{1, 6}}},
      {2, "b", {{1, 6}}}
  };
  const Assignment shared = assign(Assignor::cooperative_sticky, two, had);
  EXPECT_EQ(partitions_of(shared, 1), (List{0, 1, 2}));
  EXPECT_EQ(partitions_of(shared, 2), (List{3, 4, 5}));
  EXPECT_EQ(assign(Assignor::cooperative_sticky, two, shared), shared) << "nothing to do";
  const Assignment alone = assign(Assignor::cooperative_sticky, {two[1]}, shared);
  EXPECT_EQ(partitions_of(alone, 2), (List{0, 1, 2, 3, 4, 5}));
}

TEST(Assignors, AMemberGetsOnlyWhatItReads) {
  const std::vector<Subscriber> members = {
      {1, "a", {{1, 4}}        },
      {2, "b", {{1, 4}, {2, 2}}}
  };
  for (const Assignor assignor : {Assignor::cooperative_sticky, Assignor::range}) {
    const auto assignment = assign(assignor, members, {});
    EXPECT_EQ(assignment.size(), 6u);
    EXPECT_EQ(partitions_of(assignment, 2, 2), (List{0, 1}));
  }
  const auto sticky = assign(Assignor::cooperative_sticky, members, {});
  EXPECT_EQ(partitions_of(sticky, 1).size(), 3u) << "the other one has two of the second topic";
}

TEST(Assignors, MoreMembersThanPartitionsLeaveSomeWithout) {
  std::vector<Subscriber> members;
  for (MemberNumber n = 1; n <= 5; ++n) members.push_back({n, std::to_string(n), {{1, 3}}});
  for (const Assignor assignor : {Assignor::cooperative_sticky, Assignor::range}) {
    const auto assignment = assign(assignor, members, {});
    std::set<MemberNumber> readers;
    for (const auto& [at, reader] : assignment) readers.insert(reader);
    EXPECT_EQ(assignment.size(), 3u);
    EXPECT_EQ(readers.size(), 3u);
  }
}

TEST(Assignors, WithoutMembersNothingIsRead) {
  EXPECT_TRUE(assign(Assignor::range,
                     {
  },
                     {{key(1, 0), 7}})
                  .empty());
}

}  // namespace
}  // namespace twofold::log
