#include "log/classic_group.h"

#include <gtest/gtest.h>

namespace twofold::log {
namespace {

using namespace std::chrono_literals;
using engine::Errc;

/// A group and everything it has answered so far, by ticket.
class ClassicGroupTest : public ::testing::Test {
 protected:
  RequestTicket join(const std::string& id, const std::string& fresh = "",
                     std::vector<GroupProtocol> protocols = {{"range", "m"}}) {
    JoinRequest request;
    request.member_id = id;
    request.client_id = "c";
    request.session_timeout = 10s;
    request.rebalance_timeout = 60s;
    request.protocol_type = "consumer";
    request.protocols = std::move(protocols);
    return join(std::move(request), fresh);
  }
  RequestTicket join(JoinRequest request, const std::string& fresh = "") {
    group->join(now, ++last, std::move(request), fresh);
    collect();
    return last;
  }
  RequestTicket sync(const std::string& id, std::int32_t generation,
                     std::map<std::string, std::string> assignments = {}) {
    group->sync(now, ++last, {{id, {}, generation}, {}, {}, std::move(assignments)});
    collect();
    return last;
  }
  void pass(Duration time) {
    now = now + time;
    group->tick(now);
    collect();
  }
  void collect() {
    for (auto& one : group->take_joins()) {
      EXPECT_TRUE(joins.emplace(one.ticket, std::move(one.result)).second) << "answered twice";
    }
    for (auto& one : group->take_syncs()) {
      EXPECT_TRUE(syncs.emplace(one.ticket, std::move(one.result)).second) << "answered twice";
    }
  }
  bool joined(RequestTicket ticket) { return joins.contains(ticket); }
  JoinAnswer& answer(RequestTicket ticket) { return *joins.at(ticket); }
  Errc refusal(RequestTicket ticket) { return joins.at(ticket).error().code; }
  Errc sync_refusal(RequestTicket ticket) { return syncs.at(ticket).error().code; }
  Errc heartbeat(const std::string& id, std::int32_t generation) {
    const auto told = group->heartbeat(now, {id, {}, generation});
    return told ? Errc{} : told.error().code;
  }
  /// Members a and b, stable at generation 2; a leads.
  void two_members() {
    join("", "a");
    sync("a", 1, {{"a", "all"}});
    join("", "b");
    join("a");
    sync("a", 2, {{"a", "left"}, {"b", "right"}});
    sync("b", 2);
    ASSERT_EQ(group->state(), GroupState::stable);
    ASSERT_EQ(group->generation(), 2);
  }

  void make(ClassicOptions options) { group = std::make_unique<ClassicGroup>(options); }

