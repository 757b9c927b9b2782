#include <set>

#include "log/position.h"
#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

using ReadTest = LogTest;
using Values = std::vector<std::string>;

TEST_F(ReadTest, ReadsFromAnyOffset) {
  create("orders", 1);
  publish("orders", {
                        {"k", "a"},
                        {"k", "b"},
                        {"k", "c"}
  });
  const Values all{"a", "b", "c"};
  for (std::int64_t offset = 0; offset <= 3; ++offset) {
    auto& answer = read("orders", {at(0, offset)});
    ASSERT_TRUE(answer.good());
    EXPECT_EQ(ticket, 0u) << "answered at once";
    const ReadablePartition& partition = answer->partitions[0];
    EXPECT_EQ(values(partition), Values(all.begin() + offset, all.end()));
    EXPECT_EQ(partition.from, Offset{offset});
    EXPECT_EQ(partition.start, Offset{0});
    EXPECT_EQ(partition.end, Offset{3});
  }
}

TEST_F(ReadTest, AnswersForPartitionsAsAsked) {
  create("orders", 3);
  publish("orders", {
                        {"k", "in two", 2}
  });
  auto& answer = read("orders", {at(2, 0), at(0, 0)});
  ASSERT_EQ(answer->partitions.size(), 2u);
  EXPECT_EQ(values(answer->partitions[0]), Values{"in two"});
  EXPECT_EQ(answer->partitions[1].partition, PartitionId{0});
  EXPECT_TRUE(answer->partitions[1].plan.empty());
}

TEST_F(ReadTest, NeverShowsWhatACrashCouldTakeBack) {
  create("orders", 1);
  Answer<Published> published;
  publish_into(published, "orders",
               {
                   {"k", "a"}
  });
  EXPECT_TRUE(read("orders", {at(0, 0)})->partitions[0].plan.empty());
  core->commit();
  EXPECT_EQ(values(read("orders", {at(0, 0)})->partitions[0]), Values{"a"});
}

TEST_F(ReadTest, WaitsForARecordAndIsAnsweredOnce) {
  create("orders", 2);
  auto& answer = read("orders", {at(0, 0), at(1, 0)}, 20s);
  EXPECT_NE(ticket, 0u);
  EXPECT_FALSE(answer.came());
  EXPECT_EQ(topics->waiting(), 1u);

  publish("orders", {
                        {"k", "a", 1}
  });
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(values(answer->partitions[1]), Values{"a"});
  EXPECT_EQ(topics->waiting(), 0u);
  publish("orders", {
                        {"k", "b", 0}
  });
  core->pass(30s);
}

