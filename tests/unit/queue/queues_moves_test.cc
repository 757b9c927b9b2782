#include <algorithm>

#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct QueueMoves : ::testing::Test, QueueRig {
  // Messages that died in "jobs" and wait in "morgue".
  void die(const Texts& texts) {
    create("morgue");
    die(texts, texts.size());
  }
  void die(const Texts& texts, std::size_t ready) {
    create("jobs", {.max_receives = 1, .dead_letter = "morgue"});
    send("jobs", texts);
    core->commit();
    receive("jobs", texts.size(), 1s);
    core->pass(1s + 8ms);
    settle();
    EXPECT_EQ(counters("morgue").ready, ready);
  }
  void send_keyed(const std::string& queue,
                  const std::vector<std::pair<std::string, std::string>>& messages) {
    Send send{queue, {}, std::nullopt};
    for (const auto& [key, value] : messages) {
      engine::NewRecord record{key, value, {}, core->wall()};
      send.messages.push_back({record});
    }
    Answer<Sent> sent;
    queues->send(std::move(send), sent.slot());
    core->commit();
    core->run();
  }
  void settle() {
    for (int i = 0; i < 20; ++i) {
      core->run();
      core->commit();
    }
  }
  /// Taken piece by piece, as others have their turn in between.
  Texts sources(const std::string& name, std::size_t piece = 1) {
    Texts names;
    std::uint32_t from = 0;
    while (true) {
      const auto some = queues->dead_letter_sources(name, from, piece);
      EXPECT_LE(some.size(), piece);
      for (const auto& one : some) names.push_back(one.name);
      if (some.size() < piece) break;
      from = some.back().id + 1;
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  Move only(const std::string& source) { return queues->moves(source).at(0); }
};

TEST_F(QueueMoves, DeadLettersGoBackToWhereTheyDiedAndAreAsNew) {
  die({"a", "b", "c"});
  ASSERT_TRUE(queues->start_move({.id = "back", .source = "morgue"}));
  settle();
  EXPECT_EQ(only("morgue").status, MoveStatus::completed);
  EXPECT_EQ(only("morgue").moved, 3u);
  EXPECT_EQ(counters("morgue").ready, 0u);
  const Received back = receive("jobs", 10);
  EXPECT_EQ(values(back), (Texts{"a", "b", "c"}));
  EXPECT_EQ(back.messages[0].receive_count, 1u);
  EXPECT_EQ(record_at(back, PartitionId{0}, back.messages[0].offset).second,
            Texts{"twofold-first=jobs:0-0"});
}

TEST_F(QueueMoves, OrElsewhere) {
  die({"a"});
  create("other");
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue", .destination = "other"}));
  settle();
  EXPECT_EQ(values(receive("other", 10)), (Texts{"a"}));
  EXPECT_EQ(counters("jobs").ready, 0u);
}

TEST_F(QueueMoves, ARateIsKept) {
  die({"a", "b", "c", "d"});
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue", .per_second = 1}));
  settle();
  EXPECT_EQ(only("morgue").moved, 1u) << "the first goes at once";
  EXPECT_EQ(queues->start_move({.id = "n", .source = "morgue"}).error().code, Errc::busy);
  for (std::uint64_t n = 2; n <= 4; ++n) {
    core->pass(1s + 8ms);
    settle();
    EXPECT_EQ(only("morgue").moved, n);
  }
  core->pass(1s + 8ms);
  EXPECT_EQ(only("morgue").status, MoveStatus::completed);
}

TEST_F(QueueMoves, ARestartDoesNotEndAMove) {
  die({"a", "b", "c", "d"});
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue", .per_second = 1}));
  settle();
  EXPECT_EQ(only("morgue").moved, 1u);
  restart();
  EXPECT_EQ(only("morgue").moved, 1u) << "counted in the commit that moved it";
  EXPECT_EQ(only("morgue").status, MoveStatus::running);
  for (int second = 0; second < 70; ++second) {
    core->pass(1s);
    settle();
  }
  EXPECT_EQ(only("morgue").status, MoveStatus::completed);
  EXPECT_EQ(only("morgue").moved, 4u);
  EXPECT_EQ(values(receive("jobs", 10)), (Texts{"a", "b", "c", "d"}));
  restart();
  EXPECT_EQ(only("morgue").status, MoveStatus::completed) << "what ended is still told";
}

TEST_F(QueueMoves, ACancelledMoveLeavesTheRest) {
  die({"a", "b"});
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue", .per_second = 1}));
  settle();
  EXPECT_EQ(queues->cancel_move("m")->moved, 1u);
  EXPECT_EQ(queues->cancel_move("m").error().code, Errc::message_not_found);
  core->pass(5s);
  settle();
  EXPECT_EQ(counters("morgue").ready, 1u);
  EXPECT_EQ(only("morgue").status, MoveStatus::cancelled);
}

TEST_F(QueueMoves, WhatCannotGoAnywhereStays) {
  die({"a"});
  Answer<QueueInfo> removed;
  queues->remove("jobs", removed.slot());
  core->commit();
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue"}));
  settle();
  EXPECT_EQ(only("morgue").status, MoveStatus::failed);
  EXPECT_EQ(only("morgue").failure, Errc::queue_not_found);
  EXPECT_EQ(values(receive("morgue", 10)), (Texts{"a"}));
}

TEST_F(QueueMoves, OneMessageThatNobodyKnowsTheOriginOfDoesNotHoldUpTheRest) {
  create("morgue");
  send("morgue", {"sent here"});
  die({"a", "b", "c"}, 4);
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue"}));
  settle();
  EXPECT_EQ(only("morgue").moved, 3u);
  EXPECT_EQ(only("morgue").status, MoveStatus::failed) << "and that is said";
  EXPECT_EQ(only("morgue").failure, Errc::queue_not_found);
  EXPECT_EQ(values(receive("jobs", 10)), (Texts{"a", "b", "c"}));
  const Received left = receive("morgue", 10);
  EXPECT_EQ(values(left), (Texts{"sent here"})) << "at once, not when a hold has ended";
  EXPECT_EQ(left.messages[0].receive_count, 1u);
}

TEST_F(QueueMoves, ASlowMoveMeetsWhatItStepsOverOnce) {
  create("morgue");
  send("morgue", {"sent here"});
  Texts texts(200, "a");
  die(texts, 201);
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue", .per_second = 1}));
  for (int second = 0; second < 205; ++second) {
    settle();
    core->pass(1s + 8ms);
  }
  settle();
  EXPECT_EQ(only("morgue").moved, 200u);
  EXPECT_EQ(only("morgue").status, MoveStatus::failed);
  EXPECT_EQ(receive("morgue", 10).messages.at(0).receive_count, 1u);
}

TEST_F(QueueMoves, NothingGoesPastAMessageOfItsGroupThatHasToStay) {
  create("morgue.fifo", {.order = Order::key});
  send_keyed("morgue.fifo", {
                                {"g1", "lost"}
  });
  create("jobs.fifo", {.max_receives = 1, .dead_letter = "morgue.fifo", .order = Order::key});
  send_keyed("jobs.fifo", {
                              {"g1", "behind"},
                              {"g2", "beside"}
  });
  receive("jobs.fifo", 10, 1s);
  core->pass(1s + 8ms);
  settle();
  EXPECT_EQ(counters("morgue.fifo").ready, 3u);
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue.fifo"}));
  settle();
  EXPECT_EQ(only("morgue.fifo").moved, 1u);
  EXPECT_EQ(values(receive("jobs.fifo", 10)), (Texts{"beside"}));
  EXPECT_EQ(values(receive("morgue.fifo", 10)), (Texts{"lost", "behind"}));
}

TEST_F(QueueMoves, WhatAConsumerHoldsIsNotMoved) {
  die({"a", "b"});
  const Received held = receive("morgue", 1, 60s);
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue"}));
  settle();
  EXPECT_EQ(values(receive("jobs", 10)), (Texts{"b"}));
  EXPECT_EQ(ack("morgue", receipts(held)), (std::vector{Settled::acked}));
}

TEST_F(QueueMoves, AFullDiskOnlyDelaysThem) {
  die({"a"});
  EXPECT_EQ(sources("morgue"), (Texts{"jobs"}));
  EXPECT_EQ(sources("jobs"), Texts{});
  create("others", {.max_receives = 1, .dead_letter = "morgue"});
  EXPECT_EQ(sources("morgue"), (Texts{"jobs", "others"}));
  Answer<QueueInfo> elsewhere;
  queues->configure("others", {.max_receives = 1, .dead_letter = "morgue-2"}, std::nullopt,
                    elsewhere.slot());
  core->commit();
  EXPECT_EQ(sources("morgue"), (Texts{"jobs"}));
  EXPECT_EQ(sources("morgue-2"), (Texts{"others"}));
  Answer<QueueInfo> removed;
  queues->remove("others", removed.slot());
  core->commit();
  EXPECT_EQ(sources("morgue-2"), Texts{});
  EXPECT_EQ(queues->start_move({.id = "m", .source = "none"}).error().code, Errc::queue_not_found);
  core->refuse(engine::Admission::publish, Errc::storage_full);
  ASSERT_TRUE(queues->start_move({.id = "m", .source = "morgue"}));
  settle();
  EXPECT_EQ(only("morgue").moved, 0u);
  core->refuse(engine::Admission::publish, std::nullopt);
  core->pass(1s + 8ms);
  settle();
  EXPECT_EQ(values(receive("jobs", 10)), (Texts{"a"}));
}

}  // namespace
}  // namespace twofold::queue
