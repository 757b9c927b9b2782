#include "tests/unit/queue/queue_rig.h"

// The order of FIFO queues as Amazon SQS keeps it: "1.2" is the second message of group 1.

namespace twofold::queue {
namespace {

struct QueueFifo : ::testing::Test, QueueRig {
  QueueFifo() { make("fifo"); }

  void make(const std::string& name, Order order = Order::key) {
    QueueConfig config;
    config.order = order;
    create(name, config);
  }
  Sent put(const Texts& names, const std::string& queue = "fifo") {
    Send request{queue, {}, std::nullopt};
    for (const std::string& name : names)
      request.messages.push_back({
          {std::string_view(name).substr(0, name.find('.')), name, {}, core->wall()}
      });
    Answer<Sent> answer;
    queues->send(std::move(request), answer.slot());
    core->commit();
    return *answer;
  }
  SentMessage put_once(const std::string& name, std::string_view id, const Token& token = {}) {
    Send request{"fifo", {}, std::nullopt};
    request.messages.push_back({
        {std::string_view(name).substr(0, name.find('.')), name, {}, core->wall()}
    });
    request.messages.back().dedup_id = id;
    request.messages.back().token = token;
    Answer<Sent> answer;
    queues->send(std::move(request), answer.slot());
    core->commit();
    return answer->messages.front();
  }
  Texts get(std::size_t max, std::optional<Duration> visibility = std::nullopt,
            const std::string& queue = "fifo") {
    const Received received = receive(queue, max, visibility);
    const Texts names = values(received);
    for (std::size_t i = 0; i < names.size(); ++i) held[names[i]] = received.messages[i].receipt;
    return names;
  }
  void done(const std::string& name) {
    EXPECT_EQ(ack("fifo", {held.at(name)}), std::vector{Settled::acked}) << name;
  }
  void pass(Duration time) { core->pass(time); }

