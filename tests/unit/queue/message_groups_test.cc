#include "queue/message_groups.h"

#include <gtest/gtest.h>

namespace twofold::queue {
namespace {

using Offsets = std::vector<Offset>;

/// Messages of one log, their state, and whose turn it is: what Queues does, without Queues.
struct Groups : ::testing::Test {
  Delivery state{Offset{0}};
  std::unique_ptr<MessageGroups> groups = std::make_unique<MessageGroups>(Order::key);
  std::int64_t end = 0;
  std::uint32_t nonce = 0;

  void fair() { groups = std::make_unique<MessageGroups>(Order::fair); }
  void add(const std::vector<GroupHash>& hashes) {
    for (const GroupHash hash : hashes) {
      state.set_visible_end(Offset{end + 1});
      groups->add(Offset{end++}, hash, state);
    }
  }
  std::vector<std::int64_t> take(std::size_t max) {
    const Offsets chosen = groups->choose(max);
    const Runs runs = runs_of(chosen);
    if (!chosen.empty())
      state.apply(ReceiveOp{Instant{1'000'000}, ++nonce, state.next_after(runs), runs});
    groups->served(chosen, state);
    std::vector<std::int64_t> values;
    for (const Offset o : chosen) values.push_back(o.value());
    return values;
  }
  void ack(const std::vector<std::int64_t>& offsets) {
    const Runs runs = runs_at(offsets);
    state.apply(AckOp{runs});
    groups->changed(runs, state);
  }
  // Ready again at once.
  void give_back(const std::vector<std::int64_t>& offsets) {
    const Runs runs = runs_at(offsets);
    state.apply(ReleaseOp{runs});
    groups->changed(runs, state);
    Expired expired;
    state.expire(Instant{1}, 0, 10'000, expired);
    groups->changed(expired.ready, state);
  }
  static Runs runs_at(const std::vector<std::int64_t>& offsets) {
    Offsets of;
    for (const std::int64_t o : offsets) of.push_back(Offset{o});
    return runs_of(of);
  }
};
using Values = std::vector<std::int64_t>;

TEST_F(Groups, TheHashZeroIsNoGroup) {
  add({0, 0, 7, 7, 0});
  EXPECT_EQ(take(1), (Values{0}));
  EXPECT_EQ(take(1), (Values{1}));
  EXPECT_EQ(take(1), (Values{2}));
  EXPECT_EQ(groups->blocked(), 1u) << "of group 7";
  EXPECT_EQ(take(10), (Values{4}));
}

TEST_F(Groups, WhatIsAckedInTheMiddleIsPassedOver) {
  add({7, 7, 7, 7});
  EXPECT_EQ(take(4), (Values{0, 1, 2, 3}));
  ack({1, 2});
  give_back({3});
  EXPECT_EQ(groups->blocked(), 1u);
  EXPECT_EQ(groups->blocker(Offset{3}), Offset{0});
  EXPECT_EQ(take(4), Values{});
  give_back({0});
  EXPECT_EQ(groups->blocked(), 0u);
  EXPECT_EQ(take(4), (Values{0, 3}));
  ack({0, 3});
  EXPECT_EQ(groups->size(), 0u);
}

TEST_F(Groups, ADeadHeadLetsTheGroupGoOnAcrossChunks) {
  add(std::vector<GroupHash>(400, 7));
  EXPECT_EQ(take(300).size(), 300u);
  std::vector<std::int64_t> most;
  for (std::int64_t o = 1; o < 300; ++o) most.push_back(o);
  ack(most);
  EXPECT_LT(groups->size(), 300u) << "what is done with does not gather behind the head";
  EXPECT_EQ(groups->blocked(), 100u);
  state.apply(DeadOp{"", runs_at({0})});
  groups->changed(Offset{0}, state);
  EXPECT_EQ(groups->size(), 100u);
  EXPECT_EQ(take(1), (Values{300}));
}

TEST_F(Groups, BothSidesOfAChunkBoundaryAreKept) {
  add(std::vector<GroupHash>(257, 0));
  EXPECT_EQ(take(257).size(), 257u);
  ack({126, 127, 128, 255, 256});
  EXPECT_EQ(groups->size(), 252u);
  give_back({125, 129, 254});
  EXPECT_EQ(take(10), (Values{125, 129, 254}));
}

TEST_F(Groups, AChunkThatEmptiedIsMadeAnew) {
  add(std::vector<GroupHash>(128, 7));
  EXPECT_EQ(take(128).size(), 128u);
  std::vector<std::int64_t> all;
  for (std::int64_t o = 0; o < 128; ++o) all.push_back(o);
  ack(all);
  EXPECT_EQ(groups->size(), 0u);
  EXPECT_FALSE(groups->has_ready());
  add({7, 8});
  EXPECT_EQ(take(10), (Values{128, 129}));
}

TEST_F(Groups, ForgettingEndsInTheMiddleOfAGroup) {
  add({7, 8, 7, 8, 7});
  EXPECT_EQ(take(1), (Values{0}));
  EXPECT_EQ(groups->blocked(), 2u);
  state.apply(SkipOp{Offset{3}});
  groups->forget_before(Offset{3}, state);
  EXPECT_EQ(groups->size(), 2u);
  EXPECT_EQ(groups->blocked(), 0u);
  EXPECT_EQ(take(10), (Values{3, 4})) << "group 8 was in the ring all the time";
}

TEST_F(Groups, ForgettingEverythingForgetsTheGroupsToo) {
  add(std::vector<GroupHash>(300, 7));
  EXPECT_EQ(take(2).size(), 2u);
  state.apply(SkipOp{Offset{300}});
  groups->forget_before(Offset{300}, state);
  EXPECT_EQ(groups->size(), 0u);
  EXPECT_EQ(groups->blocked(), 0u);
  EXPECT_FALSE(groups->has_ready());
  EXPECT_EQ(groups->choose(10), Offsets{});
}

TEST_F(Groups, AHundredThousandGroupsGoInTheirOrderAndGiveTheirPlacesBack) {
  for (int round = 0; round < 2; ++round) {
    const std::int64_t from = end;
    std::vector<GroupHash> hashes;
    for (GroupHash hash = 1; hash <= 100'000; ++hash) hashes.push_back(hash);
    add(hashes);
    const auto taken = take(100'000);
    ASSERT_EQ(taken.size(), 100'000u);
    EXPECT_TRUE(std::is_sorted(taken.begin(), taken.end()));
    EXPECT_EQ(taken.front(), from);
    ack(taken);
    EXPECT_EQ(groups->size(), 0u);
  }
}

TEST_F(Groups, WhatIsHeldBackHoldsItsGroupUntilItIsGone) {
  add({7, 7});
  ack({0});
  add({7});
  groups->hold(runs_at({1}), state);
  state.apply(AckOp{runs_at({1})});
  EXPECT_EQ(take(10), Values{});
  EXPECT_EQ(groups->blocked(), 1u);
  groups = groups->anew(Order::key);
  groups->add(Offset{1}, 7, state);
  groups->add(Offset{2}, 7, state);
  EXPECT_EQ(take(10), Values{}) << "whatever else was forgotten";
  groups->let_go(runs_at({1}), state);
  EXPECT_EQ(take(10), (Values{2}));
}

TEST_F(Groups, FairServesWhoHasFewestInFlightThenWhoWaitsLongest) {
  fair();
  add({1, 1, 1, 1, 2, 2, 3});
  EXPECT_EQ(take(4), (Values{0, 4, 6, 1}));
  add({4});
  EXPECT_EQ(take(2), (Values{7, 5})) << "group 4 has nothing in flight, group 2 less than 1";
  ack({0, 1});
  EXPECT_EQ(take(10), (Values{2, 3}));
}

TEST_F(Groups, WhatIsDoneWithTakesNoTurnOfAFairGroup) {
  fair();
  add({1, 1, 1, 2, 2, 2});
  ack({1});
  EXPECT_EQ(take(5), (Values{0, 3, 2, 4, 5})) << "1 was acked, and group 1 waited longer";
}

TEST_F(Groups, FairHandsOutOnlyWhatWasNeverDelivered) {
  fair();
  add({1, 1, 1});
  state.apply(ReceiveOp{Instant{1'000'000}, ++nonce, Offset{0}, runs_at({1})});
  groups->changed(Offset{1}, state);
  give_back({1});
  EXPECT_EQ(take(10), (Values{0, 2})) << "1 was delivered before those around it";
  EXPECT_EQ(groups->size(), 3u);
  ack({0, 1, 2});
  EXPECT_EQ(groups->size(), 0u);
}

}  // namespace
}  // namespace twofold::queue
