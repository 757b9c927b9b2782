#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/record_batch.h"
#include "log/groups.h"
#include "log/topics.h"
#include "tests/support/fake_core.h"

namespace twofold::log {

using namespace std::chrono_literals;
using engine::Errc;

/// Where an answer lands. An answer that comes twice fails the test.
template <class T>
class Answer {
 public:
  Completion<T> here() {
    return [this](Result<T> result) {
      EXPECT_FALSE(got_) << "answered twice";
      got_.emplace(std::move(result));
    };
  }
  bool came() const { return got_.has_value(); }
  bool good() const { return got_ && got_->has_value(); }
  T& operator*() { return **got_; }
  T* operator->() { return &**got_; }
  Errc error() const { return got_->error().code; }
  std::int64_t number() const { return got_->error().number; }
  std::optional<std::size_t> record() const { return got_->error().record; }
  const std::string& actual() const { return got_->error().actual; }

 private:
  std::optional<Result<T>> got_;
};

/// What a test publishes; the bytes stay where they are.
struct Note {
  std::optional<std::string> key;
  std::string value;
  std::optional<std::int32_t> partition = std::nullopt;
  std::int64_t timestamp = 0;
};

inline PartitionPosition at(std::int32_t partition, std::int64_t offset) {
  return {PartitionId{partition}, Offset{offset}};
}

/// Topics and groups over a core whose disk, clock and commits are in the hands of the test.
class LogTest : public ::testing::Test {
 protected:
  LogTest() { start(); }

  void start() {
    core = std::make_unique<tests::FakeCore>(disk, clock);
    topics = std::make_unique<Topics>(*core, topic_limits);
    groups = std::make_unique<Groups>(*core, *topics, groups_options);
    core->recover();
  }
  /// What was not committed is lost.
  void crash_and_restart() {
    groups.reset();
    topics.reset();
    core.reset();
    start();
  }

  TopicInfo create(const std::string& name, TopicConfig config = {}) {
    Answer<TopicInfo> answer;
    topics->create(name, config, false, answer.here());
    core->commit();
    EXPECT_TRUE(answer.good());
    return *answer;
  }
  TopicInfo create(const std::string& name, std::int32_t partitions) {
    TopicConfig config;
    config.partitions = partitions;
    return create(name, config);
  }
  void remove(const std::string& name) {
    Answer<TopicInfo> answer;
    topics->remove(name, answer.here());
    core->commit();
    EXPECT_TRUE(answer.good());
  }

  void publish_into(Answer<Published>& answer, const std::string& topic,
                    const std::vector<Note>& notes,
                    std::optional<Durability> durability = std::nullopt) {
    Publish publish{topic, {}, durability};
    for (const Note& note : notes) {
      PublishRecord record{
          {note.key, note.value, {}, WallTime{note.timestamp}},
          std::nullopt
      };
      if (note.partition) record.partition = PartitionId{*note.partition};
      publish.records.push_back(std::move(record));
    }
    topics->publish(std::move(publish), answer.here());
  }
  Published publish(const std::string& topic, const std::vector<Note>& notes) {
    Answer<Published> answer;
    publish_into(answer, topic, notes);
    core->commit();
    EXPECT_TRUE(answer.good());
    return *answer;
  }

  Answer<Readable>& read(const std::string& topic, std::vector<PartitionPosition> from,
                         Duration wait = 0ms, std::size_t bytes_max = 1 << 20) {
    return read(Read{topic, std::move(from), bytes_max}, wait);
  }
  Answer<Readable>& read(Read read, Duration wait = 0ms) {
    ticket = topics->read(std::move(read), core->now() + wait, reads.emplace_back().here());
    return reads.back();
  }
  /// The values that a partition of an answer shows, from where the reader asked.
  static std::vector<std::string> values(const ReadablePartition& partition) {
    std::vector<std::string> values;
    const auto batches = partition.plan.fetch();
    EXPECT_TRUE(batches);
    for (const engine::StoredBatch& batch : *batches) {
      engine::BatchCursor cursor(batch.bytes, batch.base_seq);
      for (auto record = cursor.next(); record && *record; record = cursor.next()) {
        if ((*record)->offset >= partition.from) values.emplace_back(*(*record)->value);
      }
    }
    return values;
  }
  engine::LogStatus status(const std::string& topic, std::int32_t partition = 0) {
    return (*topics->offsets(topic))[static_cast<std::size_t>(partition)].status;
  }

  TopicLimits topic_limits;      ///< from the next start on
  GroupsOptions groups_options;  ///< likewise
  tests::FakeDisk disk;
  engine::ManualClock clock;
  std::unique_ptr<tests::FakeCore> core;
  std::unique_ptr<Topics> topics;
  std::unique_ptr<Groups> groups;
  std::deque<Answer<Readable>> reads;  ///< alive for as long as the readers may be answered
  std::uint64_t ticket = 0;            ///< of the newest read
};

}  // namespace twofold::log
