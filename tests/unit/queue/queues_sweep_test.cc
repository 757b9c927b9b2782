#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

constexpr Duration kHour = std::chrono::hours{1};

/// Matches values that begin with a letter.
class BeginsWith final : public RecordFilter {
 public:
  explicit BeginsWith(char letter) : letter_(letter) {}
  bool matches(const engine::StoredRecord& record) const override {
    return record.value && record.value->starts_with(letter_);
  }

 private:
  char letter_;
};

struct QueueSweep : ::testing::Test, QueueRig {
  static SweepRequest about(SweepAction action, const std::string& queue) {
    SweepRequest request;
    request.action = action;
    request.queue = queue;
    return request;
  }
  /// Lets it go on until it has ended.
  Sweep finish(std::uint64_t id) {
    for (int turns = 0; turns < 10'000; ++turns) {
      core->run();
      core->commit();
      if (queues->sweep(id)->status != MoveStatus::running) break;
    }
    return *queues->sweep(id);
  }
  Sweep run(SweepRequest request) {
    const auto id = queues->start_sweep(std::move(request));
    EXPECT_TRUE(id.has_value());
    return finish(*id);
  }
  void make(const std::string& name, Duration retain_acked, Order order = Order::none) {
    QueueConfig config;
    config.retain_acked = retain_acked;
    config.order = order;
    create(name, config);
  }
  void put(const std::string& queue, const Texts& values) {
    send(queue, values);
    core->commit();
  }
  void put_keyed(const std::string& queue, const Texts& names) {
    Send request{queue, {}, std::nullopt};
    for (const std::string& name : names)
      request.messages.push_back({
          {std::string_view(name).substr(0, 1), name, {}, core->wall()}
      });
    Answer<Sent> answer;
    queues->send(std::move(request), answer.slot());
    core->commit();
  }
  void ack_all(const std::string& queue) {
    for (Received got = receive(queue, 100); !got.messages.empty(); got = receive(queue, 100))
      ack(queue, receipts(got));
  }
  std::int64_t start_of(const std::string& queue) {
    return core->status(*queues->find(queue)->own_log).start.value();
  }
};

TEST_F(QueueSweep, AckedMessagesAreDeliveredAgainAsIfForTheFirstTime) {
  make("jobs", 24 * kHour);
  put("jobs", {"a0", "b1", "a2", "b3"});
  ack_all("jobs");
  SweepRequest request = about(SweepAction::replay, "jobs");
  request.filter = std::make_shared<BeginsWith>('a');
  request.dry_run = true;
  const Sweep counted = run(request);
  EXPECT_EQ(counted.matched, 2u);
  EXPECT_EQ(counted.bytes, 4u);
  ASSERT_EQ(counted.sample.size(), 2u);
  EXPECT_EQ(counted.sample[1].offset, Offset{2});
  EXPECT_EQ(counters("jobs").ready, 0u) << "it only counted";

  request.dry_run = false;
  const Sweep replayed = run(request);
  EXPECT_EQ(replayed.status, MoveStatus::completed);
  EXPECT_EQ(replayed.matched, 2u);
  EXPECT_EQ(replayed.scanned, replayed.to_scan);
  const Received again = receive("jobs");
  EXPECT_EQ(values(again), (Texts{"a0", "a2"}));
  EXPECT_EQ(again.messages[0].receive_count, 1u);
  ack("jobs", receipts(again));
  restart();
  EXPECT_TRUE(receive("jobs").messages.empty());
}

TEST_F(QueueSweep, ReplaysAfterARestart) {
  make("jobs", 24 * kHour);
  put("jobs", {"0", "1"});
  ack_all("jobs");
  core->checkpoint();
  restart();
  EXPECT_TRUE(receive("jobs").messages.empty());
  EXPECT_EQ(run(about(SweepAction::replay, "jobs")).matched, 2u);
  restart();
  EXPECT_EQ(values(receive("jobs")), (Texts{"0", "1"})) << "what was replayed stays so";
}

