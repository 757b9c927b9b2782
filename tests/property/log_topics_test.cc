// Random publishes, reads, trims and crashes over topics, against a model of a few lines: a vector
// of records per partition. Run over the double of the core and over the real one.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/base/memory_file_system.h"
#include "engine/record_batch.h"
#include "log/groups.h"
#include "log/partitioner.h"
#include "log/position.h"
#include "log/topics.h"
#include "tests/support/engine_rig.h"
#include "tests/support/fake_core.h"

namespace twofold::log {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 3;

struct Rooms {
  explicit Rooms(engine::Core& core) : topics(core), groups(core, topics) {}
  Topics topics;
  Groups groups;
};

/// The double: a commit happens when it is told to.
class FakeWorld {
 public:
  static constexpr std::size_t kValueBytes = 20;
  static constexpr bool kTimestampsJump = true;

  FakeWorld() { start(); }
  engine::Core& core() { return *core_; }
  Rooms& rooms() { return *rooms_; }
  void turn(const std::function<void()>& work) {
    work();
    core_->commit();
    core_->run();
  }
  void turn_without_commit(const std::function<void()>& work) { work(); }
  void pass(Duration time) { core_->pass(time); }
  void crash() {
    rooms_.reset();
    core_.reset();
    start();
  }

 private:
  void start() {
    core_ = std::make_unique<tests::FakeCore>(disk_, clock_);
    rooms_ = std::make_unique<Rooms>(*core_);
    core_->recover();
  }
  tests::FakeDisk disk_;
  engine::ManualClock clock_;
  std::unique_ptr<tests::FakeCore> core_;
  std::unique_ptr<Rooms> rooms_;
};

/// The real core on files in memory, small enough to drain into segments on the way.
class EngineWorld {
 public:
  static constexpr std::size_t kValueBytes = 40'000;
  static constexpr bool kTimestampsJump = false;

  EngineWorld() { start(); }
  ~EngineWorld() { kill(); }
  engine::Core& core() { return rig_->core(); }
  Rooms& rooms() { return *rooms_; }
  void turn(const std::function<void()>& work) { rig_->turn(work); }
  void turn_without_commit(const std::function<void()>& work) { rig_->turn_only(work); }
  void pass(Duration time) { rig_->pass(time); }
  void crash() {
    const WallTime now = rig_->clock.wall();
    kill();
    start(now);
  }

 private:
  void kill() {
    rig_->kill();
    rooms_.reset();
  }
  void start(std::optional<WallTime> wall = std::nullopt) {
    rig_ = std::make_unique<test::EngineRig>(files_);
    if (wall) rig_->clock.advance(*wall - rig_->clock.wall());
    const auto report =
        rig_->start([this](engine::Core& core) { rooms_ = std::make_unique<Rooms>(core); });
    RC_ASSERT(report.has_value());
  }
  engine::MemoryFileSystem files_;
  std::unique_ptr<test::EngineRig> rig_;
  std::unique_ptr<Rooms> rooms_;
};

struct ModelRecord {
  std::string key;
  std::string value;
  std::int64_t timestamp;
};
struct ModelPartition {
  std::vector<ModelRecord> records;  // by offset; trimmed ones stay
  std::size_t start = 0;
};

/// What a random step does: a kind and two numbers to make choices with.
using Step = std::tuple<std::uint8_t, std::uint16_t, std::uint16_t>;

template <class World>
class Story {
 public:
  Story() {
    TopicConfig config;
    config.partitions = kPartitions;
    config.retention_time.reset();
    world_.turn([&] {
      topics().create("t", config, true, [](Result<TopicInfo> made) { RC_ASSERT(bool(made)); });
    });
  }

  void run(const std::vector<Step>& steps) {
    for (const auto& [kind, a, b] : steps) step(kind % 12, a, b);
    for (std::int32_t p = 0; p < kPartitions; ++p) check_everything(p);
  }

 private:
  Topics& topics() { return world_.rooms().topics; }
  ModelPartition& model(std::int32_t p) { return model_[static_cast<std::size_t>(p)]; }