  std::unique_ptr<ClassicGroup> group = std::make_unique<ClassicGroup>(ClassicOptions{});
  Instant now{1'000'000};
  RequestTicket last = 0;
  std::map<RequestTicket, Result<JoinAnswer>> joins;
  std::map<RequestTicket, Result<SyncAnswer>> syncs;
};

TEST_F(ClassicGroupTest, TheFirstMemberLeadsAndSharesOut) {
  EXPECT_EQ(group->state(), GroupState::empty);
  const auto ticket = join("", "a", {{"range", "topics of a"}});
  ASSERT_TRUE(joined(ticket));
  EXPECT_EQ(answer(ticket).member_id, "a");
  EXPECT_EQ(answer(ticket).leader, "a");
  EXPECT_EQ(answer(ticket).generation, 1);
  EXPECT_EQ(answer(ticket).protocol, "range");
  ASSERT_EQ(answer(ticket).members.size(), 1u);
  EXPECT_EQ(answer(ticket).members[0].metadata, "topics of a");
  EXPECT_EQ(group->state(), GroupState::completing_rebalance);
  const auto synced = sync("a", 1, {{"a", "all"}});
  EXPECT_EQ(syncs.at(synced)->assignment, "all");
  EXPECT_EQ(group->state(), GroupState::stable);
  EXPECT_EQ(heartbeat("a", 1), Errc{});
}

TEST_F(ClassicGroupTest, ASecondMemberWaitsUntilTheFirstHasJoinedAgain) {
  join("", "a");
  sync("a", 1, {{"a", "all"}});
  const auto second = join("", "b");
  EXPECT_FALSE(joined(second));
  EXPECT_EQ(group->state(), GroupState::preparing_rebalance);
  EXPECT_EQ(heartbeat("a", 1), Errc::rebalance_in_progress);
  const auto first = join("a");
  ASSERT_TRUE(joined(first) && joined(second));
  EXPECT_EQ(answer(first).generation, 2);
  EXPECT_EQ(answer(first).members.size(), 2u) << "the leader is told of all";
  EXPECT_TRUE(answer(second).members.empty());
  EXPECT_EQ(answer(second).leader, "a");

  const auto waiting = sync("b", 2);
  EXPECT_FALSE(syncs.contains(waiting)) << "the leader has not assigned yet";
  sync("a", 2, {{"a", "left"}, {"b", "right"}});
  EXPECT_EQ(syncs.at(waiting)->assignment, "right");
}

TEST_F(ClassicGroupTest, WhoIsStaleIsFenced) {
  two_members();
  EXPECT_EQ(heartbeat("a", 1), Errc::generation_stale);
  EXPECT_EQ(heartbeat("a", 3), Errc::generation_stale);
  EXPECT_EQ(heartbeat("x", 2), Errc::member_unknown);
  EXPECT_EQ(sync_refusal(sync("b", 1)), Errc::generation_stale);
  EXPECT_EQ(group->may_commit(now, MemberRef{"a", {}, 1}).error().code, Errc::generation_stale);
  EXPECT_EQ(group->may_commit(now, MemberRef{"x", {}, 2}).error().code, Errc::member_unknown);
  EXPECT_EQ(group->may_commit(now, std::nullopt).error().code, Errc::member_unknown);
  EXPECT_TRUE(group->may_commit(now, MemberRef{"a", {}, 2}));
  EXPECT_EQ(refusal(join("x")), Errc::member_unknown);
}

TEST_F(ClassicGroupTest, WhoDoesNotJoinInTimeIsOut) {
  two_members();
  const auto third = join("", "c");
  const auto first = join("a");
  for (int i = 0; i < 11; ++i) {
    pass(5s);
    EXPECT_EQ(heartbeat("b", 2), Errc::rebalance_in_progress) << "which keeps its session";
  }
  EXPECT_FALSE(joined(third));
  pass(5s);
  ASSERT_TRUE(joined(third) && joined(first));
  EXPECT_EQ(answer(first).members.size(), 2u);
  EXPECT_EQ(heartbeat("b", 3), Errc::member_unknown);
}

TEST_F(ClassicGroupTest, ASilentMembersSessionEndsAndTheOthersRebalance) {
  two_members();
  pass(9s);
  EXPECT_EQ(heartbeat("b", 2), Errc{});
  pass(1s);
  EXPECT_EQ(group->state(), GroupState::preparing_rebalance);
  EXPECT_EQ(heartbeat("a", 2), Errc::member_unknown);
  const auto alone = join("b");
  EXPECT_EQ(answer(alone).leader, "b") << "the leader was the one that died";
  EXPECT_EQ(answer(alone).generation, 3);
}

TEST_F(ClassicGroupTest, WhoLeavesIsNotWaitedFor) {
  two_members();
  ASSERT_TRUE(group->leave(now, {"a", {}, -1}));
  EXPECT_EQ(heartbeat("b", 2), Errc::rebalance_in_progress);
  EXPECT_TRUE(joined(join("b")));
  ASSERT_TRUE(group->leave(now, {"b", {}, -1}));
  EXPECT_TRUE(group->empty());
  EXPECT_EQ(group->state(), GroupState::empty);
  EXPECT_EQ(group->leave(now, {"b", {}, -1}).error().code, Errc::member_unknown);
  EXPECT_EQ(group->next_deadline(), std::nullopt);
}

TEST_F(ClassicGroupTest, ARebalanceInTheMiddleOfASyncSendsEverybodyBack) {
  join("", "a");
  const auto first_sync = sync("a", 1, {{"a", "all"}});
  EXPECT_TRUE(syncs.contains(first_sync));
  join("", "b");
  join("a");
  const auto waiting = sync("b", 2);
  join("", "c");
  EXPECT_EQ(sync_refusal(waiting), Errc::rebalance_in_progress);
  EXPECT_EQ(sync_refusal(sync("a", 2, {{"a", "x"}})), Errc::rebalance_in_progress);
}

TEST_F(ClassicGroupTest, WhoDoesNotSyncInTimeIsOut) {
  join("", "a");
  join("", "b");
  join("a");
  sync("a", 2, {{"a", "left"}, {"b", "right"}});
  for (int i = 0; i < 12; ++i) {
    pass(5s);
    heartbeat("a", 2);
    heartbeat("b", 2);
  }
  EXPECT_EQ(heartbeat("b", 2), Errc::member_unknown);
  EXPECT_EQ(heartbeat("a", 2), Errc::rebalance_in_progress);
}

TEST_F(ClassicGroupTest, ALeaderThatJoinsAgainWantsToShareOutAnew) {
  two_members();
  EXPECT_FALSE(joined(join("a")));
  EXPECT_EQ(group->state(), GroupState::preparing_rebalance);
}

TEST_F(ClassicGroupTest, AFollowerThatJoinsAgainUnchangedGetsTheSameGeneration) {
  two_members();
  const auto again = join("b");
  ASSERT_TRUE(joined(again));
  EXPECT_EQ(answer(again).generation, 2);
  EXPECT_EQ(group->state(), GroupState::stable);
  EXPECT_EQ(syncs.at(sync("b", 2))->assignment, "right");
  EXPECT_FALSE(joined(join("b", "", {{"range", "other topics"}}))) << "changed: all rebalance";
}

TEST_F(ClassicGroupTest, TheProtocolIsTheOneThatMostPreferAndAllSpeak) {
  join("", "a", {{"sticky", ""}, {"range", ""}});
  join("", "b", {{"range", ""}, {"sticky", ""}});
  join("", "c", {{"range", ""}, {"sticky", ""}});
  const auto ticket = join("a", "", {{"sticky", ""}, {"range", ""}});
  EXPECT_EQ(answer(ticket).protocol, "range");
  EXPECT_EQ(refusal(join("", "d", {{"roundrobin", ""}})), Errc::inconsistent_protocol);
  EXPECT_EQ(refusal(join("", "d", {})), Errc::inconsistent_protocol);
  JoinRequest connect;
  connect.protocol_type = "connect";
  connect.protocols = {{"range", ""}};
  EXPECT_EQ(refusal(join(connect, "d")), Errc::inconsistent_protocol);
}

TEST_F(ClassicGroupTest, AMemberMayBeToldItsIdFirst) {
  JoinRequest request;
  request.session_timeout = 10s;
  request.rebalance_timeout = 60s;
  request.protocol_type = "consumer";
  request.protocols = {{"range", ""}};
  request.takes_id_first = true;
  const auto told = join(request, "a");
  EXPECT_TRUE(answer(told).id_only);
  EXPECT_EQ(answer(told).member_id, "a");
  EXPECT_FALSE(group->empty());
  request.member_id = "a";
  EXPECT_EQ(answer(join(request)).generation, 1);

  request.member_id.clear();
  join(request, "b");
  pass(10s);
  request.member_id = "b";
  EXPECT_EQ(refusal(join(request)), Errc::member_unknown) << "it did not come in time";
}

TEST_F(ClassicGroupTest, AStaticMemberComesBackWithoutARebalance) {
  JoinRequest request;
  request.instance_id = "i";
  request.session_timeout = 10s;
  request.rebalance_timeout = 60s;
  request.protocol_type = "consumer";
  request.protocols = {{"range", ""}};
  join(request, "i-1");
  group->sync(now, ++last, {{"i-1", "i", 1}, {}, {}, {{"i-1", "all"}}});
  collect();
  const auto back = join(request, "i-2");
  EXPECT_EQ(answer(back).generation, 1);
  EXPECT_EQ(answer(back).leader, "i-1") << "so that it does not share out again";
  EXPECT_EQ(group->heartbeat(now, {"i-1", "i", 1}).error().code, Errc::instance_fenced);
  EXPECT_TRUE(group->heartbeat(now, {"i-2", "i", 1}));
  request.may_skip_assignment = true;
  const auto again = join(request, "i-3");
  EXPECT_TRUE(answer(again).skip_assignment);
  EXPECT_EQ(answer(again).leader, "i-3");
  EXPECT_EQ(answer(again).members.size(), 1u);
  group->sync(now, ++last, {{"i-3", "i", 1}, {}, {}, {}});
  collect();
  EXPECT_EQ(syncs.at(last)->assignment, "all");
  EXPECT_TRUE(group->leave(now, {"", "i", -1})) << "an operator removes it by its instance";
  EXPECT_TRUE(group->empty());
}

TEST_F(ClassicGroupTest, AnEmptyGroupMayWaitForMore) {
  ClassicOptions options;
  options.initial_delay = 3s;
  make(options);
  const auto first = join("", "a");
  pass(2s);
  const auto second = join("", "b");
  pass(1s);
  EXPECT_FALSE(joined(first)) << "somebody came: a little longer";
  pass(3s);
  ASSERT_TRUE(joined(first) && joined(second));
  EXPECT_EQ(answer(first).generation, 1) << "one rebalance for both";
}

TEST_F(ClassicGroupTest, AFullGroupTakesNobody) {
  ClassicOptions options;
  options.members_max = 1;
  make(options);
  join("", "a");
  EXPECT_EQ(refusal(join("", "b")), Errc::group_full);
}

TEST_F(ClassicGroupTest, ANewMemberIsNotWaitedForWithoutEnd) {
  two_members();
  const auto ticket = join("", "c");
  for (int i = 0; i < 11; ++i) {
    pass(5s);
    heartbeat("a", 2);
    heartbeat("b", 2);
  }
  pass(5s);
  ASSERT_TRUE(joined(ticket)) << "nobody else joined again";
  EXPECT_EQ(answer(ticket).leader, "c");
  EXPECT_EQ(group->members().size(), 1u);
}

TEST_F(ClassicGroupTest, ADrainAnswersWhoeverWaits) {
  two_members();
  const auto ticket = join("", "c");
  group->dissolve(engine::Error(Errc::shutting_down, "the broker is shutting down"));
  collect();
  EXPECT_EQ(refusal(ticket), Errc::shutting_down);
  EXPECT_TRUE(group->empty());
}

}  // namespace
}  // namespace twofold::log