TEST_F(QueueSweep, AckedMessagesAreKeptForAsLongAsAskedAndNotMuchLonger) {
  make("jobs", 16 * kHour);
  put("jobs", {"0", "1"});
  ack_all("jobs");
  core->pass(16 * kHour);
  EXPECT_EQ(start_of("jobs"), 0);
  core->pass(2 * kHour);
  core->commit();
  EXPECT_EQ(start_of("jobs"), 2);
  EXPECT_EQ(run(about(SweepAction::replay, "jobs")).matched, 0u);
  make("plain", 0s);
  put("plain", {"0"});
  ack_all("plain");
  EXPECT_EQ(start_of("plain"), 1);
}

TEST_F(QueueSweep, RestartsDoNotKeepAckedMessagesForEver) {
  make("jobs", 16 * kHour);
  put("jobs", {"0", "1"});
  ack_all("jobs");
  for (int hours = 0; hours < 16; hours += 4) {
    core->pass(4 * kHour);
    core->commit();
    EXPECT_EQ(start_of("jobs"), 0) << "they are kept for sixteen hours";
    restart();
  }
  core->pass(2 * kHour);
  core->commit();
  EXPECT_EQ(start_of("jobs"), 2);
}

TEST_F(QueueSweep, WhatIsNotKeptAnyMoreGoesAtOnceWhenTheSettingChanges) {
  make("jobs", 16 * kHour);
  put("jobs", {"0"});
  ack_all("jobs");
  Answer<QueueInfo> answer;
  queues->configure("jobs", QueueConfig{}, std::nullopt, answer.slot());
  core->commit();
  EXPECT_EQ(start_of("jobs"), 1);
}

TEST_F(QueueSweep, RetentionTakesWhatIsOldAndLeavesTheAckedOnes) {
  QueueConfig config;
  config.retain_acked = 160 * kHour;
  config.retention = 10 * kHour;
  create("jobs", config);
  put("jobs", {"old"});
  core->pass(8 * kHour);
  put("jobs", {"acked", "new"});
  const Received held = receive("jobs", 3);
  ack("jobs", {held.messages[1].receipt, held.messages[2].receipt});
  core->pass(3 * kHour);
  core->commit();
  EXPECT_EQ(start_of("jobs"), 1);
  EXPECT_EQ(run(about(SweepAction::replay, "jobs")).matched, 2u);
}

TEST_F(QueueSweep, APurgeLeavesNothingToReplay) {
  make("jobs", 16 * kHour);
  put("jobs", {"0", "1"});
  ack_all("jobs");
  Answer<std::uint64_t> purged;
  queues->purge("jobs", purged.slot());
  core->commit();
  EXPECT_EQ(run(about(SweepAction::replay, "jobs")).matched, 0u);
}

TEST_F(QueueSweep, ATopicsMessagesAreReplayedInTheOrderOfTheirKeys) {
  const LogId log = core->new_log_id();
  core->open_log(log, {});
  for (const std::string name : {"a0", "a1", "b0", "a2"})
    core->append(log, {std::string_view(name).substr(0, 1), name, {}, core->wall()});
  core->commit();
  QueueConfig config;
  config.order = Order::key;
  create("jobs", config, QueueSource{"orders", {log}, {Offset{0}}});
  ack_all("jobs");
  EXPECT_EQ(run(about(SweepAction::replay, "jobs")).matched, 4u);
  const Received first = receive("jobs", 1);
  EXPECT_EQ(values(first), (Texts{"a0"}));
  EXPECT_EQ(values(receive("jobs", 10)), (Texts{"b0"})) << "the others of a wait";
  EXPECT_EQ(counters("jobs").blocked, 2u);
}

TEST_F(QueueSweep, NothingIsReplayedThatTheFilterKeepsOut) {
  queues.reset();
  core = std::make_unique<tests::FakeCore>(disk, clock);
  const FilterCompiler compile = [](std::string_view text) {
    return Result<std::shared_ptr<const RecordFilter>>(std::make_shared<BeginsWith>(text[0]));
  };
  queues = std::make_unique<Queues>(*core, limits, compile);
  core->recover();
  const LogId log = topic_log({"a0", "b1", "a2"});
  QueueConfig config;
  config.filter = "a";
  create("jobs", config, QueueSource{"orders", {log}, {Offset{0}}});
  core->run();
  ack_all("jobs");
  EXPECT_EQ(run(about(SweepAction::replay, "jobs")).matched, 2u);
  EXPECT_EQ(values(receive("jobs")), (Texts{"a0", "a2"}));
}

