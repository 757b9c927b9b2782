#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct QueueFlow : ::testing::Test, QueueRig {
  QueueFlow() { create("jobs"); }
};

TEST_F(QueueFlow, AMessageIsShownOnlyWhenItsCommitIsDurable) {
  auto sent = send("jobs", {"hello"});
  EXPECT_FALSE(sent.came());
  EXPECT_TRUE(receive("jobs").messages.empty());
  core->commit();
  ASSERT_EQ(sent->messages.size(), 1u);
  EXPECT_EQ(sent->messages[0].offset, Offset{0});
  EXPECT_EQ(sent->durability, Durability::disk);
  EXPECT_EQ(values(receive("jobs")), (Texts{"hello"}));
}

TEST_F(QueueFlow, EachMessageHasItsPlaceInTheTotalOrder) {
  auto first = send("jobs", {"a", "b"});
  create("other");
  auto elsewhere = send("other", {"x"});
  auto second = send("jobs", {"c", "d"});
  core->commit();
  EXPECT_EQ(first->messages[1].seq.value(), first->messages[0].seq.value() + 1);
  EXPECT_GT(elsewhere->messages[0].seq, first->messages[1].seq);
  EXPECT_GT(second->messages[0].seq, elsewhere->messages[0].seq);
}

TEST_F(QueueFlow, ReceiveSaysWhoHoldsItUntilWhenAndWhatIsLeft) {
  send("jobs", {"a", "b", "c"});
  core->commit();
  const Received received = receive("jobs", 2, 90s);
  ASSERT_EQ(received.messages.size(), 2u);
  EXPECT_EQ(received.messages[0].receive_count, 1u);
  EXPECT_EQ(received.messages[0].visible_at, clock.now() + 90s);
  EXPECT_EQ(received.counters.ready, 1u);
  EXPECT_EQ(received.counters.in_flight, 2u);
  EXPECT_EQ(received.topic, "");
}

TEST_F(QueueFlow, AnEmptyAnswerSaysWhenToComeBack) {
  send("jobs", {"a"});
  core->commit();
  receive("jobs", 1, 90s);
  const Received empty = receive("jobs");
  EXPECT_TRUE(empty.messages.empty());
  EXPECT_EQ(empty.counters.in_flight, 1u);
  EXPECT_EQ(empty.next_eligible, clock.now() + 90s);
}

TEST_F(QueueFlow, AnAckedMessageIsGoneAndItsLogForgetsIt) {
  send("jobs", {"a", "b"});
  core->commit();
  const Texts held = receipts(receive("jobs"));
  EXPECT_EQ(ack("jobs", held), (std::vector{Settled::acked, Settled::acked}));
  EXPECT_EQ(ack("jobs", held), (std::vector{Settled::already, Settled::already}));
  const LogId log = *queues->find("jobs")->own_log;
  EXPECT_EQ(core->status(log).start, Offset{2});
  EXPECT_EQ(queues->find("jobs")->backlog_bytes, 0u);
}

TEST_F(QueueFlow, AnAckIsAnsweredOnlyOnceItCannotComeBack) {
  send("jobs", {"a"});
  core->commit();
  const Texts held = receipts(receive("jobs"));
  Answer<std::vector<Settled>> acked;
  Answer<std::vector<Settled>> already;
  queues->ack("jobs", held, acked.slot());
  queues->ack("jobs", held, already.slot());
  EXPECT_FALSE(acked.came());
  EXPECT_FALSE(already.came()) << "what it says stands on the same commit";
  core->commit();
  EXPECT_EQ(*acked, (std::vector{Settled::acked}));
  EXPECT_EQ(*already, (std::vector{Settled::already}));
}

TEST_F(QueueFlow, OneRequestMayNameAMessageTwiceAndReceiptsOfAllKinds) {
  send("jobs", {"a", "b"});
  core->commit();
  const Texts old = receipts(receive("jobs", 1, 1s));
  core->pass(2s);
  const Texts held = receipts(receive("jobs", 2));
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(ack("jobs", {held[1], "nonsense", old[0], held[1], held[0]}),
            (std::vector{Settled::acked, Settled::unknown, Settled::stale, Settled::already,
                         Settled::acked}));
}

TEST_F(QueueFlow, NothingToPromiseIsAnsweredAtOnce) {
  Answer<std::vector<Settled>> answer;
  queues->ack("jobs", {"nonsense"}, answer.slot());
  EXPECT_EQ(*answer, (std::vector{Settled::unknown}));
}

