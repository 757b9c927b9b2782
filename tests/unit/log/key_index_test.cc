#include "log/key_index.h"

#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

class KeyIndexTest : public LogTest {
 protected:
  KeyIndexTest() {
    for (const char* topic : {"a", "b"}) logs.push_back(create(topic, 1).logs.front());
    index = std::make_unique<KeyIndex>(*core, 40 * 10);
  }
  void append(std::size_t topic, const std::optional<std::string>& key) {
    publish(topic == 0 ? "a" : "b", {
                                        {key, "v"}
    });
  }
  std::optional<Errc> learn(std::size_t topic) {
    std::optional<Result<>> answer;
    index->learn(logs[topic], [&answer](Result<> learned) { answer = std::move(learned); });
    for (int i = 0; i < 10 && !answer; ++i) {
      core->run();
      core->commit();
    }
    EXPECT_TRUE(answer);
    if (*answer) return std::nullopt;
    return answer->error().code;
  }
  std::int64_t newest(std::size_t topic, const std::string& key) {
    const auto offset = index->newest(logs[topic], key);
    return offset ? offset->value() : -1;
  }

  std::vector<LogId> logs;
  std::unique_ptr<KeyIndex> index;
};

TEST_F(KeyIndexTest, NothingIsKeptBeforeSomebodyAsks) {
  append(0, "k");
  index->appended(logs[0], "k", Offset{0});
  EXPECT_FALSE(index->knows(logs[0]));
  EXPECT_EQ(index->keys(), 0u);
}

TEST_F(KeyIndexTest, WhatIsStoredIsReadOnceAndWhatComesIsNoted) {
  for (const char* key : {"k", "l", "k"}) append(0, key);
  append(0, std::nullopt);
  EXPECT_EQ(learn(0), std::nullopt);
  EXPECT_EQ(newest(0, "k"), 2);
  EXPECT_EQ(newest(0, "l"), 1);
  EXPECT_EQ(newest(0, "m"), -1);
  index->appended(logs[0], "l", Offset{4});
  index->appended(logs[0], std::nullopt, Offset{5});
  EXPECT_EQ(newest(0, "l"), 4) << "durable or not";
  EXPECT_EQ(newest(0, "k"), 2);
}

TEST_F(KeyIndexTest, WhatIsAppendedWhileItIsReadIsNotMissed) {
  append(0, "k");
  Answer<Published> waiting;
  publish_into(waiting, "a",
               {
                   {"l", "v"}
  });  // offset 1, not durable yet
  std::optional<Result<>> answer;
  index->learn(logs[0], [&answer](Result<> learned) { answer = std::move(learned); });
  index->appended(logs[0], "k", Offset{2});
  core->run();
  EXPECT_FALSE(answer) << "offset 1 cannot be read yet";
  core->commit();
  core->run();
  ASSERT_TRUE(answer && answer->has_value());
  EXPECT_EQ(newest(0, "k"), 2);
  EXPECT_EQ(newest(0, "l"), 1);
}

TEST_F(KeyIndexTest, WhatACleaningDroppedIsNotThereAndWhatItLeftIs) {
  for (const char* key : {"k", "l", "k", "m"}) append(0, key);
  EXPECT_EQ(learn(0), std::nullopt);
  const engine::OffsetRuns dropped = {
      {Offset{0}, Offset{2}},
      {Offset{3}, Offset{4}}
  };
  index->removed(logs[0], dropped);
  EXPECT_EQ(newest(0, "k"), 2) << "only an older one of it went";
  EXPECT_EQ(newest(0, "l"), -1) << "it was a tombstone";
  EXPECT_EQ(newest(0, "m"), -1);
  EXPECT_EQ(index->keys(), 1u);
  index->appended(logs[0], "l", Offset{4});
  EXPECT_EQ(newest(0, "l"), 4);
  index->removed(logs[1], dropped);  // nobody asked for that one
}

TEST_F(KeyIndexTest, WhatIsDroppedWhileItIsReadIsNotThere) {
  for (const char* key : {"k", "l"}) append(0, key);
  std::optional<Result<>> answer;
  index->learn(logs[0], [&answer](Result<> learned) { answer = std::move(learned); });
  index->removed(logs[0], {
                              {Offset{0}, Offset{1}}
  });
  core->run();
  ASSERT_TRUE(answer && answer->has_value());
  EXPECT_EQ(newest(0, "k"), -1);
  EXPECT_EQ(newest(0, "l"), 1);
}

TEST_F(KeyIndexTest, WhatWasTrimmedIsNotThere) {
  for (const char* key : {"k", "l"}) append(0, key);
  EXPECT_EQ(learn(0), std::nullopt);
  core->trim(logs[0], Offset{1}, true);
  EXPECT_EQ(newest(0, "k"), -1);
  EXPECT_EQ(newest(0, "l"), 1);
}