TEST_F(QueueSweep, DeadMessagesAreRedriven) {
  make("jobs", 0s);
  put("jobs", {"0", "1", "2"});
  const Received held = receive("jobs", 2);
  nack("jobs", {held.messages[0].receipt, 0s, true, "bad"});
  nack("jobs", {held.messages[1].receipt, 0s, true, "worse"});
  SweepRequest request = about(SweepAction::redrive, "jobs");
  request.ids = {
      {PartitionId{0}, Offset{1}},
      {PartitionId{0}, Offset{2}},
      {PartitionId{7}, Offset{1}}
  };
  const Sweep redriven = run(request);
  EXPECT_EQ(redriven.matched, 1u) << "one is not dead, one does not exist";
  EXPECT_EQ(redriven.scanned, 3u);
  EXPECT_EQ(counters("jobs").dead, 1u);
  const Received got = receive("jobs");
  EXPECT_EQ(values(got).front(), "1");
  EXPECT_EQ(got.messages.front().receive_count, 1u);
}

TEST_F(QueueSweep, MessagesMoveInOneCommit) {
  make("from", 0s);
  make("to", 0s);
  put("from", {"a0", "b1", "a2"});
  const Received held = receive("from", 1);
  SweepRequest request = about(SweepAction::move, "from");
  request.destination = "to";
  request.filter = std::make_shared<BeginsWith>('a');
  const auto id = queues->start_sweep(request);
  for (int i = 0; i < 20 && queues->sweep(*id)->matched == 0; ++i) core->run();
  EXPECT_EQ(queues->sweep(*id)->matched, 1u) << "a0 is in flight";
  restart();
  EXPECT_TRUE(receive("to").messages.empty()) << "the commit did not come";
  core->pass(30s);
  EXPECT_EQ(receive("from").messages.size(), 3u);
  core->pass(30s);
  request.states = {MessageState::ready};
  EXPECT_EQ(run(request).matched, 2u);
  restart();
  EXPECT_EQ(values(receive("to")), (Texts{"a0", "a2"}));
  EXPECT_EQ(counters("from").in_flight + counters("from").ready, 1u);
}

TEST_F(QueueSweep, AMoveOutOfAGroupLetsTheOthersGoOn) {
  make("from", 0s, Order::key);
  make("to", 0s);
  put_keyed("from", {"a0", "a1", "b0"});
  Answer<MessageState> delayed;
  queues->reschedule("from", {PartitionId{0}, Offset{0}}, clock.now() + kHour, delayed.slot());
  core->commit();
  EXPECT_EQ(counters("from").blocked, 1u);
  SweepRequest request = about(SweepAction::move, "from");
  request.destination = "to";
  request.states = {MessageState::delayed};
  EXPECT_EQ(run(request).matched, 1u);
  core->commit();
  EXPECT_EQ(values(receive("from")), (Texts{"b0", "a1"}));
  EXPECT_EQ(values(receive("to")), (Texts{"a0"}));
}

TEST_F(QueueSweep, OneThatDiedNowhereStaysAndTheOthersGoBack) {
  make("letters", 0s);
  QueueConfig config;
  config.dead_letter = "letters";
  create("jobs", config);
  put("letters", {"stray"});
  put("jobs", {"0", "1"});
  for (const std::string& receipt : receipts(receive("jobs", 2)))
    nack("jobs", {receipt, 0s, true, "bad"});
  for (int i = 0; i < 20 && counters("letters").ready < 3; ++i) {
    core->run();
    core->commit();
  }
  ASSERT_EQ(counters("letters").ready, 3u);
  SweepRequest request = about(SweepAction::move, "letters");
  request.dry_run = true;
  const Sweep counted = run(request);
  EXPECT_EQ(counted.matched, 2u);
  EXPECT_EQ(counted.stayed, 1u);
  request.dry_run = false;
  const Sweep moved = run(request);
  EXPECT_EQ(moved.status, MoveStatus::completed);
  EXPECT_EQ(moved.matched, 2u);
  EXPECT_EQ(moved.stayed, 1u);
  EXPECT_EQ(values(receive("jobs")), (Texts{"0", "1"}));
  EXPECT_EQ(values(receive("letters")), (Texts{"stray"}));
}

