#include "log/groups.h"

#include "engine/base/bytes.h"
#include "log/topics_limits.h"
#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

class GroupsTest : public LogTest {
 protected:
  static CommittedOffset on(const std::string& topic, std::int32_t partition, std::int64_t offset) {
    return {topic, PartitionId{partition}, Offset{offset}};
  }
  void commit(const std::string& group, std::vector<CommittedOffset> offsets) {
    Answer<Durability> answer;
    groups->commit(group, std::move(offsets), answer.here());
    core->commit();
    ASSERT_TRUE(answer.good());
    EXPECT_EQ(*answer, Durability::disk);
  }
  /// A topic with fifty records in each partition.
  void filled(const std::string& topic, std::int32_t partitions) {
    create(topic, partitions);
    for (std::int32_t p = 0; p < partitions; ++p)
      publish(topic, std::vector<Note>(50, Note{"k", "v", p}));
  }
  Errc refused(const std::string& group, std::vector<CommittedOffset> offsets) {
    Answer<Durability> answer;
    groups->commit(group, std::move(offsets), answer.here());
    return answer.error();
  }
  std::optional<std::int64_t> committed(const std::string& group, const std::string& topic,
                                        std::int32_t partition) {
    const auto offset = groups->committed(group, topic, PartitionId{partition});
    return offset ? std::optional(offset->value()) : std::nullopt;
  }
  std::vector<std::string> names(const std::string& after, std::size_t limit) {
    std::vector<std::string> all;
    for (const GroupInfo& info : groups->list(after, limit)) all.push_back(info.name);
    return all;
  }
};

TEST_F(GroupsTest, ACommitIsAnsweredOnceItIsDurable) {
  filled("orders", 3);
  Answer<Durability> answer;
  groups->commit("rollup", {on("orders", 2, 41)}, answer.here());
  EXPECT_FALSE(answer.came());
  core->commit();
  EXPECT_TRUE(answer.good());
  EXPECT_EQ(committed("rollup", "orders", 2), 41);
  EXPECT_EQ(committed("rollup", "orders", 0), std::nullopt);
  EXPECT_EQ(committed("rollup", "orders", 3), std::nullopt);
  EXPECT_EQ(committed("rollup", "orders", -1), std::nullopt);
  EXPECT_EQ(committed("other", "orders", 2), std::nullopt);
  EXPECT_EQ(committed("rollup", "other", 2), std::nullopt);
}

// The group stood where no record was, and every poll was refused.
TEST_F(GroupsTest, ACommitPastTheEndIsRefused) {
  filled("orders", 1);
  commit("rollup", {on("orders", 0, 50)});
  EXPECT_EQ(refused("rollup", {on("orders", 0, 51)}), Errc::invalid_request);
  EXPECT_EQ(refused("rollup", {on("orders", 0, INT64_MAX)}), Errc::invalid_request);
  EXPECT_EQ(committed("rollup", "orders", 0), 50);
}

TEST_F(GroupsTest, ACommitNeverMovesBackAndSaysWhereTheGroupStands) {
  filled("orders", 2);
  commit("rollup", {on("orders", 0, 41)});
  Answer<Committed> answer;
  groups->commit(
      {
          "rollup", {on("orders", 0, 7), on("orders", 1, 3)}
  },
      answer.here());
  core->commit();
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(answer->stands[0].offset, Offset{41});
  EXPECT_EQ(answer->stands[1].offset, Offset{3});
  EXPECT_EQ(committed("rollup", "orders", 0), 41);
  EXPECT_EQ(committed("rollup", "orders", 1), 3);
}

TEST_F(GroupsTest, AProtocolThatMayMoveBackDoes) {
  filled("orders", 1);
  commit("rollup", {on("orders", 0, 41)});
  Answer<Committed> answer;
  Commit back{"rollup", {on("orders", 0, 7)}};
  back.may_move_back = true;
  groups->commit(back, answer.here());
  core->commit();
  EXPECT_EQ(committed("rollup", "orders", 0), 7);
}

