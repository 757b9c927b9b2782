#include "queue/letter.h"
#include "tests/unit/queue/queue_rig.h"

// What is changed of a message while it waits: its headers, and that it had a time to live.

namespace twofold::queue {
namespace {

struct QueueEdit : ::testing::Test, QueueRig {
  static MessageId id(std::int64_t offset) { return {PartitionId{0}, Offset{offset}}; }
  void put(const std::string& queue, const std::string& value,
           std::vector<engine::Header> headers) {
    Send request{queue, {}, std::nullopt};
    request.messages.push_back({
        {std::nullopt, value, headers, core->wall()}
    });
    Answer<Sent> sent;
    queues->send(std::move(request), sent.slot());
    core->commit();
  }
  Answer<MessageState> edit(std::int64_t offset, const std::vector<HeaderChange>& changes,
                            const std::string& queue = "q") {
    Answer<MessageState> answer;
    queues->edit(queue, id(offset), changes, answer.slot());
    core->commit();
    return answer;
  }
  /// Value and headers as whoever receives it sees them.
  static Texts seen(const Received& received, std::size_t message = 0) {
    const Delivered& at = received.messages[message];
    engine::StoredRecord record{Offset{0}, Seq{0}, WallTime{0}, {}, {}, {}};
    for (const engine::ReadPlan& plan : received.plans) {
      const auto batches = plan.fetch();  // the record points into them
      for (const engine::StoredBatch& batch : *batches) {
        engine::BatchCursor cursor(batch.bytes, batch.base_seq);
        for (auto next = cursor.next(); next && *next; next = cursor.next())
          if ((**next).offset == at.offset) record = std::move(**next);
      }
      dress(record, at.revived, at.patch);
      Texts texts{std::string(record.value.value_or(""))};
      for (const engine::Header& header : record.headers)
        texts.push_back(std::string(header.name) + "=" + std::string(header.value.value_or("")));
      return texts;
    }
    return {};
  }
};

TEST_F(QueueEdit, AWaitingMessageGetsOtherHeadersAndKeepsItsPlace) {
  create("q");
  put("q", "x",
      {
          {"a", "1"},
          {"b", "2"},
          {"a", "3"}
  });
  put("q", "y", {});
  EXPECT_EQ(*edit(0,
                  {
                      {"a", "new"},
                      {"c", "4"  }
  }),
            MessageState::ready);
  EXPECT_EQ(*edit(0,
                  {
                      {"b", std::nullopt}
  }),
            MessageState::ready);
  core->checkpoint();
  EXPECT_EQ(*edit(0,
                  {
                      {"d", "5"}
  }),
            MessageState::ready);
  restart();
  const Received got = receive("q");
  EXPECT_EQ(seen(got), (Texts{"x", "a=new", "c=4", "d=5"}));
  EXPECT_EQ(values(got), (Texts{"x", "y"}));
  ASSERT_TRUE(queues->explain("q", id(0))->item.patch);
  EXPECT_EQ(*edit(0,
                  {
                      {"a", "no"}
  }),
            MessageState::in_flight)
      << "somebody holds it";
  ack("q", receipts(got));
  EXPECT_EQ(edit(0,
                 {
                     {"a", "no"}
  })
                .code(),
            Errc::message_not_found);
  EXPECT_FALSE(queues->explain("q", id(0))->item.patch) << "gone with the message";
}

TEST_F(QueueEdit, WhatIsNotTheSendersIsNotEdited) {
  create("q");
  put("q", "x",
      {
          {"a", "1"}
  });
  EXPECT_EQ(edit(0,
                 {
                     {"twofold-group", "g"}
  })
                .code(),
            Errc::invalid_request);
  EXPECT_EQ(edit(0,
                 {
                     {"", "g"}
  })
                .code(),
            Errc::invalid_request);
  const std::string large(17 << 10, 'x');
  EXPECT_EQ(edit(0,
                 {
                     {"a", large}
  })
                .code(),
            Errc::message_too_large);
  const LogId log = topic_log({"1"});
  create("attached", {}, QueueSource{"topic", {log}, {Offset{0}}});
  EXPECT_EQ(edit(0,
                 {
                     {"a", "2"}
  },
                 "attached")
                .code(),
            Errc::queue_is_attached);
  EXPECT_EQ(seen(receive("q")), (Texts{"x", "a=1"}));
}

TEST_F(QueueEdit, WhatEditsTakeIsBounded) {
  limits.edits_max = 1'000;
  restart();
  create("q");
  for (int i = 0; i < 20; ++i) put("q", "x", {});
  int taken = 0;
  for (int i = 0; i < 20; ++i)
    taken += edit(i,
                  {
                      {"name", "value"}
    })
                     .failed()
                 ? 0
                 : 1;
  EXPECT_GT(taken, 3);
  EXPECT_LT(taken, 10);
  EXPECT_EQ(edit(19,
                 {
                     {"name", "value"}
  })
                .code(),
            Errc::overloaded);
  ack("q", receipts(receive("q", 20)));
  put("q", "y", {});
  EXPECT_FALSE(edit(20,
                    {
                        {"name", "value"}
  })
                   .failed());
}

TEST_F(QueueEdit, EditedHeadersGoWithTheMessageToOtherQueues) {
  create("dead");
  create("q", {.dead_letter = "dead"});
  put("q", "x",
      {
          {"a", "1"}
  });
  put("q", "y",
      {
          {"a", "1"}
  });
  edit(0, {
              {"a", "2"}
  });
  edit(1, {
              {"a", "3"}
  });
  const Received held = receive("q", 1);
  nack("q", {held.messages[0].receipt, std::nullopt, true, "bad"});
  core->run();
  core->commit();
  EXPECT_EQ(seen(receive("dead"))[1], "a=2");
  create("other");
  SweepRequest move;
  move.action = SweepAction::move;
  move.queue = "q";
  move.destination = "other";
  ASSERT_TRUE(queues->start_sweep(move));
  for (int i = 0; i < 5; ++i) {
    core->run();
    core->commit();
  }
  EXPECT_EQ(seen(receive("other")), (Texts{"y", "a=3", "twofold-first=q:0-1"}));
}

TEST_F(QueueEdit, ARedrivenMessageIsNotLostToItsTimeToLive) {
  create("q");
  put("q", "x",
      {
          {"twofold-expires", "1"}
  });
  const Received held = receive("q", 1);
  nack("q", {held.messages[0].receipt, std::nullopt, true, "bad"});
  core->commit();
  SweepRequest redrive;
  redrive.action = SweepAction::redrive;
  redrive.queue = "q";
  ASSERT_TRUE(queues->start_sweep(redrive));
  for (int i = 0; i < 5; ++i) {
    core->run();
    core->commit();
  }
  core->checkpoint();
  restart();
  const Received again = receive("q", 1);
  ASSERT_EQ(again.messages.size(), 1u);
  EXPECT_TRUE(again.messages[0].revived);
  EXPECT_EQ(seen(again), (Texts{"x"})) << "without the time that is over";
  nack("q", {again.messages[0].receipt, Duration{0}});
  EXPECT_TRUE(receive("q", 1).messages[0].revived);
}

TEST_F(QueueEdit, ReplayedMessagesOfAnOrderedQueueOutliveTheirTime) {
  create("q", {.order = Order::key, .retain_acked = 3'600s});
  const std::string soon = std::to_string((core->wall() + 60s).value());
  put("q", "x",
      {
          {"twofold-expires", soon}
  });
  ack("q", receipts(receive("q", 1)));
  core->pass(120s);
  SweepRequest replay;
  replay.queue = "q";
  ASSERT_TRUE(queues->start_sweep(replay));
  for (int i = 0; i < 5; ++i) {
    core->run();
    core->commit();
  }
  EXPECT_EQ(seen(receive("q", 1)), (Texts{"x"}));
}

TEST_F(QueueEdit, APageOfLargeMessagesIsShort) {
  create("q");
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) put("q", large, {});
  Browse browse{"q"};
  browse.bytes_max = 5 << 20;
  std::size_t seen = 0;
  for (int pages = 0; pages < 20; ++pages) {
    const auto page = queues->browse(browse);
    EXPECT_GE(page->items.size(), 1u);
    EXPECT_LE(page->items.size(), 5u);
    for (const BrowseItem& item : page->items)
      EXPECT_EQ(item.offset, Offset{static_cast<std::int64_t>(seen++)});
    if (page->next.empty()) break;
    browse.from = page->next;
  }
  EXPECT_EQ(seen, 20u);
}

}  // namespace
}  // namespace twofold::queue