TEST_F(ReadTest, AnswersEmptyAtTheDeadlineAndNotBefore) {
  create("orders", 1);
  auto& answer = read("orders", {at(0, 0)}, 20s);
  core->pass(19'990ms);
  EXPECT_FALSE(answer.came());
  core->pass(20ms);
  ASSERT_TRUE(answer.good());
  EXPECT_TRUE(answer->partitions[0].plan.empty());
  EXPECT_EQ(answer->partitions[0].end, Offset{0});
}

TEST_F(ReadTest, AReaderThatWentAwayIsNeverCalled) {
  create("orders", 1);
  auto& answer = read("orders", {at(0, 0)}, 20s);
  topics->cancel(ticket);
  publish("orders", {
                        {"k", "a"}
  });
  core->pass(30s);
  EXPECT_FALSE(answer.came());
  topics->cancel(ticket);
}

TEST_F(ReadTest, WaitingReadersAreServedInTheOrderOfTheirComing) {
  create("orders", 1);
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    topics->read({"orders", {at(0, 0)}, 1 << 20}, core->now() + 20s,
                 [&order, i](Result<Readable>) { order.push_back(i); });
  }
  publish("orders", {
                        {"k", "a"}
  });
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(ReadTest, AReaderMayAskAgainFromInsideItsAnswer) {
  create("orders", 1);
  Answer<Readable> second;
  topics->read({"orders", {at(0, 0)}, 1 << 20}, core->now() + 20s, [&](Result<Readable>) {
    topics->read({"orders", {at(0, 1)}, 1 << 20}, core->now() + 20s, second.here());
  });
  publish("orders", {
                        {"k", "a"}
  });
  EXPECT_FALSE(second.came()) << "it has read that one";
  publish("orders", {
                        {"k", "b"}
  });
  EXPECT_EQ(values(second->partitions[0]), Values{"b"});
}

TEST_F(ReadTest, AReaderMayCancelTheNextOneFromInsideItsAnswer) {
  create("orders", 1);
  std::uint64_t next = 0;
  topics->read({"orders", {at(0, 0)}, 1 << 20}, core->now() + 20s,
               [&](Result<Readable>) { topics->cancel(next); });
  auto& answer = read("orders", {at(0, 0)}, 20s);
  next = ticket;
  publish("orders", {
                        {"k", "a"}
  });
  EXPECT_FALSE(answer.came());
}

TEST_F(ReadTest, AReaderAheadOfWhatShowsKeepsWaiting) {
  create("orders", 1);
  Answer<Published> first;
  publish_into(first, "orders",
               {
                   {"k", "a"}
  },
               Durability::memory);
  auto& answer = read("orders", {at(0, 1)}, 20s);  // after its own record, not visible yet
  core->commit();
  EXPECT_FALSE(answer.came());
  publish("orders", {
                        {"k", "b"}
  });
  EXPECT_EQ(values(answer->partitions[0]), Values{"b"});
}

TEST_F(ReadTest, APositionPastTheEndIsRefused) {
  create("orders", 1);
  publish("orders", {
                        {"k", "a"}
  });
  EXPECT_EQ(read("orders", {at(0, 2)}, 20s).error(), Errc::invalid_request);
}

TEST_F(ReadTest, UnknownTopicsAndPartitionsAreRefused) {
  create("orders", 2);
  EXPECT_EQ(read("nothing", {at(0, 0)}).error(), Errc::topic_not_found);
  EXPECT_EQ(read("orders", {at(0, 0), at(2, 0)}, 20s).error(), Errc::partition_not_found);
  EXPECT_EQ(read("orders", {at(-1, 0)}).error(), Errc::partition_not_found);
  EXPECT_EQ(read("orders", {}, 20s).error(), Errc::invalid_request);
}

TEST_F(ReadTest, ATrimmedPositionIsToldTheOldest) {
  create("orders", 1);
  publish("orders", {
                        {"k", "a"},
                        {"k", "b"},
                        {"k", "c"}
  });
  Answer<std::vector<PartitionOffsets>> trimmed;
  topics->trim("orders", {at(0, 2)}, trimmed.here());
  core->commit();
  ASSERT_TRUE(trimmed.good());
  EXPECT_EQ((*trimmed)[0].status.start, Offset{2});

  auto& refused = read("orders", {at(0, 1)});
  EXPECT_EQ(refused.error(), Errc::offset_trimmed);
  EXPECT_EQ(refused.number(), 2);

  Answer<Readable> skipped;
  topics->read({"orders", {at(0, 1)}, 1 << 20, /*skip_trimmed=*/true}, core->now(), skipped.here());
  EXPECT_EQ(skipped->partitions[0].from, Offset{2});
  EXPECT_EQ(values(skipped->partitions[0]), Values{"c"});
}

TEST_F(ReadTest, ATrimIsDurableWhenAnswered) {
  create("orders", 1);
  publish("orders", {
                        {"k", "a"},
                        {"k", "b"}
  });
  Answer<std::vector<PartitionOffsets>> trimmed;
  topics->trim("orders", {at(0, 1)}, trimmed.here());
  EXPECT_FALSE(trimmed.came());
  core->commit();
  EXPECT_TRUE(trimmed.good());
  crash_and_restart();
  EXPECT_EQ(status("orders").start, Offset{1});
}

TEST_F(ReadTest, ATrimNeverReachesWhatDoesNotShowYet) {
  create("orders", 2);
  publish("orders", {
                        {"k", "a", 0}
  });
  Answer<Published> hidden;
  publish_into(hidden, "orders",
               {
                   {"k", "b", 0}
  });
  Answer<std::vector<PartitionOffsets>> refused;
  topics->trim("orders", {at(1, 0), at(0, 2)}, refused.here());
  EXPECT_EQ(refused.error(), Errc::invalid_request);
  EXPECT_EQ(status("orders", 0).start, Offset{0});

  Answer<std::vector<PartitionOffsets>> unknown;
  topics->trim("orders", {at(0, 1), at(2, 0)}, unknown.here());
  EXPECT_EQ(unknown.error(), Errc::partition_not_found);
  EXPECT_EQ(status("orders", 0).start, Offset{0}) << "all or none";
}

TEST_F(ReadTest, ATrimBackwardsChangesNothing) {
  create("orders", 1);
  publish("orders", {
                        {"k", "a"},
                        {"k", "b"}
  });
  for (const std::int64_t before : {2, 1, 0}) {
    Answer<std::vector<PartitionOffsets>> answer;
    topics->trim("orders", {at(0, before)}, answer.here());
    core->commit();
    EXPECT_EQ((*answer)[0].status.start, Offset{2});
  }
}

TEST_F(ReadTest, WaitingReadersOfARemovedTopicAreToldSo) {
  create("orders", 2);
  auto& answer = read("orders", {at(0, 0), at(1, 0)}, 20s);
  remove("orders");
  EXPECT_EQ(answer.error(), Errc::topic_not_found);
  EXPECT_EQ(topics->waiting(), 0u);
  core->pass(30s);
}

TEST_F(ReadTest, DrainingAnswersAllWaitersEmpty) {
  create("orders", 1);
  create("bills", 1);
  auto& first = read("orders", {at(0, 0)}, 20s);
  auto& second = read("bills", {at(0, 0)}, 20s);
  topics->release_waiters();
  EXPECT_TRUE(first.good());
  EXPECT_TRUE(second.good());
  EXPECT_TRUE(second->partitions[0].plan.empty());
  EXPECT_EQ(topics->waiting(), 0u);
}

TEST_F(ReadTest, AHotPartitionDoesNotStarveTheOthers) {
  create("orders", 3);
  const std::string large(1'000, 'x');
  for (int i = 0; i < 20; ++i)
    publish("orders", {
                          {"k", large, 0}
    });
  publish("orders", {
                        {"k", "quiet", 2}
  });

  auto& shared = read("orders", {at(0, 0), at(1, 0), at(2, 0)}, 0ms, 8'000);
  EXPECT_GT(values(shared->partitions[0]).size(), 1u);
  EXPECT_LT(values(shared->partitions[0]).size(), 20u);
  EXPECT_EQ(values(shared->partitions[2]), Values{"quiet"});
}

TEST_F(ReadTest, PartitionsTakeTurnsWhenOneRecordIsAllThatFits) {
  create("orders", 3);
  for (std::int32_t p = 0; p < 3; ++p)
    publish("orders", {
                          {"k", "v", p}
    });
  std::set<std::int32_t> served;
  for (int i = 0; i < 3; ++i) {
    auto& answer = read("orders", {at(0, 0), at(1, 0), at(2, 0)}, 0ms, 1);
    for (const ReadablePartition& partition : answer->partitions) {
      EXPECT_EQ(partition.end, Offset{1}) << "there is more, and the reader sees it";
      if (!partition.plan.empty()) served.insert(partition.partition.value());
    }
  }
  EXPECT_EQ(served.size(), 3u);
}

// Merged by seq, an older record would come after a younger one.
TEST_F(ReadTest, ForTotalOrderNoPartitionIsLeftOutForWantOfRoom) {
  create("orders", 3);
  const std::string large(5'000, 'x');
  publish("orders", {
                        {"k", "old", 1}
  });
  publish("orders", {
                        {"k", large, 0}
  });
  for (int i = 0; i < 3; ++i) {
    Read wanted{
        "orders", {at(0, 0), at(1, 0), at(2, 0)},
         100
    };
    wanted.total_order = true;
    auto& answer = read(std::move(wanted));
    EXPECT_EQ(values(answer->partitions[0]), Values{large});
    EXPECT_EQ(values(answer->partitions[1]), Values{"old"});
    EXPECT_TRUE(answer->partitions[2].plan.empty()) << "there is nothing";
  }
}

TEST_F(ReadTest, AWaitForManyBytesAddsUpWhatItsPartitionsGet) {
  create("orders", 3);
  const std::string kilobyte(1'000, 'x');
  Read wanted{
      "orders", {at(0, 0), at(1, 0), at(2, 0)},
       1 << 20
  };
  wanted.bytes_min = 10'000;
  auto& answer = read(std::move(wanted), 20s);
  for (int i = 0; i < 9; ++i) {
    publish("orders", {
                          {"k", kilobyte, i % 3}
    });
    EXPECT_FALSE(answer.came()) << i;
  }
  publish("orders", {
                        {"k", kilobyte, 0}
  });
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(values(answer->partitions[0]).size(), 4u);
  EXPECT_EQ(values(answer->partitions[2]).size(), 3u);
}

TEST_F(ReadTest, WhatIsTrimmedDuringAWaitForBytesDoesNotCount) {
  create("orders", 2);
  const std::string kilobyte(1'000, 'x');
  Read wanted{
      "orders", {at(0, 0), at(1, 0)},
       1 << 20, /*skip_trimmed=*/true
  };
  wanted.bytes_min = 3'000;
  auto& answer = read(std::move(wanted), 20s);
  publish("orders", {
                        {"k", kilobyte, 0}
  });
  publish("orders", {
                        {"k", kilobyte, 0}
  });
  core->trim(topics->find("orders")->logs[0], Offset{2}, true);
  core->commit();
  for (int i = 0; i < 2; ++i) {
    publish("orders", {
                          {"k", kilobyte, 1}
    });
    EXPECT_FALSE(answer.came()) << "two kilobytes are there";
  }
  publish("orders", {
                        {"k", kilobyte, 0}
  });
  ASSERT_TRUE(answer.good());
}

TEST_F(ReadTest, FindsTheOffsetOfATime) {
  create("orders", 2);
  publish("orders", {
                        {"k", "a", 0, 1'000},
                        {"k", "b", 0, 2'000},
                        {"k", "c", 0, 3'000}
  });
  const auto offset_at = [this](std::int64_t time, std::size_t partition) {
    const auto plans = topics->plan_time("orders", WallTime{time});
    return find_time((*plans)[partition], WallTime{time}).value();
  };
  EXPECT_EQ(offset_at(0, 0), Offset{0});
  EXPECT_EQ(offset_at(1'000, 0), Offset{0});
  EXPECT_EQ(offset_at(1'001, 0), Offset{1});
  EXPECT_EQ(offset_at(3'000, 0), Offset{2});
  EXPECT_EQ(offset_at(3'001, 0), Offset{3}) << "none so late: the end";
  EXPECT_EQ(offset_at(0, 1), Offset{0}) << "an empty partition";
}

}  // namespace
}  // namespace twofold::log
