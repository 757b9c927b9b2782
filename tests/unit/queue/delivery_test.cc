#include "queue/delivery.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace twofold::queue {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Offsets = std::vector<std::int64_t>;

Instant at(Duration since_start) { return Instant{1'000'000} + since_start; }

// Delivery as its queue drives it, with the time at hand.
struct Story {
  Delivery delivery{Offset{0}};
  Instant now = at(0s);
  std::uint32_t nonce = 0;
  std::uint32_t receives_max = 0;

  explicit Story(std::int64_t visible) { delivery.set_visible_end(Offset{visible}); }

  Offsets receive(std::size_t max, Duration visibility = 30s) {
    const Choice choice = delivery.choose(max);
    if (choice.empty()) return {};
    delivery.deliver(choice, {now + visibility, ++nonce, choice.next, choice.runs});
    Offsets offsets;
    for (const Run& run : choice.runs)
      for (std::int64_t i = 0; i < run.count; ++i) offsets.push_back(run.base.value() + i);
    return offsets;
  }
  // What died, its receives used up.
  Offsets pass(Duration time) {
    now = now + time;
    Expired expired;
    while (const auto due = delivery.next_due()) {
      if (*due > now) break;
      delivery.expire(now, receives_max, 4096, expired);
    }
    const std::vector<Offset>& used_up = expired.used_up;
    Offsets offsets;
    for (const Offset o : used_up) offsets.push_back(o.value());
    delivery.apply(DeadOp{"", runs_of(used_up)});
    return offsets;
  }
  void ack(std::int64_t base, std::int64_t count = 1) {
    delivery.apply(AckOp{{{Offset{base}, count}}});
  }
  MessageState state(std::int64_t o) const { return delivery.view(Offset{o}).state; }
  std::uint32_t receives(std::int64_t o) const { return delivery.view(Offset{o}).receives; }
  Verdict verdict(std::int64_t o, std::uint32_t of) const {
    return delivery.verdict(Offset{o}, of);
  }
};

Runs one(std::int64_t o) {
  return {
      {Offset{o}, 1}
  };
}

