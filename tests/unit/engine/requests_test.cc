#include "engine/requests.h"

#include <gtest/gtest.h>

#include "tests/support/fake_core.h"

namespace twofold::engine {
namespace {

using namespace std::chrono_literals;
using State = Requests::State;
using Kept = Requests::Kept;

RequestKey key(char name, char fingerprint = 'f') { return {{name}, {fingerprint}}; }

struct RequestsTest : ::testing::Test {
  RequestsTest() { start(); }
  void start(RequestLimits limits = {}) {
    requests.reset();
    core = std::make_unique<tests::FakeCore>(disk, clock);
    core->catalog().watch(
        "log/", [this](std::string_view, const Document*) { core->open_log(LogId{1}, {}); });
    requests = std::make_unique<Requests>(*core, limits);
    core->recover();
    if (!core->catalog().get("log/1")) {
      EXPECT_TRUE(core->catalog().put_if("log/1", "", 0));
      core->commit();
    }
  }
  Offset append() { return core->append(LogId{1}, {std::nullopt, "v", {}, WallTime{0}}); }
  void answer(char name, RequestAnswer with = {"answer", {}}) {
    requests->remember(key(name), with);
    core->commit();
    requests->finish(key(name));
  }
  State state(char name) const { return requests->find(key(name)).state; }

  tests::FakeDisk disk;
  ManualClock clock;
  std::unique_ptr<tests::FakeCore> core;
  std::unique_ptr<Requests> requests;
};

TEST_F(RequestsTest, ARequestIsUnknownThenRunningThenAnswered) {
  EXPECT_EQ(state('a'), State::unknown);
  requests->remember(key('a'), {"hello", {}});
  EXPECT_EQ(state('a'), State::running);
  core->commit();
  EXPECT_EQ(state('a'), State::running) << "until whoever answers says so";
  requests->finish(key('a'));
  EXPECT_EQ(state('a'), State::answered);
  EXPECT_EQ(requests->find(key('a')).answer.bytes, "hello");
  EXPECT_EQ(requests->find(key('a', 'x')).state, State::other_request);
}

TEST_F(RequestsTest, TheRecordsOfAnAnswerGetTheirPlacesWithTheCommit) {
  const Offset first = append();
  const Offset second = append();
  requests->remember(key('a'), {
                                   "", {{LogId{1}, first}, {LogId{1}, second}}
  });
  core->commit();
  requests->finish(key('a'));
  const auto records = requests->find(key('a')).answer.records;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].seq, core->seq_of(LogId{1}, first));
  EXPECT_EQ(records[1].seq, core->seq_of(LogId{1}, second));
  EXPECT_GT(records[0].seq.value(), 0u);
  start();
  EXPECT_EQ(requests->find(key('a')).answer.records, records) << "also when it is replayed";
  core->checkpoint();
  start();
  EXPECT_EQ(requests->find(key('a')).answer.records, records) << "and from a checkpoint";
}

TEST_F(RequestsTest, RecordsThatDoNotFollowEachOtherComeBackInTheirOrder) {
  std::vector<RequestAnswer::Record> records;
  for (const std::int64_t offset : {5, 6, 7, 3, 3, 4, 9, 8})
    records.push_back({LogId{1}, Offset{offset}, Seq{static_cast<std::uint64_t>(100 + offset)}});
  records.push_back({LogId{2}, Offset{0}, Seq{109}});
  records.push_back({LogId{2}, Offset{1}, Seq{300}});
  answer('a', {"x", records});
  EXPECT_EQ(requests->find(key('a')).answer.records, records);
}

TEST_F(RequestsTest, WriteAndKeySurviveTogetherOrNotAtAll) {
  append();
  requests->remember(key('a'), {"", {}});
  start();
  EXPECT_EQ(state('a'), State::unknown);
  EXPECT_EQ(core->status(LogId{1}).end, Offset{0});
  append();
  requests->remember(key('a'), {"", {}});
  core->commit();
  start();
  EXPECT_EQ(state('a'), State::answered) << "whoever asked has no answer; the next one gets it";
  EXPECT_EQ(core->status(LogId{1}).end, Offset{1});
}

TEST_F(RequestsTest, AKeyLastsForTheWindowToTheMillisecond) {
  answer('a');
  core->pass(10min - 1ms);
  EXPECT_EQ(state('a'), State::answered);
  core->pass(1ms);
  EXPECT_EQ(state('a'), State::unknown);
  answer('a', {"again", {}});
  EXPECT_EQ(requests->find(key('a')).answer.bytes, "again");
  core->pass(10min - 1ms);
  EXPECT_EQ(state('a'), State::answered) << "the first one's end is not the second one's";
}

