// Random producers that retry, skip, resend, take over and crash, against a model of a few lines:
// what each of them has stored, in order.

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "log/topics.h"
#include "tests/support/fake_core.h"

namespace twofold::log {
namespace {

using engine::Errc;
using namespace std::chrono_literals;

constexpr std::int32_t kPartitions = 3;
constexpr int kProducers = 3;

/// What is stored of one producer.
struct Stored {
  std::int32_t epoch = 0;
  std::vector<std::int64_t> requests;  // first numbers of the requests that stored something
  std::map<std::int64_t, PartitionPosition> at;  // of the epoch, by number
  std::optional<std::int64_t> last;
};
using Model = std::map<int, Stored>;

class Story {
 public:
  Story() { start(); }

  void step() {
    const auto what = *rc::gen::inRange(0, 20);
    if (what == 0) return crash();
    if (what == 1) return core_->commit(), keep();
    if (what == 2) return checkpoint();
    publish();
  }

  void finish() {
    core_->commit();
    keep();
    for (const auto& [number, stored] : model_) {
      const auto views = topics_->producer(name(number));
      RC_ASSERT(views.size() == 1u);
      RC_ASSERT(views[0].epoch == stored.epoch);
      RC_ASSERT(views[0].last_seq == *stored.last);
      RC_ASSERT(views[0].last_place == stored.at.at(*stored.last));
    }
  }

 private:
  static std::string name(int number) { return "p" + std::to_string(number); }

  void start() {
    core_ = std::make_unique<tests::FakeCore>(disk_, clock_);
    topics_ = std::make_unique<Topics>(*core_);
    core_->recover();
    if (topics_->find("t")) return;
    TopicConfig config;
    config.partitions = kPartitions;
    topics_->create("t", config, true, [](const Result<TopicInfo>& made) { RC_ASSERT(made); });
    core_->commit();
  }
  void keep() { durable_ = model_; }
  void crash() {
    topics_.reset();
    core_.reset();
    model_ = durable_;
    start();
  }
  void checkpoint() {
    core_->commit();
    keep();
    core_->checkpoint();
  }

  // What a producer may send: what comes next, something again, something too far, or as another.
  void publish() {
    const int producer = *rc::gen::inRange(0, kProducers);
    Stored& stored = model_[producer];
    const std::int64_t next = stored.last ? *stored.last + 1 : 0;
    const std::int32_t epoch =
        std::max(0, stored.epoch + *rc::gen::element(0, 0, 0, 0, 0, 0, 1, -1));
    std::int64_t first = next + *rc::gen::element<std::int64_t>(0, 0, 0, 0, -1, -2, -4, -9, 1, 3);
    if (epoch > stored.epoch) first = *rc::gen::element<std::int64_t>(0, 0, 0, 1);
    first = std::max<std::int64_t>(first, 0);
    const auto count = *rc::gen::inRange<std::int64_t>(1, 5);
    const std::optional<Errc> expected = verdict(stored, epoch, first);
    if (!stored.last && expected) model_.erase(producer);

    std::deque<std::string> values;
    Publish publish{"t", {}, std::nullopt};
    for (std::int64_t seq = first; seq < first + count; ++seq) {
      values.push_back(std::to_string(producer) + "/" + std::to_string(epoch) + "/" +
                       std::to_string(seq));
      PublishRecord record{
          {values.back(), values.back(), {}, WallTime{0}},
          std::nullopt
      };
      values.push_back(name(producer));
      record.producer = ProducedBy{values.back(), epoch, seq};
      publish.records.push_back(std::move(record));
    }
    std::optional<Published> written;
    std::optional<Errc> refused;
    topics_->publish(
        std::move(publish),
        [&refused](const Result<Published>& answer) {
          if (!answer) refused = answer.error().code;
        },
        [&written](const Published& published) { written = published; });
    RC_ASSERT(refused == expected);
    RC_ASSERT(written.has_value() == !expected);
    if (written) learn(model_[producer], epoch, first, *written);
  }

  // As the contract says it, from what is stored alone.
  static std::optional<Errc> verdict(const Stored& stored, std::int32_t epoch, std::int64_t first) {
    if (!stored.last) return std::nullopt;
    if (epoch < stored.epoch) return Errc::producer_fenced;
    if (epoch > stored.epoch)
      return first == 0 ? std::nullopt : std::optional(Errc::out_of_order_sequence);
    if (first > *stored.last + 1) return Errc::out_of_order_sequence;
    if (first == *stored.last + 1) return std::nullopt;
    // A duplicate is known while it is in one of the last five requests.
    const std::size_t n = stored.requests.size();
    const std::int64_t oldest = stored.requests[n > 5 ? n - 5 : 0];
    return first >= oldest ? std::nullopt : std::optional(Errc::out_of_order_sequence);
  }

  static void learn(Stored& stored, std::int32_t epoch, std::int64_t first,
                    const Published& written) {
    if (epoch != stored.epoch || !stored.last) stored = Stored{epoch, {}, {}, {}};
    std::int64_t seq = first;
    bool stores = false;
    for (const PublishedRecord& record : written.records) {
      const PartitionPosition place{record.partition, record.offset};
      const auto known = stored.at.find(seq);
      RC_ASSERT(record.duplicate == (known != stored.at.end()));
      if (record.duplicate) {
        RC_ASSERT(known->second == place);
      } else {
        for (const auto& [other, taken] : stored.at) RC_ASSERT(taken != place);
        if (!std::exchange(stores, true)) stored.requests.push_back(seq);
        stored.at.emplace(seq, place);
        stored.last = seq;
      }
      ++seq;
    }
  }

  tests::FakeDisk disk_;
  engine::ManualClock clock_;
  std::unique_ptr<tests::FakeCore> core_;
  std::unique_ptr<Topics> topics_;
  Model model_;    // with what waits for its commit
  Model durable_;  // what a crash leaves
};

RC_GTEST_PROP(Producers, StoreEachNumberOnceAndAnswerItsPlaceForEver, ()) {
  Story story;
  const int steps = *rc::gen::inRange(1, 120);
  for (int i = 0; i < steps; ++i) story.step();
  story.finish();
}

}  // namespace
}  // namespace twofold::log
