// Records that come twice, and publishes that expect something.
#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

class TopicsKnown : public LogTest {
 protected:
  TopicsKnown() { create("t", with_window(2)); }

  static TopicConfig with_window(std::int32_t partitions) {
    TopicConfig config;
    config.partitions = partitions;
    config.dedup_window = 10min;
    return config;
  }
  PublishRecord record(std::int64_t seq, std::int32_t epoch = 0, const std::string& by = "p") {
    const std::string& value = texts.emplace_back(std::to_string(seq));
    PublishRecord made{
        {std::nullopt, value, {}, WallTime{0}},
        PartitionId{static_cast<std::int32_t>(seq % 2)         }
    };
    made.producer = ProducedBy{texts.emplace_back(by), epoch, seq};
    return made;
  }
  PublishRecord identified(const std::string& id) {
    PublishRecord made{
        {std::nullopt, texts.emplace_back(id), {}, WallTime{0}},
        PartitionId{1         }
    };
    made.dedup_id = texts.emplace_back(id);
    return made;
  }
  /// Publishes; what is known of the answer before and after the commit.
  Answer<Published>& send(std::vector<PublishRecord> records, Expectation expect = {},
                          std::optional<Durability> durability = std::nullopt) {
    Publish publish{"t", std::move(records), durability, expect};
    topics->publish(std::move(publish), answers.emplace_back().here(),
                    [this](const Published& published) { decided = published; });
    return answers.back();
  }
  Published sent(std::vector<PublishRecord> records, Expectation expect = {}) {
    Answer<Published>& answer = send(std::move(records), expect);
    core->commit();
    EXPECT_TRUE(answer.good());
    return *answer;
  }
  void configure(const TopicConfig& config) {
    Answer<TopicInfo> answer;
    topics->configure("t", config, std::nullopt, answer.here());
    core->commit();
    EXPECT_TRUE(answer.good());
  }
  std::int64_t end() { return status("t", 0).end.value() + status("t", 1).end.value(); }
  static Expectation last(std::uint64_t seq) { return {Seq{seq}}; }

  std::deque<std::string> texts;
  std::deque<Answer<Published>> answers;
  std::optional<Published> decided;
};

TEST_F(TopicsKnown, ADuplicateOfWhatIsNotDurableYetIsAnsweredWithIt) {
  Answer<Published>& first = send({record(0), record(1)});
  Answer<Published>& again = send({record(0), record(1)});
  EXPECT_FALSE(again.came()) << "the answer is a promise: no crash may take the record back";
  core->commit();
  ASSERT_TRUE(first.good() && again.good());
  for (int i : {0, 1}) {
    const auto at = static_cast<std::size_t>(i);
    EXPECT_EQ(again->records[at].offset, first->records[at].offset);
    EXPECT_EQ(again->records[at].partition, first->records[at].partition);
    EXPECT_EQ(again->records[at].seq, first->records[at].seq);
    EXPECT_TRUE(again->records[at].duplicate);
  }
  EXPECT_EQ(end(), 2);
}

TEST_F(TopicsKnown, ADuplicateOfWhatACrashTookIsStored) {
  send({record(0)});
  crash_and_restart();
  EXPECT_FALSE(sent({record(0)}).records[0].duplicate);
  crash_and_restart();
  EXPECT_TRUE(sent({record(0)}).records[0].duplicate);
  EXPECT_EQ(end(), 1);
}

TEST_F(TopicsKnown, NothingIsWrittenBeforeEverythingWasLookedAt) {
  sent({record(0)});
  struct Case {
    const char* name;
    std::vector<PublishRecord> records;
    Errc error;
    std::size_t index;
  };
  const std::string long_name(256, 'x');
  const Case cases[] = {
      {"a gap",                     {record(1), record(3)},             Errc::out_of_order_sequence, 1},
      {"backwards",                 {record(2), record(1)},             Errc::out_of_order_sequence, 0},
      {"twice in one request",      {record(1), record(1)},             Errc::out_of_order_sequence, 1},
      {"two epochs in one request", {record(1), record(0, 1)},          Errc::out_of_order_sequence, 1},
      {"behind another's",          {record(0, 0, "q"), record(7)},     Errc::out_of_order_sequence, 1},
      {"no name",                   {record(0, 0, "")},                 Errc::invalid_request,       0},
      {"a long name",               {record(0, 0, long_name)},          Errc::invalid_request,       0},
      {"a negative number",         {record(-1)},                       Errc::invalid_request,       0},
      {"the same id twice",         {identified("a"), identified("a")}, Errc::invalid_request,       1},
  };
  for (const Case& c : cases) {
    const Answer<Published>& answer = send(c.records);
    ASSERT_TRUE(answer.came()) << c.name;
    ASSERT_FALSE(answer.good()) << c.name;
    EXPECT_EQ(answer.error(), c.error) << c.name;
    EXPECT_EQ(answer.record(), c.index) << c.name;
  }
  PublishRecord both = record(1);
  both.dedup_id = "a";
  EXPECT_EQ(send({both}).error(), Errc::invalid_request);
  core->commit();
  EXPECT_EQ(end(), 1);
  EXPECT_FALSE(sent({record(1)}).records[0].duplicate) << "no number was used up";
}

