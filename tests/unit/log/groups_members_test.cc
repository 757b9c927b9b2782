#include "log/groups.h"
#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

using List = std::vector<std::int32_t>;

/// Writes down what it hears.
struct Heard final : MemberObserver {
  void on_assigned(const std::vector<HeldPartition>& partitions) override {
    for (const auto& one : partitions) assigned.push_back(one.key.partition.value());
  }
  void on_revoked(const std::vector<RevokedPartition>& partitions) override {
    for (const auto& one : partitions) revoked.push_back(one.key.partition.value());
    commit_by = partitions.front().commit_by;
  }
  void on_moved(const std::vector<HeldPartition>& partitions) override {
    for (const auto& one : partitions) {
      told.push_back(one.key.partition.value());
      moved.push_back(one.committed->value());
    }
  }
  void on_detached() override { ++detached; }

  std::vector<std::int32_t> assigned;
  std::vector<std::int32_t> revoked;
  std::vector<std::int64_t> moved;
  std::vector<std::int32_t> told;
  Instant commit_by{0};
  int detached = 0;
};

class GroupMembersTest : public LogTest {
 protected:
  GroupMembersTest() {
    create("orders", 4);
    for (std::int32_t p = 0; p < 4; ++p) {
      publish("orders", std::vector<Note>(20, Note{"k", "v", p}));
    }
  }
  Result<Holding> join(const std::string& member, MemberObserver* observer = nullptr,
                       std::optional<Instant> until = std::nullopt) {
    return groups->join({"g", member, "test", {"orders"}, 30s}, observer, until);
  }
  List assigned(const std::string& member) {
    List list;
    const auto holding = groups->holding("g", member);
    if (!holding) return {-1};
    for (const auto& one : holding->assigned) list.push_back(one.key.partition.value());
    return list;
  }
  Errc commit(const std::string& member, std::int32_t partition, std::int64_t offset) {
    Answer<Committed> answer;
    Commit one{"g", {{"orders", PartitionId{partition}, Offset{offset}}}};
    if (!member.empty()) one.by = member;
    groups->commit(std::move(one), answer.here());
    core->commit();
    return answer.good() ? Errc{} : answer.error();
  }
  PartitionKey key(std::int32_t partition) {
    return {topics->resolve("orders")->id, PartitionId{partition}};
  }
};

TEST_F(GroupMembersTest, TwoMembersShareAndAThirdPartyIsRefused) {
  ASSERT_TRUE(join("a"));
  ASSERT_TRUE(join("b"));
  EXPECT_EQ(assigned("a"), (List{0, 1}));
  EXPECT_EQ(assigned("b"), (List{2, 3}));
  EXPECT_EQ(commit("a", 0, 5), Errc{});
  EXPECT_EQ(commit("b", 0, 7), Errc::member_fenced) << "a reads it";
  EXPECT_EQ(commit("", 0, 7), Errc::group_in_use);
  EXPECT_EQ(groups->committed("g", "orders", PartitionId{0}), Offset{5});
  EXPECT_EQ(commit("b", 0, 5), Errc{}) << "it is committed, whoever says so";
}

TEST_F(GroupMembersTest, AMemberThatDiesLosesItsPartitionsAndIsFenced) {
  ASSERT_TRUE(join("a"));
  ASSERT_TRUE(join("b"));
  core->pass(20s);
  ASSERT_TRUE(join("b"));
  core->pass(11s);
  EXPECT_EQ(assigned("a"), List{-1});
  EXPECT_EQ(assigned("b"), (List{0, 1, 2, 3}));
  EXPECT_EQ(commit("a", 0, 5), Errc::member_fenced);
  EXPECT_EQ(groups->committed("g", "orders", PartitionId{0}), std::nullopt);
}

TEST_F(GroupMembersTest, WorkThatNobodyTookOverMayBeCommittedLate) {
  ASSERT_TRUE(join("a"));
  core->pass(31s);
  EXPECT_EQ(assigned("a"), List{-1});
  EXPECT_EQ(commit("a", 0, 5), Errc{});
  crash_and_restart();
  EXPECT_EQ(commit("a", 0, 6), Errc{}) << "after a restart nobody is a member yet";
}

