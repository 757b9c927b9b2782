#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct QueueDeadLetters : ::testing::Test, QueueRig {
  void die(const std::string& queue) {
    for (std::uint32_t i = 0; i < queues->find(queue)->config.max_receives; ++i) {
      receive(queue, 10, 1s);
      core->pass(1s + 8ms);
    }
    core->run();
    core->commit();
  }
};

TEST_F(QueueDeadLetters, AfterItsLastReceiveAMessageIsDeadInPlace) {
  create("jobs", {.max_receives = 2});
  send("jobs", {"poison"});
  core->commit();
  die("jobs");
  EXPECT_TRUE(receive("jobs").messages.empty());
  const Browsed dead = browse("jobs", MessageState::dead);
  ASSERT_EQ(dead.items.size(), 1u);
  EXPECT_EQ(dead.items[0].receive_count, 2u);
  EXPECT_EQ(dead.items[0].reason, "");
}

TEST_F(QueueDeadLetters, AMessageMovesWithItsHeadersAndSaysWhereItComesFromAndWhy) {
  create("jobs", {.max_receives = 1, .dead_letter = "morgue"});
  create("morgue");
  const engine::Header header{"region", "EU"};
  Send send{"jobs", {}, std::nullopt};
  send.messages.push_back({
      {"bill_1",      "poison", {&header, 1}, WallTime{77}},
      {      },
      {             }
  });
  Answer<Sent> sent;
  queues->send(std::move(send), sent.slot());
  core->commit();
  die("jobs");

  EXPECT_EQ(counters("jobs").dead, 0u);
  const Received moved = receive("morgue");
  ASSERT_EQ(moved.messages.size(), 1u);
  const auto [value, headers] = record_at(moved, PartitionId{0}, moved.messages[0].offset);
  EXPECT_EQ(value, "poison");
  EXPECT_EQ(headers, (Texts{"region=EU", "twofold-origin=jobs:0-0", "twofold-receives=1",
                            "twofold-reason=max_receives"}));
}

TEST_F(QueueDeadLetters, WhoeverDeclaresAMessageDeadSaysWhy) {
  create("jobs", {.dead_letter = "morgue"});
  create("morgue");
  send("jobs", {"a"});
  core->commit();
  const Received held = receive("jobs");
  EXPECT_EQ(nack("jobs", {held.messages[0].receipt, 0s, true, "bad iban"}),
            (std::vector{Settled::ok}));
  EXPECT_EQ(browse("jobs", MessageState::dead).items.at(0).reason, "bad iban");
  core->run();
  core->commit();
  const Received moved = receive("morgue");
  EXPECT_EQ(record_at(moved, PartitionId{0}, Offset{0}).second.back(), "twofold-reason=bad iban");
  EXPECT_EQ(ack("jobs", receipts(held)), (std::vector{Settled::already}));
}

TEST_F(QueueDeadLetters, NackingTheLastReceiveKillsAtOnce) {
  create("jobs", {.max_receives = 1});
  send("jobs", {"a"});
  core->commit();
  nack("jobs", {receive("jobs").messages[0].receipt, 60s, false, "429 from bank"});
  EXPECT_EQ(browse("jobs", MessageState::dead).items.at(0).reason, "429 from bank");
}

TEST_F(QueueDeadLetters, ALongReasonIsCutBetweenCharacters) {
  create("jobs");
  send("jobs", {"a"});
  core->commit();
  std::string reason(255, 'x');
  reason += "\xc3\xa9";
  nack("jobs", {receive("jobs").messages[0].receipt, 0s, true, reason});
  EXPECT_EQ(browse("jobs", MessageState::dead).items.at(0).reason, std::string(255, 'x'));
}

TEST_F(QueueDeadLetters, WithoutAPlaceToGoNothingIsLostFromSightAndItMovesWhenThatComes) {
  create("jobs", {.max_receives = 1, .dead_letter = "morgue"});
  send("jobs", Texts(150, "poison"));
  core->commit();
  for (int i = 0; i < 15; ++i) receive("jobs", 10, 1s);
  core->pass(2s);
  EXPECT_EQ(counters("jobs").dead, 0u);
  EXPECT_EQ(counters("jobs").ready, 150u) << "there is no queue where they could be looked at";
  const Received again = receive("jobs", 1);
  EXPECT_EQ(again.messages.at(0).receive_count, 2u);
  nack("jobs", {again.messages[0].receipt, 0s});
  EXPECT_EQ(counters("jobs").ready, 150u);
  create("morgue");
  core->run();
  core->commit();
  EXPECT_EQ(counters("jobs").dead, 0u);
  EXPECT_EQ(counters("morgue").ready, 150u);
}

