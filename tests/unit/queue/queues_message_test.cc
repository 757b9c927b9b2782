#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct QueueMessage : ::testing::Test, QueueRig {
  static MessageId id(std::int64_t offset) { return {PartitionId{0}, Offset{offset}}; }

  Answer<MessageState> erase(const std::string& queue, std::int64_t offset) {
    Answer<MessageState> answer;
    queues->erase(queue, id(offset), answer.slot());
    core->commit();
    return answer;
  }
  Answer<MessageState> reschedule(const std::string& queue, std::int64_t offset, Duration delay) {
    Answer<MessageState> answer;
    queues->reschedule(queue, id(offset), clock.now() + delay, answer.slot());
    core->commit();
    return answer;
  }
  Why why(const std::string& queue, std::int64_t offset) {
    return queues->explain(queue, id(offset))->why;
  }
  void put(const std::string& queue, const Texts& keys) {
    Send request{queue, {}, std::nullopt};
    for (const std::string& key : keys)
      request.messages.push_back({
          {key, key, {}, core->wall()}
      });
    Answer<Sent> answer;
    queues->send(std::move(request), answer.slot());
    core->commit();
  }
};

TEST_F(QueueMessage, IsDeletedWhateverItsState) {
  create("jobs");
  send("jobs", {"in flight", "dead", "acked", "ready"});
  send("jobs", {"delayed"}, 60s);
  core->commit();
  const Received held = receive("jobs", 3);
  nack("jobs", {held.messages[1].receipt, 0s, true, "bad"});
  ack("jobs", {held.messages[2].receipt});

  EXPECT_EQ(*erase("jobs", 0), MessageState::in_flight);
  EXPECT_EQ(*erase("jobs", 1), MessageState::dead);
  EXPECT_EQ(*erase("jobs", 3), MessageState::ready);
  EXPECT_EQ(*erase("jobs", 4), MessageState::delayed);
  EXPECT_EQ(ack("jobs", {held.messages[0].receipt}), std::vector{Settled::already});
  EXPECT_TRUE(browse("jobs").items.empty());
  EXPECT_EQ(erase("jobs", 99).code(), Errc::message_not_found);
  EXPECT_EQ(erase("jobs", 2).code(), Errc::message_not_found) << "its record is gone";
  restart();
  core->pass(120s);
  EXPECT_TRUE(receive("jobs").messages.empty());
}

TEST_F(QueueMessage, OfADeletedOneTheGroupGoesOn) {
  QueueConfig config;
  config.order = Order::key;
  create("jobs", config);
  put("jobs", {"a", "a", "b"});
  receive("jobs", 1);
  EXPECT_EQ(why("jobs", 1), Why::group_held);
  const auto explained = queues->explain("jobs", id(1));
  ASSERT_TRUE(explained->blocker);
  EXPECT_EQ(explained->blocker->offset, Offset{0});
  EXPECT_EQ(explained->blocker->state, MessageState::in_flight);
  EXPECT_EQ(explained->blocker->visible_at, clock.now() + 30s);
  erase("jobs", 0);
  EXPECT_EQ(why("jobs", 1), Why::ready);
  EXPECT_EQ(values(receive("jobs", 1)), (Texts{"b"}));
  EXPECT_EQ(values(receive("jobs", 1)), (Texts{"a"}));
}

TEST_F(QueueMessage, IsDeliveredAtAnotherTime) {
  create("jobs");
  send("jobs", {"0", "1"});
  send("jobs", {"2"}, 60s);
  core->commit();
  EXPECT_EQ(*reschedule("jobs", 0, 10s), MessageState::ready);
  EXPECT_EQ(*reschedule("jobs", 2, 0s), MessageState::delayed);
  EXPECT_EQ(values(receive("jobs")), (Texts{"1", "2"}));
  EXPECT_EQ(why("jobs", 0), Why::delayed);
  EXPECT_EQ(*reschedule("jobs", 1, 0s), MessageState::in_flight) << "and nothing changed";
  EXPECT_EQ(counters("jobs").in_flight, 2u);
  core->pass(10s);
  EXPECT_EQ(values(receive("jobs")), (Texts{"0"}));
}

TEST_F(QueueMessage, ARescheduledOneStaysSoAfterARestart) {
  create("jobs");
  send("jobs", {"0"});
  core->commit();
  reschedule("jobs", 0, 60s);
  restart();
  EXPECT_TRUE(receive("jobs").messages.empty());
  core->pass(60s);
  EXPECT_EQ(values(receive("jobs")), (Texts{"0"}));
}

TEST_F(QueueMessage, ExplainsEveryState) {
  const LogId log = topic_log({"old", "0", "1"});
  create("jobs", {}, QueueSource{"orders", {log}, {Offset{1}}});
  EXPECT_EQ(why("jobs", 0), Why::before_start);
  EXPECT_EQ(why("jobs", 1), Why::ready);
  const Received held = receive("jobs", 1);
  EXPECT_EQ(why("jobs", 1), Why::in_flight);
  ack("jobs", receipts(held));
  EXPECT_EQ(why("jobs", 1), Why::acked);
  core->append(log, {std::nullopt, "3", {}, core->wall()});
  EXPECT_EQ(why("jobs", 3), Why::not_visible);
  EXPECT_EQ(queues->explain("jobs", id(4)).error().code, Errc::message_not_found);
  EXPECT_EQ(queues->explain("jobs", {PartitionId{1}, Offset{0}}).error().code,
            Errc::message_not_found);
  QueueConfig paused;
  paused.paused = true;
  Answer<QueueInfo> answer;
  queues->configure("jobs", paused, std::nullopt, answer.slot());
  core->commit();
  EXPECT_EQ(why("jobs", 2), Why::paused);
  EXPECT_TRUE(queues->view("jobs")->paused);
  core->trim(log, Offset{2}, true);
  EXPECT_EQ(why("jobs", 1), Why::trimmed);
}

