#include "tests/unit/queue/queue_rig.h"

// Whose turn it is, when acks, crashes and moves come in between. "1.2" is the second message of
// group 1.

namespace twofold::queue {
namespace {

struct QueueTurns : ::testing::Test, QueueRig {
  void make(const std::string& name, Order order) {
    QueueConfig config;
    config.order = order;
    create(name, config);
  }
  // Under an id each, if one is given.
  Sent put(const std::string& queue, const Texts& names, const Texts& ids = {}) {
    Send request{queue, {}, std::nullopt};
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string_view name = names[i];
      request.messages.push_back({
          {name.substr(0, name.find('.')), name, {}, core->wall()}
      });
      if (i < ids.size()) request.messages.back().dedup_id = ids[i];
    }
    Answer<Sent> answer;
    queues->send(std::move(request), answer.slot());
    core->commit();
    return *answer;
  }
  // Not committed yet.
  Answer<std::vector<Settled>> begin_ack(const std::string& queue, const std::string& receipt,
                                         Receipts accepted = Receipts::newest) {
    Answer<std::vector<Settled>> answer;
    queues->ack(queue, {receipt}, answer.slot(), accepted);
    return answer;
  }
};

TEST_F(QueueTurns, AnAckedMessageDoesNotGoOutAgainWhileItsAckIsNotDurable) {
  make("fifo", Order::key);
  put("fifo", {"1.1", "1.2"});
  const Received first = receive("fifo", 10, 1s);
  core->pass(2s);
  auto acked = begin_ack("fifo", first.messages[0].receipt);
  EXPECT_EQ(values(receive("fifo")), Texts{}) << "and nothing behind it";
  EXPECT_EQ(counters("fifo").blocked, 1u);
  core->commit();
  EXPECT_EQ(*acked, std::vector{Settled::acked});
  EXPECT_EQ(values(receive("fifo")), (Texts{"1.2"}));
}

TEST_F(QueueTurns, NorDoesOneWhoseReceiveACrashTookBack) {
  make("fair", Order::fair);
  put("fair", {"1.1"});
  const Received first = receive("fair");
  restart();
  begin_ack("fair", first.messages[0].receipt, Receipts::any);
  EXPECT_EQ(values(receive("fair")), Texts{});
}

TEST_F(QueueTurns, ARetriedMessageOfAFairQueueIsNotStarvedByNewOnes) {
  make("fair", Order::fair);
  put("fair", {"1.1"});
  receive("fair", 1, 0s);
  put("fair", {"2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8"});
  int retries = 0;
  for (int i = 0; i < 8; ++i) {
    const Received one = receive("fair", 1);
    if (values(one) != Texts{"1.1"}) continue;
    ++retries;
    nack("fair", {one.messages[0].receipt, Duration{0}});
  }
  EXPECT_EQ(retries, 2) << "one of four is ready again";
}

TEST_F(QueueTurns, AFairQueueGivesAsManyAsThereAre) {
  make("fair", Order::fair);
  put("fair", {"1.1", "1.2", "1.3", "1.4", "1.5", "1.6"});
  receive("fair", 6, 0s);
  put("fair", {"2.1"});
  EXPECT_EQ(receive("fair", 7).messages.size(), 7u);
}

TEST_F(QueueTurns, DuplicatesAmongOthersAreAnsweredWithTheirOwnPlace) {
  make("fifo", Order::key);
  const Sent first = put("fifo", {"1.0", "1.1", "1.2", "1.3", "1.4"}, {"a", "b", "c", "d", "e"});
  const Sent again = put("fifo", {"1.3", "1.1", "1.5"}, {"d", "b", "f"});
  EXPECT_EQ(again.messages[0].seq, first.messages[3].seq);
  EXPECT_EQ(again.messages[1].seq, first.messages[1].seq);
}

TEST_F(QueueTurns, AReceiveRepeatedForNoTimeFreesItsMessagesForWhoeverWaits) {
  make("fifo", Order::key);
  put("fifo", {"1.1"});
  Answer<Received> first;
  queues->receive({"fifo", 1, 8 << 20, 30s, "try"}, clock.now(), first.slot());
  auto waiting = poll("fifo");
  Answer<Received> again;
  queues->receive({"fifo", 1, 8 << 20, 0s, "try"}, clock.now(), again.slot());
  ASSERT_TRUE(waiting.came());
  EXPECT_EQ(values(*waiting), (Texts{"1.1"}));
}

TEST_F(QueueTurns, AMessageIsNotDeliveredOnceMoreWhenFewerReceivesAreAllowed) {
  make("jobs", Order::none);
  put("jobs", {"1.1", "1.2"});
  receive("jobs", 1, 0s);
  QueueConfig config = *queues->config("jobs");
  config.max_receives = 1;
  Answer<QueueInfo> changed;
  queues->configure("jobs", config, std::nullopt, changed.slot());
  EXPECT_EQ(values(receive("jobs")), (Texts{"1.2"}));
  EXPECT_EQ(counters("jobs").dead, 1u);
  core->commit();
  restart();
  EXPECT_EQ(counters("jobs").dead, 1u);
}

TEST_F(QueueTurns, AnyReceiptHidesAMessageWhoseReceiveACrashTookBack) {
  for (const Order order : {Order::none, Order::fair, Order::key}) {
    const std::string name = "order " + std::to_string(static_cast<int>(order));
    make(name, order);
    put(name, {"1.1", "1.2"});
    const Received first = receive(name, 2);
    restart();
    Answer<std::vector<Settled>> extended;
    queues->extend(name,
                   {
                       {first.messages[1].receipt, 60s}
    },
                   extended.slot(), Receipts::any);
    EXPECT_EQ(*extended, std::vector{Settled::ok});
    EXPECT_EQ(values(receive(name)), (Texts{"1.1"})) << name;
    EXPECT_EQ(counters(name).in_flight, 2u);
    EXPECT_EQ(ack(name, {first.messages[1].receipt}), std::vector{Settled::acked});
  }
}

TEST_F(QueueTurns, WhatIsBehindAMovedMessageGoesToWhoeverWaitsOnceTheMoveIsDurable) {
  make("fifo", Order::key);
  make("other", Order::key);
  put("fifo", {"1.1"});
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "fifo", .destination = "other"}));
  put("fifo", {"1.2"});
  auto waiting = poll("fifo");
  core->run();
  EXPECT_FALSE(waiting.came()) << "a crash could bring the first one back";
  core->commit();
  ASSERT_TRUE(waiting.came());
  EXPECT_EQ(values(*waiting), (Texts{"1.2"}));
}