TEST_F(QueueFlow, ADelayedMessageComesWhenItsTimeHasCome) {
  auto late = send("jobs", {"late"}, 60s);
  auto soon = send("jobs", {"soon"});
  core->commit();
  const Received first = receive("jobs");
  EXPECT_EQ(values(first), (Texts{"soon"}));
  ack("jobs", receipts(first));
  EXPECT_EQ(counters("jobs").delayed, 1u);
  core->pass(59s);
  EXPECT_TRUE(receive("jobs").messages.empty());
  core->pass(1s + 8ms);
  EXPECT_EQ(values(receive("jobs")), (Texts{"late"}));
}

TEST_F(QueueFlow, TheQueuesDelayHoldsUnlessAMessageSaysOtherwise) {
  create("slow", {.delay = 10s});
  send("slow", {"as the queue says"});
  send("slow", {"now"}, 0s);
  Send at{"slow", {}, std::nullopt};
  at.messages.push_back({
      {std::nullopt, "at five", {}, core->wall()},
      {     },
      core->wall() + 5s
  });
  Answer<Sent> answer;
  queues->send(std::move(at), answer.slot());
  core->commit();
  EXPECT_EQ(values(receive("slow")), (Texts{"now"}));
  core->pass(5s + 8ms);
  EXPECT_EQ(values(receive("slow")), (Texts{"at five"}));
  core->pass(5s);
  EXPECT_EQ(values(receive("slow")), (Texts{"as the queue says"}));
}

TEST_F(QueueFlow, AMessageThatIsTooLargeIsNamedAndNothingOfTheRequestIsSent) {
  create("small", {.record_bytes_max = 10});
  auto answer = send("small", {"0123456789", "0123456789A"});
  EXPECT_EQ(answer.code(), Errc::message_too_large);
  core->commit();
  EXPECT_EQ(counters("small").ready, 0u);
}

TEST_F(QueueFlow, AGroupIsNoPartOfAMessagesSizeButALongKeyIs) {
  create("small", {.record_bytes_max = 10});
  const auto send_with = [&](const std::string& key) {
    Send send{"small", {}, std::nullopt};
    send.messages.push_back({
        {key, "0123456789", {}, core->wall()},
        std::nullopt, std::nullopt
    });
    Answer<Sent> answer;
    queues->send(std::move(send), answer.slot());
    core->commit();
    return answer;
  };
  EXPECT_FALSE(send_with(std::string(128, 'g')).failed());
  EXPECT_EQ(send_with(std::string(129, 'g')).code(), Errc::message_too_large);
}

TEST_F(QueueFlow, AFullDiskRefusesToSendButNotToConsume) {
  send("jobs", {"a"});
  core->commit();
  core->refuse(engine::Admission::publish, Errc::storage_full);
  auto refused = send("jobs", {"b"});
  EXPECT_EQ(refused.code(), Errc::storage_full);
  const Texts held = receipts(receive("jobs"));
  EXPECT_EQ(ack("jobs", held), (std::vector{Settled::acked}));
}

TEST_F(QueueFlow, WhatConsumersMayNotDoIsRefusedBeforeAnythingChanges) {
  send("jobs", {"a"});
  core->commit();
  core->refuse(engine::Admission::consume, Errc::overloaded);
  Answer<Received> received;
  queues->receive({"jobs", 1}, clock.now(), received.slot());
  EXPECT_EQ(received.code(), Errc::overloaded);
  core->refuse(engine::Admission::consume, std::nullopt);
  EXPECT_EQ(receive("jobs").messages[0].receive_count, 1u);
}