  void step(int kind, std::uint16_t a, std::uint16_t b) {
    const std::int32_t p = b % kPartitions;
    switch (kind) {
      case 0: crash_with_unfinished_work(a, b); return;
      case 1: trim(p, a); return;
      case 2: world_.pass(Duration{a % 5'000}); return;
      case 3: read_one(p, a); return;
      case 4: find_time(p, a); return;
      case 5: wait_and_publish(a, b); return;
      default: publish(a, b); return;
    }
  }

  // The records of one request; `keep` so that its views outlive the call.
  Publish request(std::uint16_t a, std::uint16_t b, std::vector<ModelRecord>& keep) {
    const std::size_t count = 1 + a % 6;
    keep.reserve(count);
    Publish publish{"t", {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
      std::string value = std::to_string(next_value_++) + ":";
      value.resize(World::kValueBytes, 'x');
      const std::int64_t now = world_.core().wall().value();
      const std::int64_t jump = World::kTimestampsJump ? (a * 7 + b * 13) % 5'000 - 2'500 : 0;
      keep.push_back({"k" + std::to_string((b + i) % 7), std::move(value), now + jump});
      engine::NewRecord record{keep[i].key, keep[i].value, {}, WallTime{keep[i].timestamp}};
      if ((b + i) % 7 == 6) record.key.reset();
      std::optional<PartitionId> partition;
      if (a % 5 == 0) partition = PartitionId{b % kPartitions};
      publish.records.push_back({record, partition});
    }
    return publish;
  }

  void publish(std::uint16_t a, std::uint16_t b) {
    std::vector<ModelRecord> records;
    std::optional<Published> published;
    world_.turn([&] {
      topics().publish(request(a, b, records), [&](Result<Published> result) {
        RC_ASSERT(bool(result));
        published = *result;
      });
    });
    RC_ASSERT(published.has_value());
    RC_ASSERT(published->records.size() == records.size());
    std::optional<PartitionId> keyless;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const PublishedRecord& at = published->records[i];
      const bool has_key = (b + i) % 7 != 6;
      if (a % 5 == 0) {
        RC_ASSERT(at.partition.value() == b % kPartitions);
      } else if (has_key) {
        RC_ASSERT(at.partition == partition_of_key(records[i].key, kPartitions));
      } else {
        RC_ASSERT(at.partition == keyless.value_or(at.partition));
        keyless = at.partition;
      }
      ModelPartition& partition = model(at.partition.value());
      RC_ASSERT(at.offset.value() == static_cast<std::int64_t>(partition.records.size()));
      RC_ASSERT(at.seq.value() > last_seq_);
      if (i + 1 == records.size()) remember_seq(*published);
      partition.records.push_back(records[i]);
    }
  }

  void remember_seq(const Published& published) {
    for (const PublishedRecord& record : published.records) {
      last_seq_ = std::max(last_seq_, record.seq.value());
    }
  }

  // Nobody was told that it was published, so it may be there or not, but never in part.
  void crash_with_unfinished_work(std::uint16_t a, std::uint16_t b) {
    std::vector<ModelRecord> records;
    world_.turn_without_commit(
        [&] { topics().publish(request(a, b, records), [](Result<Published>) {}); });
    world_.crash();
    const auto offsets = topics().offsets("t");
    RC_ASSERT(bool(offsets));
    for (const PartitionOffsets& partition : *offsets) {
      ModelPartition& expected = model(partition.partition.value());
      RC_ASSERT(partition.status.start.value() == static_cast<std::int64_t>(expected.start));
      RC_ASSERT(partition.status.end.value() == static_cast<std::int64_t>(expected.records.size()));
    }
  }

  void trim(std::int32_t p, std::uint16_t a) {
    ModelPartition& partition = model(p);
    const std::size_t before = a % (partition.records.size() + 1);
    const PartitionPosition position{PartitionId{p}, Offset{static_cast<std::int64_t>(before)}};
    bool answered = false;
    world_.turn([&] {
      topics().trim("t", {position}, [&](Result<std::vector<PartitionOffsets>> result) {
        answered = result.has_value();
      });
    });
    RC_ASSERT(answered);
    partition.start = std::max(partition.start, before);
  }

  // A reader is answered with what the next publish brings, and never before.
  void wait_and_publish(std::uint16_t a, std::uint16_t b) {
    Read read{"t", {}, 1 << 20};
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      const auto end = static_cast<std::int64_t>(model(p).records.size());
      read.from.push_back({PartitionId{p}, Offset{end}});
    }
    std::optional<Result<Readable>> answer;
    world_.turn([&] {
      topics().read(read, world_.core().now() + 1h,
                    [&](Result<Readable> result) { answer.emplace(std::move(result)); });
    });
    RC_ASSERT(!answer.has_value());
    publish(a, b);
    RC_ASSERT(answer.has_value());
    RC_ASSERT(bool(*answer));
    RC_ASSERT(topics().waiting() == 0u);
    std::size_t shown = 0;
    for (const ReadablePartition& partition : (**answer).partitions) shown += check(partition);
    RC_ASSERT(shown > 0u);
  }

  void read_one(std::int32_t p, std::uint16_t a) {
    const ModelPartition& partition = model(p);
    const std::size_t kept = partition.records.size() - partition.start;
    read_from(p, partition.start + a % (kept + 1), 1 + a * 3);
  }

  // Reads once and returns where the next read goes on.
  std::size_t read_from(std::int32_t p, std::size_t from, std::size_t bytes_max) {
    std::optional<Result<Readable>> answer;
    const PartitionPosition position{PartitionId{p}, Offset{static_cast<std::int64_t>(from)}};
    topics().read({"t", {position}, bytes_max}, world_.core().now(),
                  [&](Result<Readable> result) { answer.emplace(std::move(result)); });
    RC_ASSERT(answer.has_value());
    RC_ASSERT(bool(*answer));
    const ReadablePartition& partition = (**answer).partitions.front();
    RC_ASSERT(partition.from == position.offset);
    RC_ASSERT(partition.start.value() == static_cast<std::int64_t>(model(p).start));
    RC_ASSERT(partition.end.value() == static_cast<std::int64_t>(model(p).records.size()));
    const std::size_t shown = check(partition);
    RC_ASSERT((shown > 0) == (from < model(p).records.size()));
    return from + shown;
  }

  // Everything from the asked offset on is what was published, without a gap. Returns how much.
  std::size_t check(const ReadablePartition& partition) {
    const std::vector<ModelRecord>& expected = model(partition.partition.value()).records;
    const auto batches = partition.plan.fetch();
    RC_ASSERT(bool(batches));
    auto next = static_cast<std::size_t>(partition.from.value());
    const std::size_t first = next;
    for (const engine::StoredBatch& batch : *batches) {
      engine::BatchCursor cursor(batch.bytes, batch.base_seq);
      for (auto record = cursor.next(); record && *record; record = cursor.next()) {
        if ((*record)->offset < partition.from) continue;
        RC_ASSERT((*record)->offset.value() == static_cast<std::int64_t>(next));
        RC_ASSERT(next < expected.size());
        RC_ASSERT(std::string((*record)->value.value()) == expected[next].value);
        RC_ASSERT((*record)->timestamp.value() == expected[next].timestamp);
        ++next;
      }
    }
    return next - first;
  }

  void find_time(std::int32_t p, std::uint16_t a) {
    const ModelPartition& partition = model(p);
    if (partition.records.empty()) return;
    const ModelRecord& some = partition.records[a % partition.records.size()];
    find_time_of(p, some.timestamp + a % 3 - 1);
  }

  void find_time_of(std::int32_t p, std::int64_t time) {
    const ModelPartition& partition = model(p);
    auto expected = partition.start;
    while (expected < partition.records.size() && partition.records[expected].timestamp < time) {
      ++expected;
    }
    const auto plans = topics().plan_time("t", WallTime{time});
    const auto found = log::find_time((*plans)[static_cast<std::size_t>(p)], WallTime{time});
    RC_ASSERT(bool(found));
    RC_ASSERT(found->value() == static_cast<std::int64_t>(expected));
  }

  void check_everything(std::int32_t p) {
    const ModelPartition& partition = model(p);
    for (std::size_t at = partition.start; at < partition.records.size();) {
      at = read_from(p, at, 64 << 10);
    }
    for (std::size_t at = partition.start; at <= partition.records.size(); ++at) {
      read_from(p, at, 1);
    }
    for (std::size_t at = 0; at < partition.records.size(); ++at) {
      find_time_of(p, partition.records[at].timestamp);
    }
  }

  World world_;
  ModelPartition model_[kPartitions];
  std::uint64_t last_seq_ = 0;
  int next_value_ = 0;
};

RC_GTEST_PROP(LogTopics, AgreeWithAVectorOfRecordsPerPartition, (const std::vector<Step>& steps)) {
  Story<FakeWorld>().run(steps);
}

RC_GTEST_PROP(LogTopicsOnTheEngine, AgreeWithAVectorOfRecordsPerPartition,
              (const std::vector<Step>& steps)) {
  Story<EngineWorld>().run(steps);
}

}  // namespace
}  // namespace twofold::log