TEST_F(GroupMembersTest, ACommitIsASignOfLife) {
  ASSERT_TRUE(join("a"));
  for (int i = 0; i < 3; ++i) {
    core->pass(20s);
    EXPECT_EQ(commit("a", 0, i), Errc{});
  }
  EXPECT_EQ(assigned("a").size(), 4u);
}

TEST_F(GroupMembersTest, AttachedMembersHearOfEverything) {
  Heard a;
  Heard b;
  ASSERT_TRUE(join("a", &a));
  EXPECT_EQ(a.assigned, (List{0, 1, 2, 3}));
  groups->handed_out("g", "a", key(2), Offset{10});
  groups->handed_out("g", "a", key(3), Offset{10});
  ASSERT_TRUE(join("b", &b));
  EXPECT_EQ(a.revoked, (List{2, 3}));
  EXPECT_EQ(a.commit_by, core->now() + 30s);
  EXPECT_TRUE(b.assigned.empty());
  EXPECT_EQ(commit("a", 2, 10), Errc{});
  EXPECT_EQ(b.assigned, List{2});
  core->pass(31s);
  EXPECT_EQ(b.assigned, (List{2, 3})) << "commit_by is over";
  EXPECT_EQ(commit("a", 3, 10), Errc::member_fenced);
  groups->detach("g", "a", a);
  core->pass(31s);
  EXPECT_EQ(b.assigned, (List{2, 3, 0, 1}));
  EXPECT_EQ(assigned("a"), List{-1});
  groups->detach("g", "b", b);
}

TEST_F(GroupMembersTest, ASeekReachesLiveMembers) {
  Heard a;
  ASSERT_TRUE(join("a", &a));
  EXPECT_EQ(commit("a", 0, 15), Errc{});
  Answer<Committed> sought;
  groups->seek("g",
               {
                   {"orders", PartitionId{0}, Offset{3}}
  },
               sought.here());
  core->commit();
  ASSERT_TRUE(sought.good());
  EXPECT_EQ(a.moved, std::vector<std::int64_t>{3});
  EXPECT_EQ(a.told, List{0});
  const auto holding = groups->holding("g", "a");
  EXPECT_EQ(holding->assigned[0].committed, Offset{3});
  EXPECT_EQ(holding->assigned[0].seeks, 1u);
  EXPECT_EQ(holding->assigned[1].seeks, 0u);
  groups->detach("g", "a", a);
}

TEST_F(GroupMembersTest, OnlyTheReaderOfAPartitionHearsThatItWasSought) {
  Heard a;
  Heard b;
  ASSERT_TRUE(join("a", &a));
  ASSERT_TRUE(join("b", &b));
  Answer<Committed> sought;
  groups->seek("g",
               {
                   {"orders", PartitionId{3}, Offset{3}}
  },
               sought.here());
  core->commit();
  ASSERT_TRUE(sought.good());
  EXPECT_EQ(sought->stands[0].seeks, 1u);
  EXPECT_EQ(a.told, List{});
  EXPECT_EQ(b.told, List{3});
  groups->detach("g", "a", a);
  groups->detach("g", "b", b);
}

TEST_F(GroupMembersTest, AttachingEndsWithItsTimeOrWithAnother) {
  Heard first;
  Heard second;
  ASSERT_TRUE(join("a", &first, core->now() + 20s));
  ASSERT_TRUE(join("a", &second, core->now() + 20s));
  EXPECT_EQ(first.detached, 1) << "another poll of the same member";
  core->pass(21s);
  EXPECT_EQ(second.detached, 1);
  core->pass(28s);
  EXPECT_EQ(assigned("a").size(), 4u) << "the session counts from the end of the wait";
  core->pass(3s);
  EXPECT_EQ(assigned("a"), List{-1});
}