TEST_F(GroupsTest, KeepsWhatAProtocolStoresBesideAnOffset) {
  filled("orders", 2);
  CommittedOffset offset = on("orders", 1, 5);
  offset.leader_epoch = 3;
  offset.metadata = "done by host 7";
  commit("rollup", {offset});
  crash_and_restart();
  const auto found = groups->committed_offset("rollup", "orders", PartitionId{1});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->offset, Offset{5});
  EXPECT_EQ(found->leader_epoch, 3);
  EXPECT_EQ(found->metadata, "done by host 7");
  commit("rollup", {on("orders", 1, 6)});
  EXPECT_EQ(groups->committed_offset("rollup", "orders", PartitionId{1})->metadata, "");
  offset.metadata = std::string(kOffsetMetadataMax + 1, 'm');
  EXPECT_EQ(refused("rollup", {offset}), Errc::invalid_request);
}

TEST_F(GroupsTest, ASeekMovesBackAndMakesOldPositionsStale) {
  filled("orders", 2);
  filled("bills", 1);
  commit("rollup", {on("orders", 0, 41), on("bills", 0, 7)});
  EXPECT_EQ(groups->seeks("rollup", "orders", PartitionId{0}), 0u);
  Answer<Committed> sought;
  groups->seek("rollup", {on("orders", 0, 10), on("orders", 1, 20)}, sought.here());
  EXPECT_FALSE(sought.came());
  core->commit();
  ASSERT_TRUE(sought.good());
  EXPECT_EQ(committed("rollup", "orders", 0), 10);
  EXPECT_EQ(committed("rollup", "orders", 1), 20);
  EXPECT_EQ(groups->seeks("rollup", "orders", PartitionId{0}), 1u);
  EXPECT_EQ(groups->seeks("rollup", "orders", PartitionId{1}), 1u);
  CommittedOffset old = on("orders", 0, 42);
  old.seeks = 0;
  EXPECT_EQ(refused("rollup", {old}), Errc::cursor_stale);
  CommittedOffset bill = on("bills", 0, 8);
  bill.seeks = 0;
  commit("rollup", {bill});
  crash_and_restart();
  EXPECT_EQ(groups->seeks("rollup", "orders", PartitionId{0}), 1u);
  old.seeks = 1;
  commit("rollup", {old});
  EXPECT_EQ(committed("rollup", "orders", 0), 42);
}

TEST_F(GroupsTest, ASeekOfOnePartitionLeavesPositionsInTheOthersGood) {
  filled("orders", 3);
  const auto seek_first = [&](std::int64_t to) {
    Answer<Committed> sought;
    groups->seek("rollup", {on("orders", 0, to)}, sought.here());
    core->commit();
    ASSERT_TRUE(sought.good());
  };
  seek_first(10);
  seek_first(10);
  for (const bool restarted : {false, true}) {
    if (restarted) crash_and_restart();
    EXPECT_EQ(groups->seeks("rollup", "orders", PartitionId{0}), 2u);
    EXPECT_EQ(groups->seeks("rollup", "orders", PartitionId{1}), 0u);
    EXPECT_EQ(groups->seeks("rollup", "orders", PartitionId{2}), 0u);
  }
  CommittedOffset second = on("orders", 1, 7);
  second.seeks = 0;
  commit("rollup", {second});
  CommittedOffset first = on("orders", 0, 20);
  first.seeks = 1;
  second.offset = Offset{8};
  EXPECT_EQ(refused("rollup", {second, first}), Errc::cursor_stale);
  EXPECT_EQ(committed("rollup", "orders", 1), 7) << "all or nothing";
}

TEST_F(GroupsTest, OffsetsOfPartitionsCanBeForgotten) {
  filled("orders", 2);
  commit("rollup", {on("orders", 0, 41), on("orders", 1, 7)});
  Answer<Durability> answer;
  groups->forget("rollup", {on("orders", 0, 0)}, answer.here());
  core->commit();
  ASSERT_TRUE(answer.good());
  crash_and_restart();
  EXPECT_EQ(committed("rollup", "orders", 0), std::nullopt);
  EXPECT_EQ(committed("rollup", "orders", 1), 7);
}