TEST_F(KeyIndexTest, TheLogUsedLongestAgoMakesRoom) {
  for (int i = 0; i < 6; ++i) append(0, "k" + std::to_string(i));
  for (int i = 0; i < 6; ++i) append(1, "k" + std::to_string(i));
  EXPECT_EQ(learn(0), std::nullopt);
  EXPECT_EQ(learn(1), std::nullopt);
  EXPECT_FALSE(index->knows(logs[0]));
  EXPECT_TRUE(index->knows(logs[1]));
  EXPECT_EQ(index->keys(), 6u);
}

TEST_F(KeyIndexTest, MoreKeysThanMemoryIsSaid) {
  for (int i = 0; i < 11; ++i) append(0, "k" + std::to_string(i));
  EXPECT_EQ(learn(0), Errc::overloaded);
  EXPECT_EQ(index->keys(), 0u);
  for (int i = 0; i < 10; ++i) append(1, "k" + std::to_string(i));
  EXPECT_EQ(learn(1), std::nullopt);
  index->appended(logs[1], "one too many", Offset{10});
  EXPECT_FALSE(index->knows(logs[1]));
  EXPECT_EQ(index->keys(), 0u);
}

TEST_F(KeyIndexTest, WhoeverWaitsHearsThatTheLogIsGone) {
  append(0, "k");
  std::optional<Errc> answer;
  index->learn(logs[0], [&answer](const Result<>& learned) { answer = learned.error().code; });
  index->forget(logs[0]);
  EXPECT_EQ(answer, Errc::topic_not_found);
  core->run();
  EXPECT_FALSE(index->knows(logs[0])) << "what was read for it is dropped";
}

class KeyExpected : public LogTest {
 protected:
  KeyExpected() { create("t", 3); }
  Answer<Published>& put(const std::string& key, std::optional<Expectation::KeyLast> expected,
                         int records = 1) {
    Publish publish{"t", {}, std::nullopt};
    for (int i = 0; i < records; ++i) {
      texts.push_back(key);
      publish.records.push_back({
          {texts.back(), texts.back(), {}, WallTime{0}},
          std::nullopt
      });
    }
    publish.expect.key_last = expected;
    topics->publish(std::move(publish), answers.emplace_back().here());
    for (int i = 0; i < 6; ++i) {
      core->run();
      core->commit();
    }
    EXPECT_TRUE(answers.back().came());
    return answers.back();
  }
  static Expectation::KeyLast none() { return {}; }
  static Expectation::KeyLast is(const PublishedRecord& record) {
    return {
        PartitionPosition{record.partition, record.offset}
    };
  }
  static std::string id(const PublishedRecord& record) {
    return std::to_string(record.partition.value()) + "-" + std::to_string(record.offset.value());
  }

  std::deque<std::string> texts;
  std::deque<Answer<Published>> answers;
};

TEST_F(KeyExpected, TheNewestRecordOfAKeyIsComparedAndSet) {
  const PublishedRecord first = put("a", none())->records[0];
  put("b", none());
  const Answer<Published>& again = put("a", none());
  EXPECT_EQ(again.error(), Errc::expectation_failed);
  EXPECT_EQ(again.actual(), id(first));
  const PublishedRecord second = put("a", is(first))->records[0];
  EXPECT_EQ(put("a", is(first)).actual(), id(second));
  crash_and_restart();
  EXPECT_EQ(put("a", is(first)).actual(), id(second)) << "read again";
  EXPECT_TRUE(put("a", is(second), 3).good());
  EXPECT_EQ(put("c", is(second)).actual(), "");
}

TEST_F(KeyExpected, ItNeedsOneKey) {
  Publish publish{"t", {}, std::nullopt};
  publish.records.push_back({
      {"a", "v", {}, WallTime{0}},
      std::nullopt
  });
  publish.records.push_back({
      {"b", "v", {}, WallTime{0}},
      std::nullopt
  });
  publish.expect.key_last = none();
  Answer<Published> two;
  topics->publish(publish, two.here());
  EXPECT_EQ(two.error(), Errc::invalid_request);
  EXPECT_EQ(two.record(), 1u);
  publish.records.pop_back();
  publish.records[0].record.key.reset();
  Answer<Published> keyless;
  topics->publish(publish, keyless.here());
  EXPECT_EQ(keyless.error(), Errc::invalid_request);
  publish.records[0].record.key = "a";
  publish.records[0].partition = PartitionId{7};
  Answer<Published> nowhere;
  topics->publish(publish, nowhere.here());
  EXPECT_EQ(nowhere.error(), Errc::partition_not_found);
}

}  // namespace
}  // namespace twofold::log