TEST_F(GroupMembersTest, WhoLeavesHandsOverAtOnce) {
  Heard b;
  ASSERT_TRUE(join("a"));
  ASSERT_TRUE(join("b", &b));
  ASSERT_TRUE(groups->leave("g", "a"));
  EXPECT_EQ(b.assigned, (List{2, 3, 0, 1}));
  EXPECT_EQ(groups->leave("g", "a").error().code, Errc::member_unknown);
  ASSERT_TRUE(groups->leave("g", "b"));
  EXPECT_EQ(b.detached, 1);
  EXPECT_EQ(groups->find("g").error().code, Errc::group_not_found) << "it committed nothing";
}

TEST_F(GroupMembersTest, AGroupWithMembersIsShownAndNotRemoved) {
  ASSERT_TRUE(join("a"));
  const auto info = groups->find("g");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->kind, GroupKind::broker);
  EXPECT_EQ(info->state, GroupState::stable);
  EXPECT_EQ(info->members.size(), 1u);
  EXPECT_EQ(info->members[0].assigned.size(), 4u);
  EXPECT_EQ(groups->list("", 10).size(), 1u);
  Answer<Durability> answer;
  groups->remove("g", answer.here());
  EXPECT_EQ(answer.error(), Errc::group_in_use);
}

TEST_F(GroupMembersTest, MembersOfTheOtherKindAreRefused) {
  ASSERT_TRUE(join("a"));
  Answer<JoinAnswer> refused;
  EXPECT_EQ(groups->classic_join("g", {}, refused.here()), 0u);
  EXPECT_EQ(refused.error(), Errc::group_in_use);

  JoinRequest request;
  request.client_id = "kafka";
  request.protocol_type = "consumer";
  request.protocols = {
      {"range", ""}
  };
  Answer<JoinAnswer> joined;
  groups->classic_join("other", request, joined.here());
  ASSERT_TRUE(joined.good());
  EXPECT_EQ(groups->join({"other", "a", "", {"orders"}}).error().code, Errc::group_in_use);
  Answer<Committed> commit;
  groups->commit({"other", {{"orders", PartitionId{0}, Offset{1}}}, std::string("a")},
                 commit.here());
  EXPECT_EQ(commit.error(), Errc::group_in_use);
}

TEST_F(GroupMembersTest, AClassicGroupFromJoinToCommit) {
  JoinRequest request;
  request.client_id = "kafka";
  request.session_timeout = 10s;
  request.rebalance_timeout = 60s;
  request.protocol_type = "consumer";
  request.protocols = {
      {"range", "m"}
  };
  Answer<JoinAnswer> first;
  groups->classic_join("c", request, first.here());
  ASSERT_TRUE(first.good());
  EXPECT_TRUE(first->member_id.starts_with("kafka-"));
  Answer<JoinAnswer> second;
  EXPECT_NE(groups->classic_join("c", request, second.here()), 0u) << "waits for the first";
  core->pass(9s);
  MemberRef who{first->member_id, {}, 1};
  EXPECT_EQ(groups->classic_heartbeat("c", who).error().code, Errc::rebalance_in_progress);
  core->pass(11s);
  ASSERT_TRUE(second.good()) << "the first was silent for its session";
  EXPECT_EQ(second->leader, second->member_id);
  who = {second->member_id, {}, second->generation};
  Answer<SyncAnswer> synced;
  groups->classic_sync("c", {who, {}, {}, {{who.member_id, "all"}}}, synced.here());
  EXPECT_EQ(synced->assignment, "all");
  Answer<Committed> committed;
  Commit commit{"c", {{"orders", PartitionId{0}, Offset{4}}}, who, true};
  groups->commit(commit, committed.here());
  core->commit();
  EXPECT_TRUE(committed.good());
  Answer<Committed> stale;
  commit.by = MemberRef{who.member_id, {}, who.generation - 1};
  groups->commit(commit, stale.here());
  EXPECT_EQ(stale.error(), Errc::generation_stale);
  core->pass(11s);
  EXPECT_EQ(groups->find("c")->kind, GroupKind::none) << "everybody is gone; the offsets stay";
  Answer<Committed> late;
  commit.by = who;
  groups->commit(commit, late.here());
  EXPECT_EQ(late.error(), Errc::member_unknown);
}