TEST_F(GroupsTest, AGroupThatNobodyUsesIsForgottenAfterAWeek) {
  filled("orders", 1);
  commit("old", {on("orders", 0, 1)});
  core->pass(std::chrono::hours{24 * 6});
  commit("young", {on("orders", 0, 1)});
  core->pass(std::chrono::hours{25});
  core->commit();
  EXPECT_EQ(names("", 10), std::vector<std::string>{"young"});
  crash_and_restart();
  EXPECT_EQ(names("", 10), std::vector<std::string>{"young"});
}

TEST_F(GroupsTest, BeginningIsDecidedOnce) {
  filled("orders", 1);
  groups->begin_at("rollup", {on("orders", 0, 30)});
  groups->begin_at("rollup", {on("orders", 0, 50)});
  core->commit();
  crash_and_restart();
  EXPECT_EQ(committed("rollup", "orders", 0), 30);
}

TEST_F(GroupsTest, LagIsToldInRecordsBytesAndAge) {
  create("orders", 2);
  publish("orders", {
                        {"k", "v", 0},
                        {"k", "v", 0}
  });
  core->pass(10s);
  publish("orders", {
                        {"k", "v", 1}
  });
  commit("rollup", {on("orders", 0, 1)});
  const Lag lag = groups->lag("rollup", "orders");
  EXPECT_EQ(lag.count, 2);
  EXPECT_GT(lag.bytes, 60u);
  EXPECT_EQ(core->wall() - *lag.oldest, 10s);
  commit("rollup", {on("orders", 0, 2), on("orders", 1, 1)});
  EXPECT_EQ(groups->lag("rollup", "orders").count, 0);
  EXPECT_EQ(groups->lag("rollup", "orders").oldest, std::nullopt);
}

TEST_F(GroupsTest, ShowsOffsetsByTopicAndPartition) {
  filled("orders", 2);
  filled("bills", 1);
  commit("rollup", {on("orders", 1, 5), on("bills", 0, 7), on("orders", 0, 6)});
  const auto info = groups->find("rollup");
  ASSERT_TRUE(info);
  ASSERT_EQ(info->offsets.size(), 3u);
  EXPECT_EQ(info->offsets[0].topic, "bills");
  EXPECT_EQ(info->offsets[1].topic, "orders");
  EXPECT_EQ(info->offsets[1].partition, PartitionId{0});
  EXPECT_EQ(info->offsets[1].offset, Offset{6});
  EXPECT_EQ(info->offsets[2].partition, PartitionId{1});
}

TEST_F(GroupsTest, OneWrongOffsetCommitsNone) {
  filled("orders", 2);
  EXPECT_EQ(refused("rollup", {on("orders", 0, 1), on("orderz", 0, 1)}), Errc::topic_not_found);
  EXPECT_EQ(refused("rollup", {on("orders", 0, 1), on("orders", 2, 1)}), Errc::partition_not_found);
  EXPECT_EQ(refused("rollup", {on("orders", 0, 1), on("orders", -1, 1)}),
            Errc::partition_not_found);
  EXPECT_EQ(refused("rollup", {on("orders", 0, 1), on("orders", 1, -1)}), Errc::invalid_request);
  EXPECT_EQ(refused("rollup", {}), Errc::invalid_request);
  EXPECT_EQ(groups->find("rollup").error().code, Errc::group_not_found);
}

TEST_F(GroupsTest, TakesAnyNameThatIsNotEmptyOrEndless) {
  filled("orders", 1);
  commit("a group/with \xc3\xbc and spaces", {on("orders", 0, 1)});
  commit(std::string(kGroupNameMax, 'g'), {on("orders", 0, 1)});
  EXPECT_EQ(refused("", {on("orders", 0, 1)}), Errc::invalid_request);
  EXPECT_EQ(refused(std::string(kGroupNameMax + 1, 'g'), {on("orders", 0, 1)}),
            Errc::invalid_request);
}

TEST_F(GroupsTest, WhatTheCoreRefusesIsNotCommitted) {
  filled("orders", 1);
  core->refuse(engine::Admission::consume, Errc::storage_failed);
  EXPECT_EQ(refused("rollup", {on("orders", 0, 1)}), Errc::storage_failed);
  EXPECT_EQ(committed("rollup", "orders", 0), std::nullopt);
}