TEST_F(QueueFlow, AnAnswerStopsAtItsBytesButHoldsAtLeastOneMessage) {
  const std::string large(10'000, 'x');
  send("jobs", {large, large, large, large, large});
  core->commit();
  Answer<Received> some;
  queues->receive({"jobs", 5, 25'000}, clock.now(), some.slot());
  EXPECT_EQ(some->messages.size(), 2u);
  Answer<Received> one;
  queues->receive({"jobs", 5, 10}, clock.now(), one.slot());
  EXPECT_EQ(one->messages.size(), 1u);
  EXPECT_EQ(counters("jobs").ready, 2u);
}

TEST_F(QueueFlow, ANackedMessageIsReadyAtOnceOrWhenSaid) {
  send("jobs", {"a", "b"});
  core->commit();
  const Texts held = receipts(receive("jobs"));
  EXPECT_EQ(nack("jobs", {held[0]}), (std::vector{Settled::ok}));
  EXPECT_EQ(nack("jobs", {held[1], 10s}), (std::vector{Settled::ok}));
  EXPECT_EQ(counters("jobs").delayed, 1u);
  EXPECT_EQ(values(receive("jobs")), (Texts{"a"}));
  core->pass(10s + 8ms);
  EXPECT_EQ(values(receive("jobs")), (Texts{"b"}));
}

TEST_F(QueueFlow, ExtendHoldsAMessageLongerAndIsStaleOnceItCameFree) {
  send("jobs", {"a"});
  core->commit();
  const Texts held = receipts(receive("jobs", 1, 10s));
  core->pass(9s);
  EXPECT_EQ(extend("jobs", held[0], 30s), (std::vector{Settled::ok}));
  core->pass(29s);
  EXPECT_TRUE(receive("jobs").messages.empty());
  core->pass(2s);
  EXPECT_EQ(extend("jobs", held[0], 30s), (std::vector{Settled::stale}));
  EXPECT_EQ(values(receive("jobs")), (Texts{"a"}));
}

TEST_F(QueueFlow, AMessageHeldForNoTimeIsFreeAtOnceAndWasReceived) {
  send("jobs", {"a"});
  core->commit();
  receive("jobs", 1, 0s);
  EXPECT_EQ(receive("jobs", 1, 0s).messages.at(0).receive_count, 2u);
  EXPECT_EQ(counters("jobs").ready, 1u);
}

TEST_F(QueueFlow, WhoCountsEveryReceiptHidesAFreeMessageAgain) {
  send("jobs", {"a"});
  core->commit();
  const Texts held = receipts(receive("jobs", 1, 10s));
  core->pass(11s);
  Answer<std::vector<Settled>> extended;
  queues->extend("jobs", {{held[0], 30s}}, extended.slot(), Receipts::any);
  EXPECT_EQ(*extended, (std::vector{Settled::ok}));
  EXPECT_TRUE(receive("jobs").messages.empty());
  core->pass(31s);
  EXPECT_EQ(values(receive("jobs")), (Texts{"a"}));
}

TEST_F(QueueFlow, WhoCountsEveryReceiptMayUseAnOldOneAndTheNewestStaysGood) {
  send("jobs", {"a", "b"});
  core->commit();
  const Texts old = receipts(receive("jobs", 2, 1s));
  core->pass(2s);
  const Texts newest = receipts(receive("jobs", 2, 60s));
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(ack("jobs", {old[1]}), (std::vector{Settled::stale}));
  Answer<std::vector<Settled>> acked;
  queues->ack("jobs", {old[1]}, acked.slot(), Receipts::any);
  core->commit();
  EXPECT_EQ(*acked, (std::vector{Settled::acked}));
  Answer<std::vector<Settled>> extended;
  queues->extend("jobs", {{old[0], 0s}, {old[1], 9s}}, extended.slot(), Receipts::any);
  EXPECT_EQ(*extended, (std::vector{Settled::ok, Settled::already}));
  EXPECT_EQ(ack("jobs", {newest[0]}), (std::vector{Settled::acked}));
  EXPECT_EQ(ack("jobs", {newest[1]}), (std::vector{Settled::already}));
}

TEST_F(QueueFlow, ExtendingByNothingGivesTheMessageBack) {
  send("jobs", {"a"});
  core->commit();
  const Texts held = receipts(receive("jobs"));
  EXPECT_EQ(extend("jobs", held[0], 0s), (std::vector{Settled::ok}));
  EXPECT_EQ(receive("jobs").messages.at(0).receive_count, 2u);
}

TEST_F(QueueFlow, WhatCouldNotBeDeliveredIsReadyAgainAndNotCounted) {
  send("jobs", {"a"});
  core->commit();
  const Texts lost = receipts(receive("jobs"));
  queues->release("jobs", lost);
  const Received again = receive("jobs");
  ASSERT_EQ(again.messages.size(), 1u);
  EXPECT_EQ(again.messages[0].receive_count, 1u);
  EXPECT_EQ(ack("jobs", lost), (std::vector{Settled::stale}));
}

TEST_F(QueueFlow, PurgeTakesEverythingThatIsInTheQueueNow) {
  send("jobs", {"a", "b", "c"});
  send("jobs", {"later"}, 60s);
  core->commit();
  const Texts held = receipts(receive("jobs", 1));
  Answer<std::uint64_t> purged;
  queues->purge("jobs", purged.slot());
  EXPECT_FALSE(purged.came());
  core->commit();
  EXPECT_EQ(*purged, 4u);
  EXPECT_EQ(ack("jobs", held), (std::vector{Settled::already}));
  EXPECT_EQ(core->status(*queues->find("jobs")->own_log).start, Offset{4});
  send("jobs", {"new"});
  core->commit();
  EXPECT_EQ(values(receive("jobs")), (Texts{"new"}));
}

TEST_F(QueueFlow, MessagesOlderThanTheRetentionAreDropped) {
  create("short", {.retention = 60s});
  send("short", {"old"});
  core->commit();
  core->pass(50s);
  send("short", {"young"});
  core->commit();
  core->pass(20s);
  EXPECT_EQ(counters("short").ready, 1u);
  EXPECT_EQ(values(receive("short")), (Texts{"young"}));
}

TEST_F(QueueFlow, MemoryForMessagesInFlightAndDelayedHasAnEnd) {
  limits.marked_max = 20;
  restart();
  Texts many(50, "m");
  send("jobs", many);
  core->commit();
  const Texts held = receipts(receive("jobs", 20));
  ASSERT_EQ(held.size(), 20u);
  Answer<Received> refused;
  queues->receive({"jobs", 10, 8 << 20, std::nullopt}, clock.now(), refused.slot());
  EXPECT_EQ(refused.code(), Errc::overloaded);
  EXPECT_EQ(send("jobs", {"later"}, 60s).code(), Errc::overloaded);
  EXPECT_FALSE(send("jobs", {"now"}).came()) << "what waits takes no memory";
  core->commit();
  restart();
  Answer<Received> again;
  queues->receive({"jobs", 10, 8 << 20, std::nullopt}, clock.now(), again.slot());
  EXPECT_EQ(again.code(), Errc::overloaded) << "after a restart, too";
  core->pass(31s);
  EXPECT_EQ(receive("jobs", 5).messages.size(), 5u) << "those that came back";
  EXPECT_EQ(counters("jobs").ready, 46u);
  EXPECT_EQ(ack("jobs", {held.begin() + 10, held.end()}).size(), 10u) << "the way out";
  EXPECT_EQ(receive("jobs", 1).messages.size(), 1u);
}

TEST_F(QueueFlow, DeletingOneByOneFromTheMiddleHasTheSameEnd) {
  limits.marked_max = 10;
  restart();
  create("jobs");
  send("jobs", Texts(5'000, "m"));
  core->commit();
  const auto erase = [this](std::int64_t offset) {
    Answer<MessageState> answer;
    queues->erase("jobs", {PartitionId{0}, Offset{offset}}, answer.slot());
    core->commit();
    return answer;
  };
  int erased = 0;
  for (std::int64_t at = 64; at < 5'000 && !erase(at).failed(); at += 64) ++erased;
  EXPECT_LE(erased, 6);
  EXPECT_EQ(erase(4'000).code(), Errc::overloaded);
  EXPECT_FALSE(erase(0).failed()) << "the next one takes no memory";
  EXPECT_EQ(receive("jobs", 1).messages.size(), 1u) << "there is room for what is received";
}

// A consumer that never acks had always some that came back, and took new ones with them.
TEST_F(QueueFlow, WithoutRoomOnlyWhatTakesMemoryAlreadyGoesOutAgain) {
  limits.marked_max = 20;
  restart();
  send("jobs", Texts(100, "m"));
  core->commit();
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 5; ++i) {
      Answer<Received> received;
      queues->receive({"jobs", 10, 8 << 20, std::nullopt}, clock.now(), received.slot());
    }
    core->pass(31s);
  }
  EXPECT_LE(100u - counters("jobs").ready + 20u, 41u);
  EXPECT_EQ(receive("jobs", 100).messages.size(), 20u) << "all that may be in flight at once";
}

TEST_F(QueueFlow, WhatATopicForgetsTakesNoMemoryAnyMore) {
  limits.marked_max = 10;
  restart();
  const LogId log = topic_log(Texts(20, "m"));
  create("reader", {}, QueueSource{"topic", {log}, {Offset{0}}});
  EXPECT_EQ(receive("reader", 10).messages.size(), 10u);
  core->trim(log, Offset{10}, true);
  EXPECT_EQ(receive("reader", 5).messages.size(), 5u);
}

TEST_F(QueueFlow, NobodyKnowsAQueueThatIsNotThere) {
  Answer<Sent> sent;
  queues->send({"nowhere", {}, std::nullopt}, sent.slot());
  EXPECT_EQ(sent.code(), Errc::queue_not_found);
  Answer<Received> received;
  EXPECT_EQ(queues->receive({"nowhere"}, clock.now(), received.slot()), 0u);
  EXPECT_EQ(received.code(), Errc::queue_not_found);
  EXPECT_EQ(queues->browse({"nowhere"}).error().code, Errc::queue_not_found);
}

}  // namespace
}  // namespace twofold::queue
