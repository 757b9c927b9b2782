#include "tests/unit/queue/queue_rig.h"

// Whatever frees an ordered queue's head lets the others go on: an ack, a trim, a death, a crash.

namespace twofold::queue {
namespace {

struct QueueRoom : ::testing::Test, QueueRig {
  void make(const std::string& name, QueueConfig config) {
    if (config.order == Order::none) config.order = Order::key;
    create(name, config);
  }
  void put(const std::string& queue, const Texts& names) {
    Send request{queue, {}, std::nullopt};
    for (const std::string& name : names)
      request.messages.push_back({
          {std::string_view(name).substr(0, name.find('.')), name, {}, core->wall()}
      });
    Answer<Sent> answer;
    queues->send(std::move(request), answer.slot());
    core->commit();
  }
};

TEST_F(QueueRoom, WhatWaitedBehindARetiredMessageGoesToWhoeverWaits) {
  make("q", {.retention = 60s});
  put("q", {"1.1"});
  ASSERT_EQ(receive("q", 1, 43'200s).messages.size(), 1u);
  core->pass(30s);
  put("q", {"1.2"});
  core->pass(15s);
  auto waiting = poll("q");  // until 65 s
  EXPECT_FALSE(waiting.came());
  for (int i = 0; i < 19 && !waiting.came(); ++i) {
    core->pass(1s);
    core->run();
    core->commit();
  }
  ASSERT_TRUE(waiting.came());
  EXPECT_EQ(values(*waiting), (Texts{"1.2"}));
}

TEST_F(QueueRoom, AHeadThatNobodyFinishesGathersNothingBehindIt) {
  make("q", {});
  put("q", {"1.0"});
  std::string head;
  for (int round = 0; round < 200; ++round) {
    Texts more;
    for (int i = 1; i <= 9; ++i) more.push_back("1." + std::to_string(round * 9 + i));
    put("q", more);
    const Received got = receive("q", 10, 30s);
    ASSERT_EQ(got.messages.size(), 10u) << round;
    Texts done = receipts(got);
    head = done.front();
    done.erase(done.begin());
    ack("q", done);
    nack("q", {head, Duration{0}});
  }
  EXPECT_EQ(values(receive("q", 10)), (Texts{"1.0"}));
}

TEST_F(QueueRoom, WhatIsBehindADeadMessageWaitsUntilItsDeathIsDurable) {
  make("q", {});
  put("q", {"1.1", "1.2"});
  const Texts held = receipts(receive("q", 1));
  nack("q", {held[0], std::nullopt, true, "bad iban"});
  EXPECT_TRUE(receive("q", 10).messages.empty()) << "a crash could bring it back";
  core->commit();
  EXPECT_EQ(values(receive("q", 10)), (Texts{"1.2"}));
}

TEST_F(QueueRoom, AReceiveThatWasGivenBackCanBeAskedForAgain) {
  make("q", {});
  put("q", {"1.1"});
  auto first = attempt("q");
  queues->release("q", receipts(*first));
  auto again = attempt("q");
  ASSERT_FALSE(again.failed());
  ASSERT_EQ(again->messages.size(), 1u);
  EXPECT_EQ(again->messages[0].receive_count, 1u);
}

TEST_F(QueueRoom, AnIdThatIsUsedAgainIsNotForgottenWithItsFirstAttempt) {
  make("q", {});
  put("q", {"1.1"});
  auto first = attempt("q", "try", 600s);
  queues->release("q", receipts(*first));
  core->pass(240s);
  auto second = attempt("q", "try", 600s);
  core->pass(120s);
  auto again = attempt("q", "try", 600s);
  ASSERT_FALSE(again.failed());
  EXPECT_EQ(receipts(*again), receipts(*second));
  core->pass(181s);
  EXPECT_TRUE(attempt("q", "try", 600s)->messages.empty())
      << "five minutes are over, the messages are held";
}

TEST_F(QueueRoom, AttemptsThatComeAndGoSetOneTimerAtMost) {
  make("q", {});
  put("q", {"1.1"});
  const std::size_t before = core->timers().size();
  for (int i = 0; i < 50; ++i) {
    Answer<Received> answer;
    queues->receive({"q", 10, 8 << 20, 600s, "try"}, clock.now(), answer.slot());
    queues->release("q", receipts(*answer));
  }
  EXPECT_LE(core->timers().size(), before + 5);
}

TEST_F(QueueRoom, PollsOfOneAttemptGetTheSameMessages) {
  make("q", {});
  const auto wait = [this] {
    Answer<Received> answer;
    queues->receive({"q", 10, 8 << 20, 30s, "try"}, clock.now() + 20s, answer.slot());
    return answer;
  };
  auto one = wait();
  auto other = wait();
  put("q", {"1.1", "2.1"});
  ASSERT_TRUE(one.came());
  put("q", {"3.1"});
  ASSERT_TRUE(other.came());
  EXPECT_EQ(receipts(*one), receipts(*other));
}

TEST_F(QueueRoom, ARefusedSendMakesNoQueueFair) {
  const LogId log = topic_log({});
  create("attached", {}, QueueSource{"topic", {log}, {Offset{0}}});
  Send request{"attached", {}, std::nullopt};
  request.makes_fair = true;
  request.messages.push_back({{"tenant", "m", {}, core->wall()}});
  Answer<Sent> refused;
  queues->send(std::move(request), refused.slot());
  EXPECT_TRUE(refused.failed());
  EXPECT_EQ(queues->config("attached")->order, Order::none);
}

}  // namespace
}  // namespace twofold::queue