TEST_F(QueueSweep, NobodyGoesPastOneOfItsGroupThatStays) {
  make("letters", 0s, Order::key);
  make("jobs", 0s);
  const auto letter = [&](const std::string& name, bool has_home) {
    const std::vector<engine::Header> headers = {
        {"twofold-origin", "jobs:0-0"}
    };
    const LogId log = *queues->find("letters")->own_log;
    core->append(log, {std::string_view(name).substr(0, 1), name,
                       has_home ? headers : std::vector<engine::Header>(), core->wall()});
    core->commit();
  };
  letter("a0", true);
  letter("a1", false);
  for (int i = 0; i < 300; ++i) letter("b" + std::to_string(i), true);  // more than one step
  letter("a2", true);
  const Sweep moved = run(about(SweepAction::move, "letters"));
  EXPECT_EQ(moved.status, MoveStatus::completed);
  EXPECT_EQ(moved.matched, 301u);
  EXPECT_EQ(moved.stayed, 2u) << "a2 is behind a1";
  EXPECT_EQ(values(receive("letters")), (Texts{"a1", "a2"}));
}

TEST_F(QueueSweep, APurgeTakesWhatItIsAbout) {
  make("jobs", 0s);
  put("jobs", {"a0", "b1", "a2", "b3"});
  receive("jobs", 1);
  SweepRequest request = about(SweepAction::purge, "jobs");
  request.filter = std::make_shared<BeginsWith>('a');
  EXPECT_EQ(run(request).matched, 2u) << "what is in flight, too";
  restart();
  EXPECT_EQ(values(receive("jobs")), (Texts{"b1", "b3"}));
}

TEST_F(QueueSweep, TimesAreTheRecordsOwnAndTheEndIsNotIncluded) {
  make("jobs", 24 * kHour);
  put("jobs", {"0"});
  core->pass(kHour);
  const WallTime middle = core->wall();
  put("jobs", {"1"});
  core->pass(kHour);
  const WallTime late = core->wall();
  put("jobs", {"2"});
  ack_all("jobs");
  SweepRequest request = about(SweepAction::replay, "jobs");
  request.from = middle;
  request.upto = late;
  EXPECT_EQ(run(request).matched, 1u);
  EXPECT_EQ(values(receive("jobs")), (Texts{"1"}));
}

TEST_F(QueueSweep, ARateIsKept) {
  make("jobs", 24 * kHour);
  put("jobs", Texts(100, "x"));
  ack_all("jobs");
  SweepRequest request = about(SweepAction::replay, "jobs");
  request.per_second = 20;
  const auto id = queues->start_sweep(request);
  core->run();
  core->pass(1s);
  const std::uint64_t in_a_second = queues->sweep(*id)->matched;
  EXPECT_GE(in_a_second, 15u);
  EXPECT_LE(in_a_second, 25u);
  core->pass(10s);
  EXPECT_EQ(queues->sweep(*id)->status, MoveStatus::running) << "not durable yet";
  core->commit();
  EXPECT_EQ(queues->sweep(*id)->status, MoveStatus::completed);
}

TEST_F(QueueSweep, OneThatIsCancelledStopsWhereItIs) {
  make("jobs", 24 * kHour);
  put("jobs", Texts(100, "x"));
  ack_all("jobs");
  SweepRequest request = about(SweepAction::replay, "jobs");
  request.per_second = 20;
  const auto id = queues->start_sweep(request);
  core->run();
  core->pass(1s);
  EXPECT_EQ(queues->start_sweep(request).error().code, Errc::busy);
  EXPECT_EQ(queues->cancel_sweep(*id)->status, MoveStatus::cancelled);
  const std::uint64_t matched = queues->sweep(*id)->matched;
  core->pass(10s);
  EXPECT_EQ(queues->sweep(*id)->matched, matched);
  EXPECT_EQ(counters("jobs").ready, matched);
  EXPECT_EQ(queues->sweeps().size(), 1u);
}

