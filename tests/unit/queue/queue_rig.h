#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/record_batch.h"
#include "queue/queues.h"
#include "tests/support/fake_core.h"

namespace twofold::queue {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using engine::Errc;
using Texts = std::vector<std::string>;

/// What an answer was, once it came.
template <class T>
class Answer {
 public:
  Completion<T> slot() {
    return [state = state_](Result<T> result) {
      EXPECT_FALSE(state->has_value()) << "answered twice";
      state->emplace(std::move(result));
    };
  }
  bool came() const { return state_->has_value(); }
  bool failed() const { return came() && !(*state_)->has_value(); }
  Errc code() const { return (*state_)->error().code; }
  T& value() { return (*state_)->value(); }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }

 private:
  std::shared_ptr<std::optional<Result<T>>> state_ = std::make_shared<std::optional<Result<T>>>();
};

/// Queues over a core in memory, spoken to in whole sentences.
struct QueueRig {
  engine::ManualClock clock;
  tests::FakeDisk disk;
  std::unique_ptr<tests::FakeCore> core;
  std::unique_ptr<Queues> queues;
  QueueLimits limits;

  QueueRig() { start(); }
  ~QueueRig() { queues.reset(); }

  void start() {
    core = std::make_unique<tests::FakeCore>(disk, clock);
    queues = std::make_unique<Queues>(*core, limits);
    core->recover();
  }
  /// A process that is killed: what was not committed is lost.
  void restart() {
    queues.reset();
    core.reset();
    start();
  }

  QueueInfo create(const std::string& name, QueueConfig config = {},
                   std::optional<QueueSource> source = std::nullopt) {
    Answer<QueueInfo> answer;
    queues->create(name, std::move(config), std::move(source), false, answer.slot());
    core->commit();
    return std::move(*answer);
  }
  Answer<Sent> send(const std::string& queue, const Texts& values,
                    std::optional<Duration> delay = std::nullopt) {
    Send send{queue, {}, std::nullopt};
    for (const std::string& value : values)
      send.messages.push_back({
          {std::nullopt, value, {}, core->wall()},
          delay, std::nullopt
      });
    Answer<Sent> answer;
    queues->send(std::move(send), answer.slot());
    return answer;
  }
  /// A log of its own, as a topic has them, with records in it.
  LogId topic_log(const Texts& values) {
    const LogId log = core->new_log_id();
    core->open_log(log, {});
    publish(log, values);
    return log;
  }
  void publish(LogId log, const Texts& values) {
    for (const std::string& value : values)
      core->append(log, {std::nullopt, value, {}, core->wall()});
    core->commit();
  }
  Received receive(const std::string& queue, std::size_t max = 10,
                   std::optional<Duration> visibility = std::nullopt) {
    Answer<Received> answer;
    queues->receive({queue, max, 8 << 20, visibility}, clock.now(), answer.slot());
    return std::move(*answer);
  }
  /// A receive that can be repeated when its answer got lost.
  Answer<Received> attempt(const std::string& queue, const std::string& id = "try",
                           Duration visibility = 30s) {
    Answer<Received> answer;
    queues->receive({queue, 10, 8 << 20, visibility, id}, clock.now(), answer.slot());
    return answer;
  }
  /// A long poll of 20 seconds.
  Answer<Received> poll(const std::string& queue, std::size_t max = 10,
                        std::uint64_t* ticket = nullptr) {
    Answer<Received> answer;
    const std::uint64_t given =
        queues->receive({queue, max, 8 << 20, std::nullopt}, clock.now() + 20s, answer.slot());
    if (ticket) *ticket = given;
    return answer;
  }
  std::vector<Settled> ack(const std::string& queue, const Texts& receipts) {
    Answer<std::vector<Settled>> answer;
    queues->ack(queue, receipts, answer.slot());
    core->commit();
    return *answer;
  }
  std::vector<Settled> nack(const std::string& queue, NackItem item) {
    Answer<std::vector<Settled>> answer;
    queues->nack(queue, {std::move(item)}, answer.slot());
    return *answer;
  }
  std::vector<Settled> extend(const std::string& queue, const std::string& receipt,
                              Duration timeout) {
    Answer<std::vector<Settled>> answer;
    queues->extend(queue,
                   {
                       {receipt, timeout}
    },
                   answer.slot());
    return *answer;
  }
  QueueCounters counters(const std::string& queue) { return queues->find(queue)->counters; }
  Browsed browse(const std::string& queue, std::optional<MessageState> state = std::nullopt) {
    return *queues->browse({queue, state, {}, 100});
  }

  static Texts receipts(const Received& received) {
    Texts receipts;
    for (const Delivered& message : received.messages) receipts.push_back(message.receipt);
    return receipts;
  }
  /// The values of the messages that were received, read from their plans.
  static Texts values(const Received& received) {
    Texts values;
    for (const Delivered& message : received.messages)
      values.push_back(record_at(received, message.partition, message.offset).first);
    return values;
  }
  /// Value and headers ("name=value") of one message.
  static std::pair<std::string, Texts> record_at(const Received& received, PartitionId partition,
                                                 Offset offset) {
    for (std::size_t i = 0; i < received.plans.size(); ++i) {
      if (received.plan_partitions[i] != partition) continue;
      const auto batches = received.plans[i].fetch();
      EXPECT_TRUE(batches.has_value());
      for (const engine::StoredBatch& batch : *batches) {
        engine::BatchCursor cursor(batch.bytes, batch.base_seq);
        for (auto record = cursor.next(); record && *record; record = cursor.next()) {
          if ((**record).offset != offset) continue;
          Texts headers;
          for (const engine::Header& header : (**record).headers)
            headers.push_back(std::string(header.name) + "=" +
                              std::string(header.value.value_or("")));
          return {std::string((**record).value.value_or("")), headers};
        }
      }
    }
    return {"not in the plans", {}};
  }
};

}  // namespace twofold::queue