TEST(Delivery, AMessageNotAckedInTimeIsDeliveredAgainAndTheFirstReceiptIsStale) {
  Story story(1);
  EXPECT_EQ(story.receive(1), (Offsets{0}));
  story.pass(29'999ms);
  EXPECT_TRUE(story.receive(1).empty()) << "still hidden one tick before the timeout";
  story.pass(1ms);
  EXPECT_EQ(story.receive(1), (Offsets{0}));
  EXPECT_EQ(story.receives(0), 2u);
  EXPECT_EQ(story.verdict(0, 1), Verdict::stale);
  EXPECT_EQ(story.verdict(0, 2), Verdict::current);
}

TEST(Delivery, AnExpiredMessageThatNobodyElseGotCanStillBeAcked) {
  Story story(1);
  story.receive(1);
  story.pass(31s);
  EXPECT_EQ(story.state(0), MessageState::ready);
  EXPECT_EQ(story.verdict(0, 1), Verdict::current);
  story.ack(0);
  EXPECT_EQ(story.verdict(0, 1), Verdict::already);
  EXPECT_FALSE(story.delivery.has_ready());
}

// It was hidden for good: an ack that passes over the end of what was delivered touches its window.
TEST(Delivery, AnAckNextToItDoesNotHideAMessageThatIsReadyAgain) {
  Story story(3);
  story.delivery.apply(DelayOp{story.now + 1s, one(2)});
  EXPECT_EQ(story.receive(1), (Offsets{0}));
  story.pass(1s);
  EXPECT_EQ(story.receive(2), (Offsets{1, 2}));
  story.pass(31s);
  ASSERT_EQ(story.delivery.counters().ready, 3u);
  story.ack(2);
  EXPECT_EQ(story.state(0), MessageState::ready);
  EXPECT_EQ(story.state(1), MessageState::ready);
  EXPECT_EQ(story.delivery.counters().ready, 2u);
  EXPECT_EQ(story.receive(3), (Offsets{0, 1}));
}

// The same where the delayed one was delivered and acked before those in front of it.
TEST(Delivery, AnAckAheadOfTheNeverDeliveredDoesNotHideAMessageThatIsReadyAgain) {
  Story story(2);
  story.delivery.apply(DelayOp{story.now + 1s, one(1)});
  story.pass(1s);
  story.delivery.deliver(Choice{one(1), Offset{0}, Offset{0}, 0},
                         {story.now + 30s, 1, Offset{0}, one(1)});
  EXPECT_EQ(story.receive(1), (Offsets{0}));
  story.pass(31s);
  ASSERT_EQ(story.delivery.counters().ready, 2u);
  story.ack(1);
  EXPECT_EQ(story.state(0), MessageState::ready);
  EXPECT_EQ(story.receive(1), (Offsets{0}));
}

TEST(Delivery, OneStuckMessagePinsItselfAndNothingElse) {
  constexpr std::int64_t kMessages = 1'000'000;
  Story story(kMessages);
  while (!story.receive(1'000, 43'200s).empty()) {
  }
  story.ack(0, 77);
  story.ack(78, kMessages - 78);
  EXPECT_EQ(story.delivery.floor(), Offset{77});
  EXPECT_EQ(story.delivery.touched()->windows().size(), 1u);
  EXPECT_EQ(story.delivery.live_in(Offset{0}, Offset{kMessages}), 1);
  story.ack(77);
  EXPECT_EQ(story.delivery.floor(), Offset{kMessages});
  EXPECT_TRUE(story.delivery.touched()->empty());
}

TEST(Delivery, WhatCameBackGoesBeforeWhatIsNewAndOldestFirst) {
  Story story(1'000);
  story.receive(10);
  story.pass(31s);
  EXPECT_EQ(story.receive(1), (Offsets{0}));
  EXPECT_EQ(story.receive(1), (Offsets{1}));
  story.delivery.apply(ReleaseOp{one(1)});
  story.pass(0s);
  EXPECT_EQ(story.receive(12), (Offsets{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
}

TEST(Delivery, OfFourMessagesHandedOutOneHasFailedTwiceAndThreeAreNew) {
  Story story(1'000);
  EXPECT_EQ(story.receive(100).size(), 100u);
  story.pass(31s);
  EXPECT_EQ(story.receive(100).size(), 100u);
  story.pass(31s);
  EXPECT_EQ(story.receive(8), (Offsets{0, 1, 100, 101, 102, 103, 104, 105}));
  Offsets one_by_one;
  for (int i = 0; i < 8; ++i) one_by_one.push_back(story.receive(1).front());
  EXPECT_EQ(one_by_one, (Offsets{2, 106, 107, 108, 3, 109, 110, 111}));
}

TEST(Delivery, WhenOnlyOneKindIsLeftItFillsTheAnswer) {
  Story story(6);
  story.receive(6);
  story.pass(31s);
  EXPECT_EQ(story.receive(10), (Offsets{0, 1, 2, 3, 4, 5}));
  story.delivery.set_visible_end(Offset{9});
  EXPECT_EQ(story.receive(10), (Offsets{6, 7, 8}));
}

TEST(Delivery, AMessageThatIsNackedAgainAndAgainDoesNotStopTheOthers) {
  Story story(3);
  story.receive(3);
  story.delivery.apply(NackOp{story.now, {{Offset{0}, 3}}});
  story.pass(0s);
  EXPECT_EQ(story.receive(1), (Offsets{0}));
  story.delivery.apply(NackOp{story.now, one(0)});
  story.pass(0s);
  EXPECT_EQ(story.receive(1), (Offsets{1}));
  EXPECT_EQ(story.receive(1), (Offsets{2}));
  EXPECT_EQ(story.receive(1), (Offsets{0}));
}

TEST(Delivery, ADelayedMessageIsPassedOverUntilItsTime) {
  Story story(4);
  story.delivery.apply(DelayOp{at(10s), one(1)});
  EXPECT_EQ(story.delivery.counters().delayed, 1u);
  EXPECT_EQ(story.receive(10), (Offsets{0, 2, 3}));
  EXPECT_EQ(story.delivery.next_due(), at(10s));
  story.pass(10s);
  EXPECT_EQ(story.receive(10), (Offsets{1}));
  EXPECT_EQ(story.receives(1), 1u);
}

TEST(Delivery, ADelayedMessageThatIsNotDurableYetIsNotShownHoweverDueItIs) {
  Story story(0);
  story.delivery.apply(DelayOp{at(1ms), one(0)});
  story.pass(5s);
  EXPECT_FALSE(story.delivery.has_ready());
  story.delivery.set_visible_end(Offset{1});
  story.pass(0s);
  EXPECT_EQ(story.receive(1), (Offsets{0}));
}

TEST(Delivery, AMessageAckedAheadOfOlderOnesStaysAcked) {
  Story story(0);
  story.delivery.apply(DelayOp{at(1s), {{Offset{2}, 2}}});
  story.delivery.set_visible_end(Offset{4});
  story.pass(1s);
  EXPECT_EQ(story.receive(1), (Offsets{2})) << "ready again goes first in the first turn";
  story.ack(2);
  EXPECT_EQ(story.delivery.counters().ready, 3u);
  EXPECT_EQ(story.delivery.floor(), Offset{0});
  EXPECT_EQ(story.receive(10), (Offsets{0, 1, 3}));
  story.ack(0, 2);
  EXPECT_EQ(story.delivery.floor(), Offset{3});
}

TEST(Delivery, AMessageWhoseReceivesAreUsedUpIsDeadWhenItComesBack) {
  Story story(1);
  story.receives_max = 2;
  story.receive(1);
  EXPECT_TRUE(story.pass(30s).empty());
  story.receive(1);
  EXPECT_EQ(story.pass(30s), (Offsets{0}));
  EXPECT_EQ(story.state(0), MessageState::dead);
  EXPECT_EQ(story.receives(0), 2u);
  EXPECT_TRUE(story.receive(1).empty());
  EXPECT_EQ(story.delivery.dead_from(Offset{0}, 10), (std::vector<Offset>{Offset{0}}));
}

TEST(Delivery, ADeadMessageKeepsItsReasonUntilItIsDoneWith) {
  Story story(2);
  story.receive(2);
  story.delivery.apply(DeadOp{"bad iban", one(1)});
  EXPECT_EQ(story.delivery.reason(Offset{1}), "bad iban");
  EXPECT_EQ(story.delivery.reason(Offset{0}), "");
  story.ack(1);
  EXPECT_EQ(story.delivery.reason(Offset{1}), "");
  EXPECT_EQ(story.delivery.counters().dead, 0u);
}

TEST(Delivery, AReleasedReceiveDoesNotCountAndItsReceiptIsWorthNothing) {
  Story story(1);
  story.receive(1);
  story.delivery.apply(ReleaseOp{one(0)});
  story.pass(0s);
  EXPECT_EQ(story.state(0), MessageState::ready);
  EXPECT_EQ(story.receives(0), 0u);
  EXPECT_EQ(story.verdict(0, 1), Verdict::stale);
}

TEST(Delivery, ExtendingMovesTheDeadlineBothWays) {
  Story story(2);
  story.receive(2);
  story.delivery.apply(ExtendOp{at(60s), one(0)});
  story.delivery.apply(ExtendOp{at(5s), one(1)});
  story.pass(5s);
  EXPECT_EQ(story.state(1), MessageState::ready);
  story.pass(54'999ms);
  EXPECT_EQ(story.state(0), MessageState::in_flight);
  story.pass(1ms);
  EXPECT_EQ(story.state(0), MessageState::ready);
}

TEST(Delivery, AReceiptOfAMessageThatWasNeverDeliveredIsStaleAndBeyondTheEndUnknown) {
  Story story(3);
  story.receive(1);
  EXPECT_EQ(story.verdict(2, 99), Verdict::stale);
  EXPECT_EQ(story.verdict(3, 99), Verdict::unknown);
}

TEST(Delivery, SkippingTakesEverythingBeforeItWhateverItsState) {
  Story story(200);
  story.receive(100);
  story.delivery.apply(DeadOp{"why", one(3)});
  story.delivery.apply(SkipOp{Offset{150}});
  EXPECT_EQ(story.delivery.floor(), Offset{150});
  EXPECT_EQ(story.delivery.counters().ready, 50u);
  EXPECT_EQ(story.delivery.counters().in_flight, 0u);
  EXPECT_EQ(story.delivery.counters().dead, 0u);
  EXPECT_EQ(story.verdict(3, 1), Verdict::already);
  story.delivery.apply(SkipOp{Offset{10}});
  EXPECT_EQ(story.delivery.floor(), Offset{150}) << "a floor never steps back";
}

TEST(Delivery, AnExpiryStormGoesInSlices) {
  Story story(10'000);
  while (!story.receive(1'000).empty()) {
  }
  Expired expired;
  story.delivery.expire(at(30s), 0, 1'000, expired);
  const auto ready = story.delivery.counters().ready;
  EXPECT_GE(ready, 1'000u);
  EXPECT_LT(ready, 1'000u + 64);
  EXPECT_EQ(story.delivery.next_due(), at(30s)) << "there is more to do at once";
  story.pass(30s);
  EXPECT_EQ(story.delivery.counters().ready, 10'000u);
}

TEST(Delivery, AReplayThatKnowsNoTimeReceivesAMessageAgainAllTheSame) {
  Story life(5);
  Delivery replay{Offset{0}};
  std::vector<Op> noted;
  for (int i = 0; i < 3; ++i) {
    const Choice choice = life.delivery.choose(5);
    const ReceiveOp op{life.now + 30s, ++life.nonce, choice.next, choice.runs};
    life.delivery.deliver(choice, op);
    noted.push_back(op);
    life.pass(31s);
  }
  for (const Op& op : noted) replay.apply(op);
  EXPECT_EQ(replay.view(Offset{4}).receives, 3u);
  EXPECT_EQ(replay.verdict(Offset{4}, 3), Verdict::current);
  EXPECT_EQ(replay.verdict(Offset{4}, 2), Verdict::stale);
}

TEST(Delivery, AReceiveLostToDamageBringsItsMessagesBack) {
  Delivery replay{Offset{0}};
  replay.set_visible_end(Offset{30});
  replay.apply(
      ReceiveOp{at(30s), 2, Offset{30}, {{Offset{20}, 10}}});  // [10, 20) went in a lost one
  replay.apply(AckOp{{{Offset{0}, 10}}});
  Expired expired;
  replay.expire(at(0s), 0, 100, expired);
  EXPECT_EQ(replay.counters().ready, 10u);
  EXPECT_EQ(replay.counters().in_flight, 10u);
  EXPECT_EQ(replay.floor(), Offset{10});
}

TEST(Delivery, ASnapshotCutAnywhereIsRefused) {
  Story story(300);
  story.receive(100);
  story.delivery.apply(DeadOp{"bad iban", one(5)});
  story.delivery.apply(DelayOp{at(10s), one(200)});
  story.ack(10, 20);
  std::string bytes;
  engine::ByteWriter out(bytes);
  story.delivery.write(out);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    engine::ByteReader in(std::string_view(bytes).substr(0, size));
    Delivery read{Offset{0}};
    EXPECT_FALSE(read.read(in) && in.done()) << "cut at " << size;
  }
}

}  // namespace
}  // namespace twofold::queue
