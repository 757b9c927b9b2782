#include "log/broker_group.h"

#include <gtest/gtest.h>

namespace twofold::log {
namespace {

using namespace std::chrono_literals;
using engine::Errc;
using List = std::vector<std::int32_t>;

constexpr std::uint32_t kTopic = 9;

class BrokerGroupTest : public ::testing::Test {
 protected:
  void join(const std::string& member, Duration session = 30s) {
    ASSERT_TRUE(
        group.join(now, {member, "test", {{kTopic, 6}}, session, Assignor::cooperative_sticky}));
  }
  static PartitionKey key(std::int32_t partition) { return {kTopic, PartitionId{partition}}; }
  List assigned(const std::string& member) {
    List list;
    for (const PartitionKey& one : group.view(member).assigned)
      list.push_back(one.partition.value());
    return list;
  }
  List revoking(const std::string& member) {
    List list;
    for (const auto& one : group.view(member).revoking) list.push_back(one.key.partition.value());
    return list;
  }
  void pass(Duration time) {
    now = now + time;
    group.tick(now);
  }
  void hand_out_all(const std::string& member, std::int64_t upto) {
    for (std::int32_t p = 0; p < 6; ++p) group.handed_out(member, key(p), Offset{upto});
  }

  BrokerGroup group{3};
  Instant now{1'000'000};
};

TEST_F(BrokerGroupTest, OneMemberReadsEverything) {
  EXPECT_EQ(group.state(), GroupState::empty);
  join("a");
  EXPECT_EQ(assigned("a"), (List{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(group.generation(), 1);
  EXPECT_EQ(group.state(), GroupState::stable);
  const auto changes = group.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].assigned.size(), 6u);
  EXPECT_TRUE(group.take_changes().empty());
}

TEST_F(BrokerGroupTest, ANewcomerGetsItsShareAtOnceWhenNothingIsInHand) {
  join("a");
  join("b");
  EXPECT_EQ(assigned("a"), (List{0, 1, 2}));
  EXPECT_EQ(assigned("b"), (List{3, 4, 5}));
  EXPECT_EQ(group.generation(), 2);
  join("b");
  EXPECT_EQ(group.generation(), 2) << "a sign of life decides nothing anew";
}

TEST_F(BrokerGroupTest, WhatIsInHandMovesOnceItIsCommitted) {
  join("a");
  hand_out_all("a", 10);
  group.take_changes();
  join("b");
  EXPECT_EQ(group.state(), GroupState::preparing_rebalance);
  EXPECT_EQ(assigned("a"), (List{0, 1, 2}));
  EXPECT_EQ(revoking("a"), (List{3, 4, 5}));
  EXPECT_EQ(assigned("b"), List{});
  EXPECT_EQ(*group.reader(key(3)), "a") << "who may still commit it";
  const auto changes = group.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].revoked.size(), 3u);
  EXPECT_EQ(changes[0].revoked[0].commit_by, now + 30s);

