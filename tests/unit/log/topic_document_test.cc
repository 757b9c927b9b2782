#include "log/topic_document.h"

#include <gtest/gtest.h>

#include "schemas/catalog.pb.h"

namespace twofold::log {
namespace {

using namespace std::chrono_literals;

TopicDefinition definition() {
  TopicDefinition topic;
  topic.id = 41;
  topic.logs = {LogId{41}, LogId{42}};
  topic.config.partitions = 2;
  topic.config.retention_time = 90min;
  topic.config.retention_bytes = 5'000'000'000;
  topic.config.durability = Durability::memory;
  topic.config.record_bytes_max = 77;
  topic.created = WallTime{1'700'000'000'123};
  return topic;
}

void expect_same(const TopicDefinition& wrote) {
  const auto read = decode_topic(encode_topic(wrote));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, wrote.id);
  EXPECT_EQ(read->logs, wrote.logs);
  EXPECT_EQ(read->config, wrote.config);
  EXPECT_EQ(read->created, wrote.created);
}

TEST(TopicDocument, SaysEverythingAboutATopic) { expect_same(definition()); }

TEST(TopicDocument, TellsNoLimitFromAnyLimit) {
  TopicDefinition topic = definition();
  topic.config.retention_time.reset();
  topic.config.retention_bytes.reset();
  expect_same(topic);
}

TEST(TopicDocument, SaysEveryDurability) {
  TopicDefinition topic = definition();
  for (const auto durability : {Durability::disk, Durability::os, Durability::memory}) {
    topic.config.durability = durability;
    expect_same(topic);
  }
}

TEST(TopicDocument, RefusesWhatIsNotATopic) {
  EXPECT_FALSE(decode_topic(""));
  EXPECT_FALSE(decode_topic("\xff\xff\xff"));
  catalog::Topic newer;
  newer.add_logs(1);
  newer.set_durability(9);
  EXPECT_EQ(decode_topic(newer.SerializeAsString()).error().code, engine::Errc::data_damaged);
}

}  // namespace
}  // namespace twofold::log