TEST_F(QueueTurns, AMoveTakesAllOfALongGroup) {
  make("fifo", Order::key);
  make("other", Order::key);
  Texts names;
  for (int i = 0; i < 200; ++i) names.push_back("1." + std::to_string(i));
  put("fifo", names);
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "fifo", .destination = "other"}));
  for (int i = 0; i < 10; ++i) {
    core->run();
    core->commit();
  }
  EXPECT_EQ(queues->moves("fifo").at(0).moved, 200u);
  EXPECT_EQ(values(receive("other", 200)), names);
}

TEST_F(QueueTurns, WithoutRoomForMoreWhatIsReadyAgainIsNotStuckBehindANewGroup) {
  limits.marked_max = 1;
  restart();
  make("fifo", Order::key);
  put("fifo", {"1.1", "2.1"});
  receive("fifo", 1, 1s);
  core->pass(2s);
  EXPECT_EQ(values(receive("fifo", 1)), (Texts{"1.1"}));
}

TEST_F(QueueTurns, IdsFromBeforeARestartDoNotTakeRoomForEver) {
  limits.marked_max = 1;
  restart();
  make("fifo", Order::key);
  put("fifo", {"1.1"}, {"id"});
  restart();
  EXPECT_TRUE(send("fifo", {"late"}, 1s).failed());
  core->pass(301s);
  EXPECT_FALSE(send("fifo", {"late"}, 1s).failed());
}

TEST_F(QueueTurns, WhatIsBehindADeadMessageWaitsAlsoWhenThatMovesToTheDeadLetterQueueAtOnce) {
  make("letters", Order::key);
  create("fifo", {.dead_letter = "letters", .order = Order::key});
  put("fifo", {"1.1", "1.2"});
  const Received first = receive("fifo", 1);
  nack("fifo", {first.messages[0].receipt, std::nullopt, true, "bad iban"});
  core->run();
  EXPECT_EQ(values(receive("fifo")), Texts{}) << "a crash could bring the first one back";
  core->commit();
  EXPECT_EQ(values(receive("fifo")), (Texts{"1.2"}));
  EXPECT_EQ(values(receive("letters")), (Texts{"1.1"}));
}

// A fair queue forgot that it had promised to keep a message back, until a restart reminded it.
TEST_F(QueueTurns, AMessageThatIsPutOffIsHeldBackWhateverTheOrder) {
  for (const Order order : {Order::none, Order::key, Order::fair}) {
    const std::string name = "put-off-" + std::to_string(static_cast<int>(order));
    make(name, order);
    put(name, {"1.1", "2.1", "1.2", "3.1"});
    for (const Offset late : {Offset{2}, Offset{0}}) {
      Answer<MessageState> before;
      queues->reschedule(name, {PartitionId{0}, late}, clock.now() + 10s, before.slot());
      core->commit();
      ASSERT_EQ(*before, MessageState::ready) << name;
    }
    EXPECT_EQ(counters(name).delayed, 2u);
    EXPECT_EQ(values(receive(name, 10)), (Texts{"2.1", "3.1"})) << name;
    EXPECT_EQ(values(receive(name, 10)), Texts{}) << name;
    put(name, {"4.1"});
    EXPECT_EQ(values(receive(name, 10)), Texts{"4.1"}) << name;
    core->pass(10s);
    EXPECT_EQ(receive(name, 10).messages.size(), 2u) << name;
  }
}

}  // namespace
}  // namespace twofold::queue