TEST_F(QueueDeadLetters, WhatWasOnItsWayWhenItsDeadLetterQueueWentIsReceivedAgain) {
  create("jobs", {.max_receives = 1, .dead_letter = "morgue"});
  create("morgue");
  send("jobs", {"a", "bad"});
  core->commit();
  core->refuse(engine::Admission::publish, Errc::storage_full);  // so that they cannot move
  nack("jobs", {receive("jobs", 1).messages[0].receipt, 0s, true, "bad iban"});
  die("jobs");
  EXPECT_EQ(counters("jobs").dead, 2u);
  core->refuse(engine::Admission::publish, std::nullopt);
  Answer<QueueInfo> removed;
  queues->remove("morgue", removed.slot());
  core->commit();
  EXPECT_EQ(values(receive("jobs")), (Texts{"bad"}));
  EXPECT_EQ(counters("jobs").dead, 1u) << "who was declared dead stays so";
  restart();
  EXPECT_EQ(counters("jobs").dead, 1u);
}

TEST_F(QueueDeadLetters, WhatWasOnItsWayWhenThePolicyWasRemovedIsReceivedAgain) {
  create("jobs", {.max_receives = 1, .dead_letter = "morgue"});
  create("morgue");
  send("jobs", {"a"});
  core->commit();
  core->refuse(engine::Admission::publish, Errc::storage_full);
  die("jobs");
  EXPECT_EQ(counters("jobs").dead, 1u);
  Answer<QueueInfo> changed;
  queues->configure("jobs", {}, std::nullopt, changed.slot());
  core->commit();
  EXPECT_EQ(values(receive("jobs")), (Texts{"a"}));
}

TEST_F(QueueDeadLetters, AQueueOverATopicTakesNoDeadLetters) {
  create("morgue", {}, QueueSource{"orders", {topic_log({})}, {Offset{0}}});
  Answer<QueueInfo> refused;
  queues->create("jobs", {.max_receives = 1, .dead_letter = "morgue"}, std::nullopt, false,
                 refused.slot());
  EXPECT_EQ(refused.code(), Errc::queue_is_attached);
  create("jobs");
  Answer<QueueInfo> changed;
  queues->configure("jobs", {.max_receives = 1, .dead_letter = "morgue"}, std::nullopt,
                    changed.slot());
  EXPECT_EQ(changed.code(), Errc::queue_is_attached);
}

TEST_F(QueueDeadLetters, TheMoveIsOneCommitSoThatACrashMakesItNeitherTwoNorNone) {
  create("jobs", {.max_receives = 1, .dead_letter = "morgue"});
  create("morgue");
  send("jobs", {"poison"});
  core->commit();
  receive("jobs", 1, 1s);
  core->commit();
  core->pass(2s);  // dead, read and moved, but nothing of it is durable
  restart();
  EXPECT_EQ(counters("morgue").ready, 0u);
  core->run();
  core->commit();
  EXPECT_EQ(counters("morgue").ready, 1u);
  EXPECT_EQ(counters("jobs").dead, 0u);
  restart();
  core->run();
  core->commit();
  EXPECT_EQ(counters("morgue").ready, 1u);
}

TEST_F(QueueDeadLetters, OnAFullDiskTheMoveWaits) {
  create("jobs", {.max_receives = 1, .dead_letter = "morgue"});
  create("morgue");
  send("jobs", {"poison"});
  core->commit();
  core->refuse(engine::Admission::publish, Errc::storage_full);
  die("jobs");
  EXPECT_EQ(counters("jobs").dead, 1u);
  for (int i = 0; i < 50; ++i) {
    core->refuse(engine::Admission::publish, std::nullopt);
    send("jobs", {"poison, too"});
    core->commit();
    core->refuse(engine::Admission::publish, Errc::storage_full);
    receive("jobs", 1, 0s);
    core->pass(8ms);
  }
  EXPECT_LE(core->timers().size(), 5u) << "one retry is enough, however many die";
  core->refuse(engine::Admission::publish, std::nullopt);
  core->pass(2s);
  core->commit();
  EXPECT_EQ(counters("jobs").dead, 0u);
  EXPECT_EQ(counters("morgue").ready, 51u);
}

TEST_F(QueueDeadLetters, ADeadMessageAckedWhileItIsReadDoesNotMove) {
  create("jobs", {.dead_letter = "morgue"});
  create("morgue");
  send("jobs", {"a"});
  core->commit();
  const Received held = receive("jobs");
  nack("jobs", {held.messages[0].receipt, 0s, true, "oops"});
  EXPECT_EQ(ack("jobs", receipts(held)), (std::vector{Settled::acked}));
  core->run();
  core->commit();
  EXPECT_EQ(counters("morgue").ready, 0u);
}

}  // namespace
}  // namespace twofold::queue
