#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct AttachedQueues : ::testing::Test, QueueRig {
  LogId log = topic_log({"a", "b", "c"});
  LogId other = topic_log({"x", "y"});
};

TEST_F(AttachedQueues, ReadFromWhereTheyWereTold) {
  create("all", {}, QueueSource{"orders", {log}, {Offset{0}}});
  create("late", {}, QueueSource{"orders", {log}, {Offset{2}}});
  EXPECT_EQ(values(receive("all")), (Texts{"a", "b", "c"}));
  const Received late = receive("late");
  EXPECT_EQ(values(late), (Texts{"c"}));
  EXPECT_EQ(late.topic, "orders");
}

TEST_F(AttachedQueues, EachHasItsOwnStateOverTheSameBytes) {
  create("one", {}, QueueSource{"orders", {log}, {Offset{0}}});
  create("two", {}, QueueSource{"orders", {log}, {Offset{0}}});
  ack("one", receipts(receive("one")));
  EXPECT_EQ(counters("one").ready, 0u);
  EXPECT_EQ(counters("two").ready, 3u);
  EXPECT_EQ(core->status(log).start, Offset{0}) << "acks do not trim a topic";
}

TEST_F(AttachedQueues, TakeFromAllPartitionsInTurn) {
  create("both",
         {
  },
         QueueSource{"orders", {log, other}, {Offset{0}, Offset{0}}});
  EXPECT_EQ(values(receive("both", 1)), (Texts{"a"}));
  EXPECT_EQ(values(receive("both", 1)), (Texts{"x"}));
  const Received rest = receive("both", 10);
  EXPECT_EQ(rest.plans.size(), 2u);
  EXPECT_EQ(values(rest), (Texts{"b", "c", "y"}));
  const auto settled = ack("both", receipts(rest));
  EXPECT_EQ(settled, std::vector(3, Settled::acked));
  EXPECT_EQ(counters("both").in_flight, 2u);
}

TEST_F(AttachedQueues, WhatIsPublishedLaterWakesWhoWaits) {
  create("late", {}, QueueSource{"orders", {log}, {Offset{3}}});
  auto waiting = poll("late", 1);
  publish(log, {"d"});
  EXPECT_EQ(values(*waiting), (Texts{"d"}));
}

TEST_F(AttachedQueues, CannotBeSentTo) {
  create("all", {}, QueueSource{"orders", {log}, {Offset{0}}});
  auto answer = send("all", {"x"});
  EXPECT_EQ(answer.code(), Errc::queue_is_attached);
}

TEST_F(AttachedQueues, WhatTheTopicForgotTheySkip) {
  create("all", {}, QueueSource{"orders", {log}, {Offset{0}}});
  const Texts held = receipts(receive("all", 1));
  core->trim(log, Offset{2}, true);
  EXPECT_EQ(counters("all").in_flight, 0u);
  EXPECT_EQ(values(receive("all")), (Texts{"c"}));
  EXPECT_EQ(ack("all", held), (std::vector{Settled::already}));
}

TEST_F(AttachedQueues, WhatTheTopicForgotBeforeTheyCameIsNotTheirs) {
  core->trim(log, Offset{1}, true);
  create("all", {}, QueueSource{"orders", {log}, {Offset{0}}});
  EXPECT_EQ(values(receive("all")), (Texts{"b", "c"}));
}

TEST_F(AttachedQueues, AttachingAgainFromElsewhereAnswersWithTheOneThatIsThere) {
  const QueueInfo first = create("all", {}, QueueSource{"orders", {log}, {Offset{0}}});
  const QueueInfo again = create("all", {}, QueueSource{"orders", {log}, {Offset{3}}});
  EXPECT_FALSE(again.was_created);
  EXPECT_EQ(again.id, first.id);
  Answer<QueueInfo> elsewhere;
  queues->create("all", {}, QueueSource{"invoices", {other}, {Offset{0}}}, false, elsewhere.slot());
  EXPECT_EQ(elsewhere.code(), Errc::exists_with_other_config);
}

/// Matches what is "yes".
class Yes final : public RecordFilter {
 public:
  bool matches(const engine::StoredRecord& record) const override { return record.value == "yes"; }
};

// Reading ahead ends four million offsets beyond what was delivered.
TEST_F(AttachedQueues, AFilterThatMatchesSeldomKeepsNobodyWaitingForTheNextPublish) {
  queues.reset();
  core = std::make_unique<tests::FakeCore>(disk, clock);
  const FilterCompiler compile = [](std::string_view) {
    return Result<std::shared_ptr<const RecordFilter>>(std::make_shared<Yes>());
  };
  queues = std::make_unique<Queues>(*core, limits, compile);
  core->recover();
  const LogId far = topic_log({"yes", "yes"});
  constexpr std::int64_t kRecords = 50'000;
  engine::BatchBuilder builder(Offset{0});
  for (std::int64_t i = 0; i < kRecords; ++i)
    builder.add(Offset{i}, {std::nullopt, "no", {}, core->wall()});
  std::string others;
  builder.finish(others);
  while (core->status(far).end < Offset{9 << 20}) core->append_batch(far, others);
  publish(far, {"yes"});
  QueueConfig config;
  config.filter = "yes";
  create("rare", config, QueueSource{"orders", {far}, {Offset{0}}});
  core->run();
  const Received first = receive("rare", 1);
  EXPECT_EQ(first.messages.size(), 1u);
  core->run();
  EXPECT_EQ(receive("rare", 1).messages.size(), 1u);
  ack("rare", receipts(first));
  auto third = poll("rare", 1);
  core->run();
  ASSERT_TRUE(third.came());
  EXPECT_EQ(values(*third), (Texts{"yes"}));
}

TEST_F(AttachedQueues, TheBacklogIsTheirShareOfTheTopicsBytes) {
  create("all", {}, QueueSource{"orders", {log}, {Offset{0}}});
  create("none", {}, QueueSource{"orders", {log}, {Offset{3}}});
  EXPECT_EQ(queues->find("all")->backlog_bytes, core->status(log).bytes);
  EXPECT_EQ(queues->find("none")->backlog_bytes, 0u);
}

}  // namespace
}  // namespace twofold::queue