TEST_F(GroupMembersTest, TheRetentionOfOffsetsCountsFromTheLastMembersLeaving) {
  Heard a;
  ASSERT_TRUE(join("a", &a));
  EXPECT_EQ(commit("a", 0, 5), Errc{});
  core->pass(std::chrono::hours{24 * 8});
  ASSERT_TRUE(groups->leave("g", "a"));
  core->commit();
  core->pass(std::chrono::hours{24 * 6});
  core->commit();
  crash_and_restart();
  EXPECT_TRUE(groups->find("g"));
  core->pass(std::chrono::hours{25});
  core->commit();
  EXPECT_FALSE(groups->find("g"));
}

TEST_F(GroupMembersTest, TheOffsetsOfAnIdleGroupInUseOutliveARestartAfterMoreThanTheirRetention) {
  Heard a;
  ASSERT_TRUE(join("a", &a));
  EXPECT_EQ(commit("a", 0, 5), Errc{});
  for (int hour = 0; hour < 24 * 9; ++hour) {
    core->pass(std::chrono::hours{1});
    core->commit();
  }
  crash_and_restart();
  core->pass(std::chrono::hours{1});
  core->commit();
  EXPECT_TRUE(groups->find("g")) << "its members are on their way back";
}

TEST_F(GroupMembersTest, ATopicThatIsRemovedTakesItsPartitionsAlong) {
  Heard a;
  ASSERT_TRUE(join("a", &a));
  remove("orders");
  EXPECT_EQ(a.revoked, (List{0, 1, 2, 3}));
  EXPECT_EQ(join("a").error().code, Errc::topic_not_found);
  create("orders", 2);
  EXPECT_EQ(join("a", &a)->assigned.size(), 2u);
  groups->detach("g", "a", a);
}

TEST_F(GroupMembersTest, ADrainLetsEverybodyGo) {
  Heard a;
  ASSERT_TRUE(join("a", &a));
  groups->release_waiters();
  EXPECT_EQ(a.detached, 1);
}

TEST_F(GroupMembersTest, HalvesOfACommitWorkInOneTurn) {
  ASSERT_TRUE(join("a"));
  Commit one{"g", {{"orders", PartitionId{0}, Offset{5}}}, std::string("a")};
  auto checked = groups->check(one);
  ASSERT_TRUE(checked);
  EXPECT_EQ(groups->committed("g", "orders", PartitionId{0}), std::nullopt);
  const auto stands = groups->apply(*std::move(checked));
  EXPECT_EQ(stands[0].offset, Offset{5});
  one.by = std::string("b");
  EXPECT_TRUE(groups->check(one)) << "it is committed already";
  one.must_not_lag = true;
  EXPECT_EQ(groups->check(one).error().code, Errc::member_fenced) << "more hangs on it";
}

TEST_F(GroupMembersTest, ASlowMembersResultIsNotWrittenASecondTime) {
  Commit done{"g", {{"orders", PartitionId{0}, Offset{5}}}};
  done.must_not_lag = true;
  groups->apply(*groups->check(done));
  EXPECT_EQ(groups->check(done).error().code, Errc::member_fenced) << "nobody reads it any more";
  Commit larger{"g", {{"orders", PartitionId{0}, Offset{10}}}};
  larger.must_not_lag = true;
  larger.offsets[0].from = Offset{0};
  EXPECT_EQ(groups->check(larger).error().code, Errc::member_fenced) << "half of it was done";
  larger.offsets[0].from = Offset{5};
  EXPECT_TRUE(groups->check(larger));
}

TEST_F(GroupMembersTest, PartitionsInWhichNothingCameAreCommittedAlong) {
  Commit done{"g", {{"orders", PartitionId{0}, Offset{5}}}};
  groups->apply(*groups->check(done));
  Commit next{
      "g", {{"orders", PartitionId{0}, Offset{5}}, {"orders", PartitionId{1}, Offset{1}}}
  };
  next.must_not_lag = true;
  EXPECT_TRUE(groups->check(next));
}

}  // namespace
}  // namespace twofold::log