TEST_F(QueueMessage, OneThatHasExpiredIsDropped) {
  QueueConfig config;
  config.order = Order::key;
  create("jobs", config);
  put("jobs", {"a", "a"});
  const Received held = receive("jobs", 1);
  queues->drop("jobs", receipts(held));
  EXPECT_EQ(values(receive("jobs", 1)), (Texts{"a"})) << "the next of the group goes on";
  core->commit();
  EXPECT_EQ(ack("jobs", receipts(held)), std::vector{Settled::already});
  restart();
  EXPECT_EQ(why("jobs", 0), Why::trimmed);
}

TEST_F(QueueMessage, OneThatHasExpiredIsDroppedThoughItCameFreeAtOnce) {
  for (const Order order : {Order::none, Order::key, Order::fair}) {
    const std::string name = "held-for-no-time-" + std::to_string(static_cast<int>(order));
    QueueConfig config;
    config.order = order;
    create(name, config);
    put(name, {"a", "a"});
    const Received held = receive(name, 1, 0s);
    EXPECT_EQ(counters(name).ready, 2u);
    queues->drop(name, receipts(held));
    EXPECT_EQ(counters(name).ready, 1u);
    core->commit();
    EXPECT_EQ(receive(name, 10).messages.size(), 1u);
  }
}

TEST_F(QueueMessage, OneThatIsDeadIsNotDroppedByTheReceiptOfItsLastDelivery) {
  QueueConfig config;
  config.max_receives = 1;
  create("jobs", config);
  put("jobs", {"a"});
  const Received held = receive("jobs", 1, 0s);
  EXPECT_EQ(counters("jobs").dead, 1u);
  queues->drop("jobs", receipts(held));
  EXPECT_EQ(counters("jobs").dead, 1u);
}

TEST_F(QueueMessage, AQueueThatReadsAheadDropsWhatHasExpired) {
  const std::string early = std::to_string((core->wall() + 5s).value());
  const std::string late = std::to_string((core->wall() + 60s).value());
  const std::vector<engine::Header> soon{
      {"twofold-expires", early}
  };
  const std::vector<engine::Header> later{
      {"twofold-expires", late}
  };
  const LogId log = core->new_log_id();
  core->open_log(log, {});
  core->append(log, {"a", "soon", soon, core->wall()});
  core->append(log, {"a", "later", later, core->wall()});
  core->commit();
  core->pass(10s);
  QueueConfig config;
  config.order = Order::key;
  create("jobs", config, QueueSource{"orders", {log}, {Offset{0}}});
  EXPECT_EQ(counters("jobs").ready, 1u);
  EXPECT_EQ(values(receive("jobs", 1)), (Texts{"later"}));
}

TEST_F(QueueMessage, ADeadLetterDoesNotExpire) {
  const std::string early = std::to_string((core->wall() + 5s).value());
  const std::vector<engine::Header> soon{
      {"twofold-expires", early}
  };
  create("burnt");
  QueueConfig config;
  config.dead_letter = "burnt";
  create("jobs", config);
  Send request{"jobs", {}, std::nullopt};
  request.messages.push_back({
      {std::nullopt, "x", soon, core->wall()}
  });
  Answer<Sent> sent;
  queues->send(std::move(request), sent.slot());
  core->commit();
  nack("jobs", {receive("jobs").messages[0].receipt, 0s, true, "bad"});
  core->run();
  core->commit();
  const Received letter = receive("burnt");
  ASSERT_EQ(letter.messages.size(), 1u);
  for (const std::string& header : record_at(letter, PartitionId{0}, Offset{0}).second)
    EXPECT_FALSE(header.starts_with("twofold-expires")) << header;
}

TEST_F(QueueMessage, ItsHistoryIsWhatHappenedSinceTheStart) {
  using Kind = MessageEvent::Kind;
  create("jobs");
  send("jobs", {"0", "1"});
  core->commit();
  Answer<Received> answer;
  queues->receive({"jobs", 2, 8 << 20, std::nullopt, {}, "worker-7"}, clock.now(), answer.slot());
  const Received held = std::move(*answer);
  EXPECT_EQ(queues->explain("jobs", id(0))->holder, "worker-7");
  nack("jobs", {held.messages[0].receipt, 5s});
  ack("jobs", {held.messages[1].receipt});
  const auto history = queues->history("jobs", id(0));
  ASSERT_EQ(history->events.size(), 2u);
  EXPECT_EQ(history->events[0].kind, Kind::received);
  EXPECT_EQ(history->events[0].due, clock.now() + 30s);
  EXPECT_EQ(history->events[0].client, "worker-7");
  EXPECT_EQ(history->events[1].kind, Kind::given_back);
  EXPECT_EQ(history->events[1].due, clock.now() + 5s);
  EXPECT_EQ(queues->history("jobs", id(1))->events.back().kind, Kind::acked);
  EXPECT_FALSE(history->since) << "nothing was forgotten yet";
  for (int i = 0; i < 1 << 16; ++i) reschedule("jobs", 0, 5s);
  EXPECT_TRUE(queues->history("jobs", id(1))->events.empty());
  EXPECT_TRUE(queues->history("jobs", id(1))->since);
}

}  // namespace
}  // namespace twofold::queue