TEST_F(GroupsTest, AFullDiskStillTakesCommits) {
  filled("orders", 1);
  core->refuse(engine::Admission::publish, Errc::storage_full);
  commit("rollup", {on("orders", 0, 1)});
}

TEST_F(GroupsTest, ListsByNameInPages) {
  filled("orders", 1);
  for (const char* group : {"c", "a", "b"}) commit(group, {on("orders", 0, 1)});
  EXPECT_EQ(names("", 2), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(names("b", 2), (std::vector<std::string>{"c"}));
}

TEST_F(GroupsTest, ARemovedGroupIsGoneForGood) {
  filled("orders", 1);
  commit("rollup", {on("orders", 0, 1)});
  Answer<Durability> answer;
  groups->remove("rollup", answer.here());
  EXPECT_FALSE(answer.came());
  core->commit();
  EXPECT_TRUE(answer.good());
  EXPECT_EQ(committed("rollup", "orders", 0), std::nullopt);
  crash_and_restart();
  EXPECT_EQ(groups->find("rollup").error().code, Errc::group_not_found);

  Answer<Durability> again;
  groups->remove("rollup", again.here());
  EXPECT_EQ(again.error(), Errc::group_not_found);
}

TEST_F(GroupsTest, OffsetsVanishWithTheirTopic) {
  filled("orders", 1);
  filled("bills", 1);
  commit("both", {on("orders", 0, 1), on("bills", 0, 2)});
  commit("one", {on("orders", 0, 3)});
  remove("orders");
  filled("orders", 1);
  EXPECT_EQ(committed("both", "orders", 0), std::nullopt) << "it is another topic";
  EXPECT_EQ(committed("both", "bills", 0), 2);
  EXPECT_EQ(names("", 10), std::vector<std::string>{"both"}) << "nothing was left of the other";
}

TEST_F(GroupsTest, ARestartFindsWhatWasCommittedAndNothingElse) {
  filled("orders", 2);
  filled("bills", 1);
  commit("rollup", {on("orders", 0, 41), on("bills", 0, 7)});
  remove("bills");
  Answer<Durability> lost;
  groups->commit("rollup", {on("orders", 1, 9)}, lost.here());
  crash_and_restart();
  EXPECT_EQ(committed("rollup", "orders", 0), 41);
  EXPECT_EQ(committed("rollup", "orders", 1), std::nullopt);
  EXPECT_EQ(groups->find("rollup")->offsets.size(), 1u);
}

TEST_F(GroupsTest, ReplayingFromACheckpointLeadsToTheSameBytesAsHavingLivedThroughIt) {
  filled("orders", 3);
  filled("bills", 1);
  commit("a", {on("orders", 2, 41), on("bills", 0, 7)});
  commit("b", {on("bills", 0, 1)});
  core->checkpoint();
  commit("a", {on("orders", 0, 42)});
  commit("c", {on("orders", 1, 5)});
  remove("bills");
  const std::string lived = core->snapshot(engine::EntryType::group);
  crash_and_restart();
  EXPECT_EQ(core->snapshot(engine::EntryType::group), lived);
  EXPECT_EQ(names("", 10), (std::vector<std::string>{"a", "c"}));
}

TEST_F(GroupsTest, ADamagedSnapshotIsRefusedAtEveryCut) {
  filled("orders", 3);
  commit("a", {on("orders", 2, 41)});
  commit("b", {on("orders", 0, 30)});
  const std::string whole = core->snapshot(engine::EntryType::group);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    engine::ByteReader in(std::string_view(whole).substr(0, cut));
    EXPECT_EQ(groups->restore(in).error().code, Errc::data_damaged) << cut;
  }
}

TEST_F(GroupsTest, ADamagedEntryIsRefused) {
  EXPECT_EQ(groups->apply(0, "\xff", core->now()).error().code, Errc::data_damaged);
}

TEST_F(GroupsTest, OffsetsWhoseTopicWasLostToDamageAreForgotten) {
  ASSERT_TRUE(groups->apply(0, std::string_view("\x01\x01g\x01\x63\x00\x05", 7), core->now()));
  EXPECT_EQ(groups->find("g")->offsets.size(), 0u);
  groups->recovered(core->now());
  EXPECT_FALSE(groups->find("g"));
}

}  // namespace
}  // namespace twofold::log