  std::map<std::string, std::string> held;
};

TEST_F(QueueFifo, OneReceiveTakesAGroupAfterTheOther) {
  put({"1.1", "2.1", "1.2", "1.3"});
  EXPECT_EQ(get(10), (Texts{"1.1", "1.2", "1.3", "2.1"}));
}

TEST_F(QueueFifo, AGroupInFlightWaitsAndTheOthersDoNot) {
  put({"1.1", "1.2", "1.3", "1.4", "2.1", "3.1"});
  EXPECT_EQ(get(2, 1s), (Texts{"1.1", "1.2"}));
  EXPECT_EQ(counters("fifo").blocked, 2u);
  EXPECT_EQ(get(1, 1s), (Texts{"2.1"}));
  pass(2s);
  Texts rest = get(10);
  ASSERT_EQ(rest.size(), 6u);
  EXPECT_EQ(rest.front(), "3.1");
  std::erase_if(rest, [](const std::string& name) { return name[0] != '1'; });
  EXPECT_EQ(rest, (Texts{"1.1", "1.2", "1.3", "1.4"}));
}

TEST_F(QueueFifo, GroupsThatWereServedComeLast) {
  put({"1.1", "2.1", "2.2", "3.1", "1.2"});
  EXPECT_EQ(get(3, 0s), (Texts{"1.1", "1.2", "2.1"}));
  EXPECT_EQ(get(10, 0s), (Texts{"3.1", "1.1", "1.2", "2.1", "2.2"}));
}

TEST_F(QueueFifo, AReleasedHeadGoesOutWhileThoseBehindItAreInFlight) {
  put({"1.1", "1.2", "2.1"});
  EXPECT_EQ(get(2), (Texts{"1.1", "1.2"}));
  nack("fifo", {held["1.1"], Duration{0}});
  EXPECT_EQ(get(3), (Texts{"2.1", "1.1"}));
}

TEST_F(QueueFifo, WhatIsHeldLongerHoldsBackWhatIsBehindIt) {
  const std::pair<std::string, Texts> cases[] = {
      {"1.1", {}            },
      {"1.2", {"1.1"}       },
      {"1.3", {"1.1", "1.2"}},
  };
  for (const auto& [extended, expected] : cases) {
    Answer<std::uint64_t> purged;
    queues->purge("fifo", purged.slot());
    core->commit();
    put({"1.1", "1.2", "1.3"});
    ASSERT_EQ(get(10, 1s).size(), 3u);
    extend("fifo", held[extended], 4s);
    pass(2500ms);
    EXPECT_EQ(get(5), expected) << extended;
  }
}

TEST_F(QueueFifo, AGroupComesBackOnceEverythingInFlightOfItIsDeleted) {
  put({"1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "3.1"});
  EXPECT_EQ(get(2), (Texts{"1.1", "1.2"}));
  done("1.1");
  const Texts others = get(10);
  EXPECT_EQ(others, (Texts{"2.1", "2.2", "3.1"})) << "1.2 is in flight still";
  done("1.2");
  EXPECT_EQ(get(10), (Texts{"1.3", "1.4"}));
}

TEST_F(QueueFifo, TheNextOfAGroupGoesToWhoeverWaitsOnceTheFirstIsDurablyDeleted) {
  auto first = poll("fifo", 1);
  auto second = poll("fifo", 1);
  put({"1.1"});
  put({"1.2"});
  ASSERT_TRUE(first.came());
  EXPECT_FALSE(second.came());
  Answer<std::vector<Settled>> answer;
  queues->ack("fifo", {first->messages[0].receipt}, answer.slot());
  EXPECT_FALSE(second.came()) << "a crash could bring the first one back";
  core->commit();
  ASSERT_TRUE(second.came());
  EXPECT_EQ(values(*second), (Texts{"1.2"}));
}

TEST_F(QueueFifo, AnEmptiedGroupCanBeSentToAgain) {
  put({"1.1"});
  get(1);
  done("1.1");
  EXPECT_TRUE(get(1).empty());
  put({"1.2"});
  EXPECT_EQ(get(1), (Texts{"1.2"}));
}

TEST_F(QueueFifo, ADelayedMessageHoldsItsGroupBack) {
  auto delayed = send("fifo", {"late"}, 10s);  // no key: alone
  put({"1.1"});
  EXPECT_EQ(get(10), (Texts{"1.1"}));
  pass(10s);
  EXPECT_EQ(get(10), (Texts{"late"}));
}

TEST_F(QueueFifo, WithoutGroupsEveryMessageIsItsOwn) {
  send("fifo", {"a", "b", "c"});
  core->commit();
  EXPECT_EQ(get(1), (Texts{"a"}));
  EXPECT_EQ(get(2), (Texts{"b", "c"}));
}

TEST_F(QueueFifo, ADeadMessageLetsItsGroupGoOn) {
  put({"1.1", "1.2"});
  EXPECT_EQ(get(1), (Texts{"1.1"}));
  nack("fifo", {held["1.1"], std::nullopt, true, "bad iban"});
  core->commit();
  EXPECT_EQ(get(10), (Texts{"1.2"}));
}

TEST_F(QueueFifo, ARestartKeepsTheOrderAndWhoIsInFlight) {
  put({"1.1", "1.2", "2.1", "3.1", "2.2"});
  EXPECT_EQ(get(1), (Texts{"1.1"}));
  core->commit();
  restart();
  EXPECT_EQ(get(10), (Texts{"2.1", "2.2", "3.1"}));
  done("1.1");
  EXPECT_EQ(get(10), (Texts{"1.2"}));
}

TEST_F(QueueFifo, AStuckGroupCostsTheOthersNothing) {
  put({"1.1", "1.2"});
  EXPECT_EQ(get(1, 43'200s), (Texts{"1.1"}));
  for (int round = 0; round < 300; ++round) {
    put({"2.1", "3.1", "2.2"});
    ASSERT_EQ(get(10), (Texts{"2.1", "2.2", "3.1"})) << round;
    done("2.1");
    done("2.2");
    done("3.1");
  }
  EXPECT_EQ(counters("fifo").blocked, 1u);
  done("1.1");
  EXPECT_EQ(get(10), (Texts{"1.2"}));
}

TEST_F(QueueFifo, StrictLetsNothingPass) {
  make("strict", Order::strict);
  put({"1.1", "2.1", "3.1"}, "strict");
  EXPECT_EQ(get(1, std::nullopt, "strict"), (Texts{"1.1"}));
  EXPECT_TRUE(get(10, std::nullopt, "strict").empty());
  EXPECT_EQ(counters("strict").blocked, 2u);
  ack("strict", {held["1.1"]});
  EXPECT_EQ(get(10, std::nullopt, "strict"), (Texts{"2.1", "3.1"}));
}

TEST_F(QueueFifo, AFairQueueServesWhoHasFewestInFlight) {
  make("fair", Order::fair);
  put({"1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "2.2", "3.1"}, "fair");
  EXPECT_EQ(get(4, std::nullopt, "fair"), (Texts{"1.1", "2.1", "3.1", "1.2"}));
  EXPECT_EQ(get(1, std::nullopt, "fair"), (Texts{"2.2"}));
  put({"4.1"}, "fair");
  EXPECT_EQ(get(1, std::nullopt, "fair"), (Texts{"4.1"}));
  ack("fair", {held["1.1"], held["1.2"]});
  EXPECT_EQ(get(9, std::nullopt, "fair"), (Texts{"1.3", "1.4", "1.5"}));
}

TEST_F(QueueFifo, AQueueBecomesFairWhileMessagesAreInFlight) {
  make("late", Order::none);
  put({"1.1", "1.2", "1.3", "2.1"}, "late");
  EXPECT_EQ(get(1, 5s, "late"), (Texts{"1.1"}));
  QueueConfig config = *queues->config("late");
  config.order = Order::fair;
  Answer<QueueInfo> changed;
  queues->configure("late", config, std::nullopt, changed.slot());
  core->commit();
  EXPECT_EQ(get(1, std::nullopt, "late"), (Texts{"2.1"}));
  pass(5s);
  Texts rest = get(10, std::nullopt, "late");
  std::sort(rest.begin(), rest.end());
  EXPECT_EQ(rest, (Texts{"1.1", "1.2", "1.3"}));
}

TEST_F(QueueFifo, ADuplicateIsAnsweredAsTheFirstAndNotDelivered) {
  const Token token{'f', 'i', 'r', 's', 't'};
  const SentMessage first = put_once("1.1", "id", token);
  const SentMessage again = put_once("1.2", "id", {'s'});
  EXPECT_FALSE(first.duplicate);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.offset, first.offset);
  EXPECT_EQ(again.token, token);
  EXPECT_EQ(get(10), (Texts{"1.1"}));
  done("1.1");
  EXPECT_TRUE(put_once("1.3", "id").duplicate) << "remembered after it was deleted";
  core->commit();
  restart();
  EXPECT_TRUE(put_once("1.4", "id").duplicate) << "and after a restart";
  pass(299s);
  EXPECT_TRUE(put_once("1.5", "id").duplicate);
  pass(1s);
  EXPECT_FALSE(put_once("1.6", "id").duplicate) << "five minutes after the first";
}

TEST_F(QueueFifo, APurgeForgetsTheIds) {
  put_once("1.1", "id");
  Answer<std::uint64_t> purged;
  queues->purge("fifo", purged.slot());
  core->commit();
  EXPECT_FALSE(put_once("1.2", "id").duplicate);
  EXPECT_EQ(get(10), (Texts{"1.2"}));
}

TEST_F(QueueFifo, IdsOfAQueueThatNobodySendsToAreForgottenInTime) {
  put_once("1.1", "id");
  pass(301s);
  core->commit();
  restart();
  EXPECT_FALSE(put_once("1.2", "id").duplicate);
}

TEST_F(QueueFifo, AReceiveCanBeRepeatedUntilSomethingHappened) {
  put({"1.1", "1.2"});
  auto first = attempt("fifo", "try");
  ASSERT_EQ(first->messages.size(), 2u);
  pass(20s);
  auto again = attempt("fifo", "try");
  ASSERT_EQ(again->messages.size(), 2u);
  EXPECT_EQ(receipts(*again), receipts(*first));
  EXPECT_EQ(again->messages[0].receive_count, 1u);
  EXPECT_EQ(values(*again), (Texts{"1.1", "1.2"}));
  pass(20s);
  EXPECT_EQ(counters("fifo").in_flight, 2u) << "the timeout began anew";
  EXPECT_TRUE(attempt("fifo", "other")->messages.empty());
  ack("fifo", {first->messages[0].receipt});
  auto late = attempt("fifo", "try");
  ASSERT_TRUE(late.failed());
  EXPECT_EQ(late.code(), Errc::stale_receipt);
}

TEST_F(QueueFifo, AReceiveIsRepeatedThoughItsTimeHasPassedUntilSomebodyElseGotSomethingOfIt) {
  put({"1.1", "1.2"});
  auto first = attempt("fifo", "try");
  pass(40s);
  ASSERT_EQ(counters("fifo").ready, 2u);
  auto again = attempt("fifo", "try");
  ASSERT_FALSE(again.failed());
  EXPECT_EQ(receipts(*again), receipts(*first));
  EXPECT_EQ(counters("fifo").in_flight, 2u);
  EXPECT_TRUE(attempt("fifo", "other")->messages.empty());
  pass(40s);
  EXPECT_EQ(get(1), (Texts{"1.1"}));
  EXPECT_EQ(attempt("fifo", "try").code(), Errc::stale_receipt);
}

TEST_F(QueueFifo, AReceiveThatWasGivenBackByHandIsNotRepeated) {
  put({"1.1"});
  auto first = attempt("fifo");
  extend("fifo", first->messages[0].receipt, 0s);
  pass(40s);
  ASSERT_EQ(counters("fifo").ready, 1u);
  EXPECT_EQ(attempt("fifo").code(), Errc::stale_receipt);
}

TEST_F(QueueFifo, WhatHasExpiredOfAReceiveDoesNotKeepItsAttemptFromBeingMadeAgain) {
  put({"1.1", "2.1"});
  auto first = attempt("fifo");
  ASSERT_EQ(first->messages.size(), 2u);
  queues->drop("fifo", {first->messages[0].receipt});
  auto rest = attempt("fifo");
  ASSERT_FALSE(rest.failed());
  EXPECT_EQ(receipts(*rest), (Texts{first->messages[1].receipt}));
  queues->drop("fifo", receipts(*rest));
  put({"3.1"});
  auto anew = attempt("fifo");
  ASSERT_FALSE(anew.failed());
  EXPECT_EQ(values(*anew), (Texts{"3.1"}));
}

TEST_F(QueueFifo, AReceiptOfAFifoQueueEndsWithItsTimeout) {
  put({"1.1"});
  get(1, 5s);
  pass(5s);
  Answer<std::vector<Settled>> late;
  queues->ack("fifo", {held["1.1"]}, late.slot(), Receipts::held);
  EXPECT_EQ(*late, std::vector{Settled::stale});
  EXPECT_EQ(get(10), (Texts{"1.1"}));
}

TEST_F(QueueFifo, ALimitOnTheWholeTimeCountsFromTheReceive) {
  put({"1.1"});
  get(1, 60s);
  pass(50s);
  const auto extended = [this](Duration by) {
    Answer<std::vector<Settled>> answer;
    queues->extend("fifo", {{held["1.1"], by, 100s}}, answer.slot());
    return answer->front();
  };
  EXPECT_EQ(extended(51s), Settled::too_long);
  EXPECT_EQ(extended(50s), Settled::ok);
}

TEST_F(QueueFifo, TheTimeOfTheFirstReceiveIsKept) {
  put({"1.1"});
  const Instant first = clock.now();
  get(1, 5s);
  core->commit();
  restart();
  pass(5s);
  const Received again = receive("fifo");
  ASSERT_EQ(again.messages.size(), 1u);
  EXPECT_EQ(again.messages[0].first_received, first);
  EXPECT_EQ(again.messages[0].receive_count, 2u);
}

TEST_F(QueueFifo, ABackedOffMessageWaitsLongerEachTime) {
  QueueConfig config;
  config.backoff_min = 8s;
  config.backoff_max = 20s;
  create("retry", config);
  send("retry", {"m"});
  core->commit();
  for (const auto longest : {8s, 16s, 20s, 20s}) {
    const Received received = receive("retry");
    ASSERT_EQ(received.messages.size(), 1u);
    nack("retry", {received.messages[0].receipt});
    pass(longest / 2 - 1ms);
    EXPECT_TRUE(receive("retry").messages.empty());
    pass(longest / 2 + 1ms);
  }
}

}  // namespace
}  // namespace twofold::queue