TEST_F(QueueSweep, WaitsWhileThereIsNoRoom) {
  make("jobs", 24 * kHour);
  put("jobs", {"0"});
  ack_all("jobs");
  core->refuse(engine::Admission::consume, Errc::overloaded);
  const auto id = queues->start_sweep(about(SweepAction::replay, "jobs"));
  core->run();
  core->pass(3s);
  EXPECT_EQ(queues->sweep(*id)->matched, 0u);
  core->refuse(engine::Admission::consume, std::nullopt);
  core->pass(2s);
  EXPECT_EQ(finish(*id).matched, 1u);
}

TEST_F(QueueSweep, OneMessageDoesNotWaitForAFullDisk) {
  create("from");
  create("to");
  put("from", {"a", "b"});
  core->refuse(engine::Admission::publish, Errc::storage_full);
  SweepRequest move = about(SweepAction::move, "from");
  move.destination = "to";
  move.ids = {
      {PartitionId{0}, Offset{0}}
  };
  move.at_once = true;
  const Sweep refused = run(move);
  EXPECT_EQ(refused.status, MoveStatus::failed);
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->code, Errc::storage_full);
  EXPECT_EQ(refused.matched, 0u);
  EXPECT_EQ(values(receive("from")), (Texts{"a", "b"}));
  core->refuse(engine::Admission::publish, std::nullopt);
  EXPECT_EQ(counters("to").ready, 0u);
}

TEST_F(QueueSweep, LargeMessagesGoFewAtATime) {
  create("from");
  create("to");
  const std::string large(1'000'000, 'x');
  for (int i = 0; i < 20; ++i) put("from", {large});
  SweepRequest move = about(SweepAction::move, "from");
  move.destination = "to";
  const auto id = *queues->start_sweep(move);
  core->run();
  EXPECT_EQ(queues->sweep(id)->matched, 20u) << "all of them, in three steps";
  EXPECT_EQ(queues->sweep(id)->scanned, 20u);
  EXPECT_EQ(finish(id).status, MoveStatus::completed);
  EXPECT_EQ(counters("to").ready, 20u);
  SweepRequest back = about(SweepAction::move, "to");
  back.destination = "from";
  for (int i = 0; i < 20; ++i) back.ids.push_back({PartitionId{0}, Offset{i}});
  const Sweep moved = run(back);
  EXPECT_EQ(moved.matched, 20u);
  EXPECT_EQ(moved.scanned, 20u);
}

TEST_F(QueueSweep, ARestartDoesNotKeepAckedMessagesForLonger) {
  make("q", 10s);
  put("q", {"1"});
  ack("q", receipts(receive("q")));
  for (int i = 0; i < 8; ++i) core->pass(1s);
  core->commit();
  core->checkpoint();
  restart();
  for (int i = 0; i < 4; ++i) {
    core->pass(1s);
    core->commit();
  }
  const LogId log = *queues->find("q")->own_log;
  EXPECT_EQ(core->status(log).start, Offset{1});
}

TEST_F(QueueSweep, ItsEndIsTold) {
  make("jobs", 0s);
  make("other", 0s);
  put("jobs", {"0"});
  Answer<Sweep> ended;
  SweepRequest request = about(SweepAction::move, "jobs");
  request.destination = "other";
  ASSERT_TRUE(queues->start_sweep(request, ended.slot()));
  Answer<QueueInfo> removed;
  queues->remove("jobs", removed.slot());
  core->run();
  ASSERT_TRUE(ended.came());
  EXPECT_EQ(ended->status, MoveStatus::failed);
  EXPECT_EQ(ended->failure->code, Errc::queue_not_found);
  request.states = {MessageState::acked};
  request.queue = "other";
  request.destination = "";
  EXPECT_EQ(queues->start_sweep(request).error().code, Errc::invalid_request);
}

}  // namespace
}  // namespace twofold::queue
