#include "log/producers.h"

#include <gtest/gtest.h>

#include "log/producer_notes.h"
#include "tests/support/fake_core.h"

namespace twofold::log {
namespace {

using namespace std::chrono_literals;
using engine::Errc;
using engine::Offset;
using engine::PartitionId;

constexpr ProducerScope kTopic{7};

/// Numbers `first` to `first + count - 1`, in partition 2 from offset 100 * first on.
ProducedBatch batch(std::int64_t first, std::int64_t count = 1) {
  return {first, count, {{PartitionId{2}, Offset{100 * first}, 0}}};
}

ProducerState state_of(std::int32_t epoch, std::vector<ProducedBatch> batches) {
  ProducerState state;
  state.epoch = epoch;
  state.batches.assign(batches.begin(), batches.end());
  return state;
}

TEST(Judge, EachNumberOnce) {
  const ProducerState state = state_of(3, {batch(5, 2), batch(7), batch(8, 3)});  // 5 to 10
  struct Case {
    std::int32_t epoch;
    std::int64_t seq;
    const char* verdict;  // fresh, fenced, gap with what comes next, or the place
  };
  const Case cases[] = {
      {3, 11, "fresh"   },
      {3, 12, "gap 11"  },
      {3, 10, "2-802"   },
      {3, 8,  "2-800"   },
      {3, 7,  "2-700"   },
      {3, 6,  "2-501"   },
      {3, 5,  "2-500"   },
      {3, 4,  "gap 11"  },
      {3, 0,  "gap 11"  },
      {2, 11, "fenced 3"},
      {2, 5,  "fenced 3"},
      {4, 0,  "fresh"   },
      {4, 1,  "gap 0"   },
      {4, 11, "gap 0"   },
  };
  for (const Case& c : cases) {
    const auto judged = judge(&state, c.epoch, c.seq, 1);
    std::string verdict;
    if (!judged) {
      verdict = (judged.error().code == Errc::producer_fenced ? "fenced " : "gap ") +
                judged.error().actual;
    } else if (!*judged) {
      verdict = "fresh";
    } else {
      verdict = std::to_string((*judged)->partition.value()) + "-" +
                std::to_string((*judged)->offset.value());
    }
    EXPECT_EQ(verdict, c.verdict) << "epoch " << c.epoch << ", number " << c.seq;
  }
}

TEST(Judge, AProducerOfWhomNothingIsKnownBeginsAnywhere) {
  for (const std::int64_t seq : {0, 1, 4'711}) {
    const auto judged = judge(nullptr, 5, seq, 1);
    ASSERT_TRUE(judged);
    EXPECT_FALSE(*judged);
  }
}

TEST(Judge, ANumberUsedForAnotherRecordIsNoDuplicate) {
  ProducerState state =
      state_of(0, {
                      {4, 2, {{PartitionId{0}, Offset{9}, 77}, {PartitionId{1}, Offset{3}, 78}}}
  });
  EXPECT_EQ((*judge(&state, 0, 5, 78))->offset, Offset{3});
  const auto other = judge(&state, 0, 5, 79);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::out_of_order_sequence);
}

TEST(Judge, OverKafkaABatchIsADuplicateOnlyAsAWhole) {
  const ProducerState state = state_of(0, {batch(5, 3), batch(8, 2)});
  EXPECT_EQ((*judge_batch(&state, 0, 5, 3))->offset, Offset{500});
  EXPECT_EQ((*judge_batch(&state, 0, 8, 2))->offset, Offset{800});
  EXPECT_FALSE(*judge_batch(&state, 0, 10, 4));
  for (const auto& [first, count] : {
           std::pair{5,  2},
           {5,  5},
           {6,  2},
           {9,  1},
           {11, 1},
           {4,  1}
  })
    EXPECT_EQ(judge_batch(&state, 0, first, count).error().code, Errc::out_of_order_sequence)
        << first << " x " << count;
  EXPECT_EQ(judge_batch(&state, -1, 10, 1).error().code, Errc::producer_fenced);
  EXPECT_FALSE(*judge_batch(&state, 1, 0, 1));
}

TEST(Judge, OverKafkaNumbersBeginAnewBehindTheLargest) {
  constexpr std::int64_t kLargest = (std::int64_t{1} << 31) - 1;
  const ProducerState before = state_of(0, {batch(kLargest, 1)});
  EXPECT_FALSE(*judge_batch(&before, 0, 0, 5));
  const ProducerState across = state_of(0, {batch(kLargest - 1, 5)});  // the last is 2
  EXPECT_FALSE(*judge_batch(&across, 0, 3, 1));
  EXPECT_FALSE(judge_batch(&across, 0, kLargest + 1, 1));
}

TEST(ProducerId, NamesAndNumbersNeverMeet) {
  EXPECT_NE(ProducerId::named("12345678"), ProducerId::numbered(0x3837363534333231));
  EXPECT_EQ(ProducerId::from_bytes(ProducerId::numbered(7).bytes()), ProducerId::numbered(7));
  EXPECT_EQ(ProducerId::from_bytes(ProducerId::named("a").bytes()), ProducerId::named("a"));
  for (const std::string_view bytes : {"", "n", "k", "k123", "x12345678"})
    EXPECT_FALSE(ProducerId::from_bytes(bytes)) << bytes;
}

TEST(ProducerNotes, ComeBackAsTheyWereWrittenAndCutAnywhereTheyAreDamaged) {
  const ProducedNote notes[] = {
      {ProducerId::named("p"),   {7},    0,      {3, 1, {{PartitionId{1}, Offset{4}, 5}}}                                },
      {ProducerId::numbered(-1), {7, 3}, 32'767, {1, 500, {{PartitionId{3}, Offset{1}, 0}}}                              },
      {ProducerId::named("p"),
       {9},
       2,                                        {0, 2, {{PartitionId{0}, Offset{8}, 1}, {PartitionId{2}, Offset{0}, 2}}}},
  };
  for (const ProducedNote& note : notes) {
    const std::string bytes = encode_wrote(note, engine::Instant{1'700'000'000'123});
    const auto read = decode_producer_note(bytes);
    ASSERT_TRUE(read);
    const auto& wrote = std::get<ProducedAt>(*read);
    EXPECT_EQ(wrote.at, engine::Instant{1'700'000'000'123});
    EXPECT_EQ(wrote.note.id, note.id);
    EXPECT_EQ(wrote.note.scope, note.scope);
    EXPECT_EQ(wrote.note.epoch, note.epoch);
    EXPECT_EQ(wrote.note.batch, note.batch);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
      EXPECT_FALSE(decode_producer_note(std::string_view(bytes).substr(0, cut))) << cut;
    EXPECT_FALSE(decode_producer_note(bytes + "x"));
  }
  EXPECT_FALSE(decode_producer_note("\x03\x00"));
}

struct ProducersTest : ::testing::Test {
  ProducersTest() { start(); }
  void start(ProducerLimits limits = {}) {
    producers.reset();
    core = std::make_unique<tests::FakeCore>(disk, clock);
    producers = std::make_unique<Producers>(*core, limits,
                                            [this](std::uint32_t topic) { return topic < topics; });
    core->recover();
  }
  void wrote(const std::string& id, std::int64_t first, std::int64_t count = 1,
             std::int32_t epoch = 0, std::uint32_t topic = 7) {
    producers->wrote({ProducerId::named(id), {topic}, epoch, batch(first, count)});
    core->commit();
  }
  std::int64_t last(const std::string& id, std::uint32_t topic = 7) const {
    const ProducerState* const state = producers->find(ProducerId::named(id), {topic});
    return state ? state->last_seq() : -1;
  }

  std::uint32_t topics = 100;
  tests::FakeDisk disk;
  engine::ManualClock clock;
  std::unique_ptr<tests::FakeCore> core;
  std::unique_ptr<Producers> producers;
};

TEST_F(ProducersTest, TheLastFiveBatchesAreKept) {
  for (int i = 0; i < 8; ++i) wrote("p", 2 * i, 2);
  const ProducerState* const state = producers->find(ProducerId::named("p"), kTopic);
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->batches.size(), 5u);
  EXPECT_EQ(state->batches.front().first_seq, 6);
  EXPECT_EQ(state->last_seq(), 15);
}

TEST_F(ProducersTest, ANewEpochForgetsTheBatchesOfTheOld) {
  wrote("p", 0);
  wrote("p", 0, 1, 1);
  const ProducerState* const state = producers->find(ProducerId::named("p"), kTopic);
  EXPECT_EQ(state->epoch, 1);
  EXPECT_EQ(state->batches.size(), 1u);
  EXPECT_EQ(state->durable_seq, -1) << "not before it is said to be";
  producers->durable(ProducerId::named("p"), kTopic, 0, 99);
  EXPECT_EQ(state->durable_seq, -1) << "of an epoch that is over";
  producers->durable(ProducerId::named("p"), kTopic, 1, 0);
  EXPECT_EQ(state->durable_seq, 0);
}

TEST_F(ProducersTest, TopicsCountApart) {
  wrote("p", 5, 1, 0, 7);
  wrote("p", 0, 1, 0, 8);
  EXPECT_EQ(last("p", 7), 5);
  EXPECT_EQ(last("p", 8), 0);
  EXPECT_EQ(producers->of(ProducerId::named("p")).size(), 2u);
  producers->forget_topic(7);
  EXPECT_EQ(last("p", 7), -1);
  EXPECT_EQ(producers->of(ProducerId::named("p")).size(), 1u);
}

TEST_F(ProducersTest, WhoIsIdleForAWeekIsForgotten) {
  wrote("old", 1);
  core->pass(24h * 5);
  wrote("young", 1);
  core->pass(24h * 2 - 1ms);
  EXPECT_EQ(last("old"), 1) << "to the millisecond";
  core->pass(1ms);
  EXPECT_EQ(last("old"), -1);
  EXPECT_EQ(last("young"), 1);
  core->pass(2h);  // a sweep an hour
  EXPECT_EQ(producers->size(), 1u);
  core->commit();
  start();
  EXPECT_EQ(producers->size(), 1u);
}

TEST_F(ProducersTest, PastTheirMemoryFurtherOnesAreRefused) {
  start({24h * 7, 10 * 300});
  int admitted = 0;
  while (producers->room(1, 1)) wrote("p" + std::to_string(admitted++), 0);
  EXPECT_GE(admitted, 8);
  EXPECT_LE(producers->bytes(), 10u * 300u);
  EXPECT_EQ(producers->room(1, 1).error().code, Errc::overloaded);
  core->pass(24h * 7);
  EXPECT_TRUE(producers->room(1, 1)) << "the idle make room";
  EXPECT_EQ(producers->bytes(), 0u);
}

TEST_F(ProducersTest, BytesAreCountedExactly) {
  for (int i = 0; i < 30; ++i) {
    ProducedNote note{
        ProducerId::named("p" + std::to_string(i % 3)), kTopic, i / 10, {i, 2, {}}
    };
    note.batch.places = {
        {PartitionId{0}, Offset{i}, 1},
        {PartitionId{1}, Offset{i}, 2}
    };
    producers->wrote(note);
  }
  core->commit();
  const std::size_t lived = producers->bytes();
  start();
  EXPECT_EQ(producers->bytes(), lived);
  producers->forget_topic(7);
  EXPECT_EQ(producers->bytes(), 0u);
}

TEST_F(ProducersTest, ReplayingFromACheckpointLeadsToTheSameBytesAsHavingLivedThroughIt) {
  wrote("a", 0, 3);
  wrote("b", 5);
  core->pass(24h * 6);
  core->checkpoint();
  wrote("a", 3, 2);
  core->pass(24h * 2);
  core->commit();
  wrote("c", 0, 1, 4);
  const std::string lived = core->snapshot(engine::EntryType::producer);
  start();
  EXPECT_EQ(core->snapshot(engine::EntryType::producer), lived);
  EXPECT_EQ(last("a"), 4);
  EXPECT_EQ(last("b"), -1);
  EXPECT_EQ(producers->find(ProducerId::named("a"), kTopic)->durable_seq, 4) << "it was replayed";
}

TEST_F(ProducersTest, WhatWasNotCommittedIsLost) {
  wrote("a", 0);
  producers->wrote({ProducerId::named("a"), kTopic, 0, batch(1)});
  start();
  EXPECT_EQ(last("a"), 0);
}

TEST_F(ProducersTest, ADamagedSnapshotIsRefusedAtEveryCut) {
  wrote("a", 0, 3);
  wrote("b", 5);
  const std::string whole = core->snapshot(engine::EntryType::producer);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    engine::ByteReader in(std::string_view(whole).substr(0, cut));
    EXPECT_EQ(producers->restore(in).error().code, Errc::data_damaged) << cut;
  }
}

TEST_F(ProducersTest, WhoseTopicWasLostIsForgotten) {
  wrote("a", 0, 1, 0, 7);
  wrote("a", 0, 1, 0, 50);
  topics = 10;
  start();
  EXPECT_EQ(last("a", 7), 0);
  EXPECT_EQ(last("a", 50), -1);
}

}  // namespace
}  // namespace twofold::log