  group.settled(key(3), Offset{9});
  EXPECT_EQ(assigned("b"), List{}) << "one record is not committed yet";
  group.settled(key(3), Offset{10});
  EXPECT_EQ(assigned("b"), List{3});
  EXPECT_EQ(revoking("a"), (List{4, 5}));
  EXPECT_EQ(*group.reader(key(3)), "b");
}

TEST_F(BrokerGroupTest, WhatIsNotCommittedInTimeMovesAllTheSame) {
  join("a");
  hand_out_all("a", 10);
  join("b");
  pass(29'999ms);
  group.heartbeat(now, "a");
  group.heartbeat(now, "b");
  EXPECT_EQ(assigned("b"), List{});
  EXPECT_EQ(group.next_deadline(), Instant{1'030'000});
  pass(1ms);
  EXPECT_EQ(assigned("b"), (List{3, 4, 5}));
  EXPECT_EQ(revoking("a"), List{});
  EXPECT_EQ(group.state(), GroupState::stable);
}

TEST_F(BrokerGroupTest, AMemberThatLetsGoHandsOverAtOnce) {
  join("a");
  hand_out_all("a", 10);
  join("b");
  group.let_go("a");
  EXPECT_EQ(assigned("b"), (List{3, 4, 5}));
}

TEST_F(BrokerGroupTest, ANewcomerThatLeavesGivesBackWhatItWasPromised) {
  join("a");
  hand_out_all("a", 10);
  join("b");
  group.take_changes();
  group.leave(now, "b");
  EXPECT_EQ(assigned("a"), (List{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(group.state(), GroupState::stable);
  const auto changes = group.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].member, "a");
  EXPECT_EQ(changes[0].assigned, (std::vector<PartitionKey>{key(3), key(4), key(5)}));
}

TEST_F(BrokerGroupTest, ASilentMemberIsOutAfterItsSession) {
  join("a", 10s);
  join("b", 60s);
  hand_out_all("a", 10);
  group.take_changes();
  pass(9'999ms);
  EXPECT_TRUE(group.has("a"));
  pass(1ms);
  EXPECT_FALSE(group.has("a"));
  EXPECT_EQ(assigned("b"), (List{0, 1, 2, 3, 4, 5})) << "what it had in hand as well";
  const auto changes = group.take_changes();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_TRUE(changes[0].removed);
}

TEST_F(BrokerGroupTest, AnAttachedMemberNeedsNoHeartbeatUntilItsTimeIsOver) {
  join("a", 10s);
  group.attach("a", now + 20s);
  EXPECT_EQ(group.next_deadline(), now + 20s);
  pass(20s);
  EXPECT_TRUE(group.has("a"));
  EXPECT_FALSE(group.view("a").attached);
  pass(9'999ms);
  EXPECT_TRUE(group.has("a")) << "its session began when it was let go";
  pass(1ms);
  EXPECT_TRUE(group.empty());
  EXPECT_EQ(group.state(), GroupState::empty);
  EXPECT_EQ(group.next_deadline(), std::nullopt);
}

TEST_F(BrokerGroupTest, AnOpenConnectionKeepsItsMemberForEver) {
  join("a", 1s);
  group.attach("a", std::nullopt);
  pass(24h);
  EXPECT_TRUE(group.has("a"));
  group.detach(now, "a");
  pass(1s);
  EXPECT_FALSE(group.has("a"));
}

TEST_F(BrokerGroupTest, HasRoomForSoManyMembers) {
  join("a");
  join("b");
  join("c");
  EXPECT_EQ(group.join(now, {"d", "", {{kTopic, 6}}}).error().code, Errc::group_full);
  EXPECT_TRUE(group.join(now, {"c", "", {{kTopic, 6}}})) << "it is in already";
}

TEST_F(BrokerGroupTest, AnotherSubscriptionSharesOutAnew) {
  join("a");
  join("b");
  ASSERT_TRUE(group.join(now, {"b", "", {{kTopic + 1, 2}}}));
  EXPECT_EQ(assigned("a"), (List{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(group.view("b").assigned.size(), 2u);
}

TEST_F(BrokerGroupTest, MostMembersChooseTheAssignor) {
  join("a");
  ASSERT_TRUE(group.join(now, {"b", "", {{kTopic, 6}}, 30s, Assignor::range}));
  EXPECT_EQ(group.assignor(), Assignor::cooperative_sticky);
  ASSERT_TRUE(group.join(now, {"c", "", {{kTopic, 6}}, 30s, Assignor::range}));
  EXPECT_EQ(group.assignor(), Assignor::range);
  EXPECT_EQ(assigned("b"), (List{2, 3}));
}

TEST_F(BrokerGroupTest, ATopicThatIsGoneIsReadByNobody) {
  join("a");
  hand_out_all("a", 5);
  group.forget_topic(now, kTopic);
  EXPECT_EQ(assigned("a"), List{});
  EXPECT_EQ(group.reader(key(0)), nullptr);
  EXPECT_TRUE(group.has("a"));
}

TEST_F(BrokerGroupTest, StrangersChangeNothing) {
  join("a");
  group.handed_out("b", key(0), Offset{5});
  group.handed_out("a", key(17), Offset{5});
  group.leave(now, "b");
  group.let_go("b");
  group.settled(key(17), Offset{5});
  group.heartbeat(now, "b");
  EXPECT_EQ(group.generation(), 1);
  EXPECT_EQ(group.reader(key(17)), nullptr);
}

}  // namespace
}  // namespace twofold::log