TEST_F(TopicsKnown, ProducersOfOneRequestCountApart) {
  sent({record(0), record(5, 0, "q"), record(1), record(6, 0, "q")});
  const auto views = topics->producer("q");
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].last_seq, 6);
  EXPECT_EQ(topics->producer("p")[0].last_seq, 1);
  const Published again = sent({record(5, 0, "q"), record(6, 0, "q"), record(2)});
  EXPECT_TRUE(again.records[0].duplicate && again.records[1].duplicate);
  EXPECT_FALSE(again.records[2].duplicate);
}

TEST_F(TopicsKnown, WhatIsDurableOfAProducerIsToldAndNoMore) {
  send({record(0)}, {}, Durability::memory);
  ASSERT_EQ(topics->producer("p").size(), 1u);
  EXPECT_EQ(topics->producer("p")[0].last_seq, -1) << "accepted is not durable";
  core->commit();
  EXPECT_EQ(topics->producer("p")[0].last_seq, 0);
  EXPECT_EQ(topics->producer("p")[0].last_place, (PartitionPosition{PartitionId{0}, Offset{0}}));
  EXPECT_TRUE(topics->producer("nobody").empty());
  remove("t");
  EXPECT_TRUE(topics->producer("p").empty());
}

TEST_F(TopicsKnown, ATopicCreatedAnewKnowsNobody) {
  sent({record(0), identified("a")});
  remove("t");
  create("t", with_window(2));
  const Published published = sent({record(0), identified("a")});
  EXPECT_FALSE(published.records[0].duplicate);
  EXPECT_FALSE(published.records[1].duplicate);
  crash_and_restart();
  EXPECT_EQ(topics->producer("p").size(), 1u);
}

TEST_F(TopicsKnown, AnIdLastsForTheTopicsWindow) {
  const Published first = sent({identified("a")});
  core->pass(10min - 1ms);
  EXPECT_TRUE(sent({identified("a")}).records[0].duplicate);
  crash_and_restart();
  EXPECT_EQ(sent({identified("a")}).records[0].offset, first.records[0].offset);
  core->pass(1ms);
  EXPECT_FALSE(sent({identified("a")}).records[0].duplicate);
  EXPECT_EQ(end(), 2);
}

TEST_F(TopicsKnown, IdsOfATopicThatNobodyWritesToAreForgottenAndStayForgotten) {
  sent({identified("a"), identified("b")});
  const std::string some = core->snapshot(engine::EntryType::dedup);
  core->pass(11min);
  const std::string none = core->snapshot(engine::EntryType::dedup);
  EXPECT_LT(none.size(), some.size());
  core->commit();
  crash_and_restart();
  EXPECT_EQ(core->snapshot(engine::EntryType::dedup), none);
}

TEST_F(TopicsKnown, ReplayingFromACheckpointLeadsToTheSameBytesAsHavingLivedThroughIt) {
  sent({identified("a"), record(0)});
  core->checkpoint();
  sent({identified("b"), record(1), identified("a")});
  create("other", with_window(1));
  for (const auto type : {engine::EntryType::dedup, engine::EntryType::producer}) {
    const std::string lived = core->snapshot(type);
    crash_and_restart();
    EXPECT_EQ(core->snapshot(type), lived);
  }
}

TEST_F(TopicsKnown, WhatACleaningDroppedIsADuplicateStill) {
  TopicConfig config = with_window(2);
  config.cleanup = Cleanup::compact;
  configure(config);
  const auto keyed = [this](PublishRecord made) {
    made.record.key = "k";
    return made;
  };
  const Offset first = sent({keyed(record(1))}).records[0].offset;
  const Offset second = sent({keyed(identified("a"))}).records[0].offset;
  sent({keyed(record(2)), keyed(record(3))});
  core->remove(topics->find("t")->logs[1], {first, second});
  for (int life = 0; life < 3; ++life) {
    const auto again = sent({keyed(record(1))}).records[0];
    EXPECT_TRUE(again.duplicate) << "life " << life;
    EXPECT_EQ(again.offset, first);
    EXPECT_EQ(again.seq, Seq{0}) << "its place went with it";
    EXPECT_TRUE(sent({keyed(identified("a"))}).records[0].duplicate) << "life " << life;
    EXPECT_EQ(send({keyed(record(5))}).error(), Errc::out_of_order_sequence);
    if (life == 1) core->checkpoint();
    crash_and_restart();
  }
  EXPECT_FALSE(sent({keyed(record(4))}).records[0].duplicate);
}

