#include "tests/unit/queue/queue_rig.h"

// What is remembered of a backlog is bounded, and still nobody waits for a group that is not his.

namespace twofold::queue {
namespace {

struct QueueWindow : ::testing::Test, QueueRig {
  QueueWindow() {
    limits.ahead_of_partition = limits.ahead_of_late_partition = 512;
    restart();
  }
  /// "group.anything", in the order given; a commit each hundred.
  void put(const std::string& queue, const Texts& names) {
    for (std::size_t from = 0; from < names.size(); from += 100) {
      Send request{queue, {}, std::nullopt};
      for (std::size_t i = from; i < std::min(names.size(), from + 100); ++i)
        request.messages.push_back({
            {std::string_view(names[i]).substr(0, names[i].find('.')),
             names[i],
             {},
             core->wall()}
        });
      Answer<Sent> answer;
      queues->send(std::move(request), answer.slot());
      core->commit();
    }
  }
  static Texts of_group(const std::string& group, int count) {
    Texts names;
    for (int i = 0; i < count; ++i) names.push_back(group + "." + std::to_string(i));
    return names;
  }
  /// Receives, reading as far as it takes.
  Received take(const std::string& queue, std::size_t max = 10) {
    Answer<Received> answer;
    queues->receive({queue, max, 8 << 20, 3'600s}, clock.now(), answer.slot());
    core->run();
    return std::move(*answer);
  }
  /// Acks everything as it comes; says what came, by group.
  std::map<std::string, Texts> drain(const std::string& queue) {
    std::map<std::string, Texts> got;
    for (Received next = take(queue); !next.messages.empty(); next = take(queue)) {
      for (const std::string& value : values(next))
        got[value.substr(0, value.find('.'))].push_back(value);
      ack(queue, receipts(next));
      core->run();
    }
    return got;
  }
};

TEST_F(QueueWindow, AGroupThatNobodyFinishesStarvesNobodyBehindIt) {
  create("q", {.order = Order::key});
  put("q", of_group("stuck", 5'000));
  put("q", of_group("other", 20));
  const Received stuck = take("q", 1);
  ASSERT_EQ(values(stuck), (Texts{"stuck.0"}));
  EXPECT_EQ(drain("q"), (std::map<std::string, Texts>{
                            {"other", of_group("other", 20)}
  }));
  put("q", {"late.0", "stuck.5000", "other.20"});
  EXPECT_EQ(values(take("q")), (Texts{"late.0", "other.20"}));
  ack("q", receipts(stuck));
  Texts rest = of_group("stuck", 5'001);
  rest.erase(rest.begin());
  EXPECT_EQ(drain("q"), (std::map<std::string, Texts>{
                            {"stuck", rest}
  }));
}

TEST_F(QueueWindow, ALongPollIsServedFromBehindTheStuckGroup) {
  create("q", {.order = Order::key});
  put("q", of_group("stuck", 3'000));
  ASSERT_EQ(take("q", 1).messages.size(), 1u);
  auto one = poll("q");
  auto other = poll("q");
  core->run();
  EXPECT_FALSE(one.came());
  put("q", {"a.0", "b.0"});
  core->run();
  ASSERT_TRUE(one.came());
  EXPECT_EQ(values(*one), (Texts{"a.0", "b.0"}));
  put("q", {"c.0"});
  core->run();
  ASSERT_TRUE(other.came());
}

TEST_F(QueueWindow, ManyGroupsAreEachInOrderWhoeverIsStuck) {
  create("q", {.order = Order::key});
  Texts all;
  std::map<std::string, Texts> expected;
  for (int i = 0; i < 6'000; ++i) {
    const std::string group = "g" + std::to_string(i * 7 % 150);
    all.push_back(group + "." + std::to_string(i));
    expected[group].push_back(all.back());
  }
  put("q", all);
  // A message of every third group is in flight all the while.
  std::map<std::string, std::string> stuck;
  std::map<std::string, Texts> got;
  for (int round = 0; stuck.size() < 50 && round < 10'000; ++round) {
    const Received next = take("q", 1);
    ASSERT_EQ(next.messages.size(), 1u) << stuck.size();
    const std::string value = values(next).front();
    const std::string group = value.substr(0, value.find('.'));
    got[group].push_back(value);
    if (std::stoi(group.substr(1)) % 3 == 0) {
      stuck[group] = next.messages.front().receipt;
    } else {
      ack("q", receipts(next));
      core->run();
    }
  }
  ASSERT_EQ(stuck.size(), 50u);
  const auto keep = [&got](const std::map<std::string, Texts>& more) {
    for (const auto& [group, names] : more)
      got[group].insert(got[group].end(), names.begin(), names.end());
  };
  keep(drain("q"));
  for (const auto& [group, names] : expected)
    EXPECT_EQ(got[group].size(), stuck.contains(group) ? 1 : names.size()) << group;
  for (const auto& [group, receipt] : stuck) ack("q", {receipt});
  keep(drain("q"));
  EXPECT_EQ(got, expected);
}

TEST_F(QueueWindow, MoreMessagesInFlightThanThereIsRoomStopNobody) {
  create("q", {.order = Order::key});
  Texts names;
  for (int i = 0; i < 3'000; ++i) names.push_back("g" + std::to_string(i) + ".0");
  put("q", names);
  std::size_t taken = 0;
  for (Received next = take("q"); !next.messages.empty(); next = take("q"))
    taken += next.messages.size();
  EXPECT_EQ(taken, 3'000u);
}

TEST_F(QueueWindow, AQuietTenantDoesNotWaitForABacklog) {
  create("q", {.order = Order::fair});
  put("q", of_group("noisy", 4'000));
  put("q", {"quiet.0"});
  ASSERT_EQ(values(take("q", 1)), (Texts{"noisy.0"}));
  put("q", {"quiet.1"});
  EXPECT_EQ(values(take("q", 1)), (Texts{"quiet.0"}));
  const auto rest = drain("q");
  EXPECT_EQ(rest.at("quiet"), (Texts{"quiet.1"}));
  EXPECT_EQ(rest.at("noisy").size(), 3'999u);
}

TEST_F(QueueWindow, WhatIsNotRememberedIsNotCalledReady) {
  create("q", {.order = Order::key});
  put("q", of_group("stuck", 2'000));
  ASSERT_EQ(take("q", 1).messages.size(), 1u);
  EXPECT_TRUE(take("q").messages.empty());
  EXPECT_EQ(queues->explain("q", {PartitionId{0}, Offset{1}})->why, Why::group_held);
  EXPECT_EQ(queues->explain("q", {PartitionId{0}, Offset{1'500}})->why, Why::not_looked_at);
}

TEST_F(QueueWindow, WhatCutsAGroupIsForgottenWithAPurge) {
  create("q", {.order = Order::key});
  put("q", of_group("a", 2'000));
  ASSERT_EQ(take("q", 1).messages.size(), 1u);
  EXPECT_TRUE(take("q").messages.empty());
  Answer<std::uint64_t> purged;
  queues->purge("q", purged.slot());
  core->commit();
  EXPECT_EQ(*purged, 2'000u);
  put("q", {"a.new", "b.new"});
  EXPECT_EQ(values(take("q")), (Texts{"a.new", "b.new"}));
}

TEST_F(QueueWindow, AnAckThatACrashCouldTakeBackHoldsItsGroupThroughAChangeOfOrder) {
  create("q", {.order = Order::key});
  put("q", {"a.0", "a.1"});
  const Received first = take("q", 1);
  Answer<std::vector<Settled>> acked;
  queues->ack("q", receipts(first), acked.slot());
  Answer<QueueInfo> changed;
  queues->configure("q", {.order = Order::strict}, std::nullopt, changed.slot());
  EXPECT_TRUE(take("q").messages.empty()) << "a.0 could come back, behind a.1";
  core->commit();
  EXPECT_EQ(values(take("q")), (Texts{"a.1"}));
}

}  // namespace
}  // namespace twofold::queue