TEST_F(RequestsTest, MemoryIsGivenBackWithoutFurtherRequests) {
  for (char name = 'a'; name <= 'z'; ++name) answer(name);
  EXPECT_EQ(requests->size(), 26u);
  core->pass(15min);
  EXPECT_EQ(requests->size(), 0u);
  EXPECT_EQ(requests->bytes(), 0u);
  core->commit();
  start();
  EXPECT_EQ(requests->size(), 0u) << "that is noted, too";
}

TEST_F(RequestsTest, PastTheirMemoryFurtherOnesAreRefusedAndNoneIsForgotten) {
  start({10min, 2'000});
  char name = 'a';
  while (requests->room(20)) answer(name++);
  EXPECT_GE(name - 'a', 8);
  EXPECT_EQ(requests->room(20).error().code, Errc::overloaded);
  EXPECT_LE(requests->bytes(), 2'000u);
  for (char each = 'a'; each < name; ++each) EXPECT_EQ(state(each), State::answered);
  core->pass(10min);
  EXPECT_TRUE(requests->room(20));
}

TEST_F(RequestsTest, WhatNoRestartSurvivesIsNotJournaled) {
  requests->remember(key('a'), {"", {}}, Kept::until_restart);
  EXPECT_EQ(core->uncommitted(), 0u);
  EXPECT_EQ(state('a'), State::running);
  requests->answer(key('a'), {"op_1", {}});
  requests->finish(key('a'));
  EXPECT_EQ(requests->find(key('a')).answer.bytes, "op_1");
  requests->remember(key('b'), {"", {}}, Kept::until_restart);
  requests->forget(key('b'));
  EXPECT_EQ(state('b'), State::unknown) << "it came to nothing";
  core->checkpoint();
  start();
  EXPECT_EQ(state('a'), State::unknown);
}

TEST_F(RequestsTest, RefusedRequestsLeaveNothingThatWaitsForTheWindow) {
  for (int i = 0; i < 1'000; ++i) {
    RequestKey refused = key('a');
    refused.key[1] = static_cast<char>(i % 100);
    requests->remember(refused, {}, Kept::until_restart);
    requests->forget(refused);
  }
  EXPECT_EQ(requests->size(), 0u);
  EXPECT_EQ(requests->bytes(), 0u);
  EXPECT_EQ(requests->listed(), 0u);
}

TEST_F(RequestsTest, ARequestThatRunsForLongerThanTheWindowIsNotCarriedOutBesideItself) {
  requests->remember(key('a'), {"slow", {}}, Kept::until_restart);
  requests->remember(key('b'), {"slow", {}});
  core->commit();
  core->pass(30min);
  answer('c');
  EXPECT_EQ(state('a'), State::running);
  EXPECT_EQ(state('b'), State::running);
  requests->finish(key('a'));
  requests->finish(key('b'));
  EXPECT_EQ(state('a'), State::answered) << "whoever asked again meanwhile gets the answer";
  EXPECT_EQ(requests->find(key('b')).answer.bytes, "slow");
  core->pass(30min);
  EXPECT_EQ(requests->size(), 0u);
  EXPECT_EQ(requests->bytes(), 0u);
  EXPECT_EQ(requests->listed(), 0u);
  core->commit();
  start();
  EXPECT_EQ(requests->size(), 0u);
}

TEST_F(RequestsTest, ReplayingFromACheckpointLeadsToTheSameBytesAsHavingLivedThroughIt) {
  answer('a');
  core->pass(6min);
  answer('b', {"", {{LogId{1}, append()}}});
  core->checkpoint();
  core->pass(6min);
  answer('c', {"", {{LogId{1}, append()}}});
  core->commit();
  const std::string lived = core->snapshot(EntryType::request);
  start();
  EXPECT_EQ(core->snapshot(EntryType::request), lived);
  EXPECT_EQ(state('a'), State::unknown);
  EXPECT_EQ(state('c'), State::answered);
}

TEST_F(RequestsTest, DamageIsRefusedAtEveryCut) {
  answer('a', {"bytes", {{LogId{1}, append()}}});
  const std::string whole = core->snapshot(EntryType::request);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    ByteReader in(std::string_view(whole).substr(0, cut));
    EXPECT_EQ(requests->restore(in).error().code, Errc::data_damaged) << cut;
  }
  for (const std::string_view bad : {"", "\x01", "\x02", "\x03", "\x01xxxxxxxxxxxxxxxx"})
    EXPECT_EQ(requests->apply(0, bad, core->now()).error().code, Errc::data_damaged);
}

}  // namespace
}  // namespace twofold::engine