TEST_F(TopicsKnown, ARetryOfWhatHadNoKeyIsAnsweredWhenItsTopicIsCompacted) {
  sent({identified("a")});
  TopicConfig config = with_window(2);
  config.cleanup = Cleanup::compact;
  configure(config);
  EXPECT_TRUE(sent({identified("a")}).records[0].duplicate);
  EXPECT_EQ(send({identified("b")}).error(), Errc::key_missing);
}

TEST_F(TopicsKnown, WhoeverExpectsNothingOfAKeyIsRightOnceItsTombstoneIsGone) {
  const auto about_key = [this](std::optional<std::string_view> value) {
    PublishRecord made{
        {"k", value, {}, WallTime{0}},
        PartitionId{0}
    };
    return made;
  };
  Expectation none;
  none.key_last = Expectation::KeyLast{};
  const auto try_it = [&](std::optional<std::string_view> value) -> bool {
    Answer<Published>& answer = send({about_key(value)}, none);
    for (int i = 0; i < 10 && !answer.came(); ++i) {
      core->run();
      core->commit();
    }
    return answer.good();
  };
  EXPECT_TRUE(try_it("1"));
  const Offset tombstone = sent({about_key(std::nullopt)}).records[0].offset;
  EXPECT_FALSE(try_it("2")) << "a tombstone is a record";
  sent({record(0, 0, "q")});
  core->remove(topics->find("t")->logs[0], {Offset{0}, tombstone});
  EXPECT_TRUE(try_it("2"));
  EXPECT_FALSE(try_it("3"));
}

TEST_F(TopicsKnown, ATopicWithoutAWindowTakesNoIds) {
  create("plain", 1);
  Publish publish{"plain", {identified("a")}, std::nullopt};
  Answer<Published> answer;
  topics->publish(std::move(publish), answer.here());
  EXPECT_EQ(answer.error(), Errc::invalid_request);
}

TEST_F(TopicsKnown, TheFullDiskStandsInTheWayOfWhatIsNewOnly) {
  const Published first = sent({record(0)});
  core->refuse(engine::Admission::publish, Errc::storage_full);
  EXPECT_EQ(send({record(0), record(1)}).error(), Errc::storage_full);
  EXPECT_EQ(sent({record(0)}).records[0].offset, first.records[0].offset);
}

TEST_F(TopicsKnown, AnExpectationHoldsOfTheWholeTopic) {
  const Published first = sent({record(0)}, last(0));
  create("other", 1);
  publish("other", {
                       {std::nullopt, "x"}
  });
  const Published second = sent({record(1)}, last(first.records[0].seq.value()));
  Answer<Published>& late = send({record(2)}, last(first.records[0].seq.value()));
  EXPECT_FALSE(late.came()) << "what is said to be true must be durable";
  core->commit();
  EXPECT_EQ(late.error(), Errc::expectation_failed);
  EXPECT_EQ(late.actual(), std::to_string(second.records[0].seq.value()));
  EXPECT_EQ(end(), 2);
}

TEST_F(TopicsKnown, WhatWaitsForItsCommitCountsAlready) {
  send({record(0)});
  Answer<Published>& other = send({record(0, 0, "q")}, last(0));
  core->commit();
  EXPECT_EQ(other.error(), Errc::expectation_failed);
  EXPECT_EQ(other.actual(), "1");
  EXPECT_EQ(end(), 1);
}

TEST_F(TopicsKnown, TheNewestRecordIsKnownAfterItIsGone) {
  const Published first = sent({record(0), record(1)});
  Answer<std::vector<PartitionOffsets>> trimmed;
  topics->trim("t", {at(0, 1), at(1, 1)}, trimmed.here());
  core->commit();
  sent({record(2)}, last(first.records[1].seq.value()));
}

TEST_F(TopicsKnown, ARetryOfWhatWasCarriedOutIsNotHeldToItsExpectation) {
  const Published first = sent({record(0)}, last(0));
  EXPECT_EQ(sent({record(0)}, last(0)).records[0].offset, first.records[0].offset);
  Answer<Published>& more = send({record(0), record(1)}, last(0));
  core->commit();
  EXPECT_EQ(more.error(), Errc::expectation_failed) << "something is new";
}

TEST_F(TopicsKnown, WhoeverListensHearsOfThePlacesInTheSameTurn) {
  send({record(0), record(1)});
  ASSERT_TRUE(decided);
  EXPECT_EQ(decided->records[1].offset, Offset{0});
  EXPECT_EQ(decided->records[1].seq, Seq{0}) << "that only the commit tells";
  decided.reset();
  send({record(7)});
  EXPECT_FALSE(decided) << "nothing was written";
}

}  // namespace
}  // namespace twofold::log
