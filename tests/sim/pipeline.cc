#include "tests/sim/pipeline.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/record_batch.h"
#include "http/rest/commit_in.h"

namespace twofold::test {

using engine::Completion;
using engine::Decided;
using engine::Errc;
using engine::Offset;
using engine::PartitionId;
using engine::Result;
using namespace std::chrono_literals;

namespace {

constexpr int kStepsMax = 200'000;  // for one answer
constexpr int kRoundsMax = 40 * Pipeline::kOrders;
constexpr int kIdleRoundsMax = 5;  // one is enough for what is in flight to come back
enum Topic : std::size_t { orders, ledger, copies };
constexpr std::array<const char*, 3> kTopics = {"orders", "ledger", "copies"};

// Answers of a broker that cannot write: the client learns nothing and asks again later.
bool says_nothing(Errc code) {
  return code == Errc::storage_failed || code == Errc::storage_full ||
         code == Errc::idempotency_in_progress || code == Errc::io;
}

}  // namespace

Pipeline::Pipeline(std::uint64_t seed, Worker worker)
    : random_(seed), disk_(random_), worker_(worker) {}
Pipeline::~Pipeline() = default;

bool Pipeline::start() {
  rig_ = std::make_unique<BrokerRig>(disk_, clock_, random_);
  const auto report = rig_->start();
  if (!report) return die(), false;
  EXPECT_TRUE(report->damaged.empty()) << "a torn write was taken for damage";
  broker_ = std::unique_ptr<http::Broker>(
      new http::Broker{rig_->core(), rig_->topics(), rig_->groups(), rig_->queues(), pool_, clock_,
                       random_, rig_->requests(), shared_});
  return true;
}

bool Pipeline::run() {
  if (!set_up() || !feed()) return false;
  int idle_rounds = 0;
  for (int round = 0; round < kRoundsMax && idle_rounds < kIdleRoundsMax; ++round) {
    const std::uint64_t written = written_;
    if (!work() || !copy()) return false;
    if (!open_ && unacked() == 0 && copied() >= kOrders) return true;
    idle_rounds = written_ == written ? idle_rounds + 1 : 0;
    if (idle_rounds == 0) continue;
    clock_.advance(31s);  // what a life before this one received comes back
    if (!idle()) return false;
  }
  return false;
}

void Pipeline::end_by_power_cut() {
  die();
  disk_.crash(random_);
  disk_.heal();
  steps_left_.reset();
}

void Pipeline::end_by_kill() {
  die();
  disk_.kill();
  disk_.heal();
  steps_left_.reset();
}

bool Pipeline::end_in_order() {
  disk_.heal();
  steps_left_.reset();
  broker_.reset();
  const bool stopped = rig_->stop();
  end_by_kill();
  return stopped;
}

std::string Pipeline::torn() {
  std::array<std::size_t, 3> counts{};
  for (std::size_t i = 0; i < kTopics.size(); ++i) {
    const auto found = records(kTopics[i], Offset{0});
    if (!found) return fmt::format("{} cannot be read", kTopics[i]);
    counts[i] = found->size();
    if (counts[i] < promised_[i])
      return fmt::format("{} of {} records of {} are gone", promised_[i] - counts[i], promised_[i],
                         kTopics[i]);
  }
  if (rig_->queues().view("work") && counts[orders] - counts[ledger] != unacked())
    return fmt::format("{} orders, {} of them not acked, and {} lines in the ledger",
                       counts[orders], unacked(), counts[ledger]);
  if (static_cast<std::int64_t>(counts[copies]) != copied())
    return fmt::format("{} copies, and the group stands at {}", counts[copies], copied());
  return {};
}

std::string Pipeline::not_once() {
  std::string wrong;
  for (const char* topic : kTopics) {
    std::map<std::string, int> counts;
    for (int order = 0; order < kOrders; ++order) counts[std::to_string(order)] = 0;
    const auto found = records(topic, Offset{0});
    if (!found) return std::string(topic) + " cannot be read";
    for (const auto& number : *found) ++counts[number];
    for (const auto& [number, count] : counts)
      if (count != 1)
        wrong +=
            std::string(topic) + " has order " + number + " " + std::to_string(count) + " times. ";
  }
  return wrong;
}

// -- asking the broker ---------------------------------------------------------------------------

void Pipeline::die() {
  broker_.reset();
  rig_.reset();
}

bool Pipeline::idle() {
  for (int step = 0; step < kStepsMax; ++step) {
    if (steps_left_ && (*steps_left_)-- == 0) return steps_left_ = 0, false;
    if (!rig_->step()) return true;
  }
  ADD_FAILURE() << "the broker is still busy after " << kStepsMax << " steps";
  return false;
}

template <class T, class Start>
std::optional<Result<T>> Pipeline::ask(Start start) {
  std::optional<Result<T>> answer;
  rig_->on_core([&start, &answer] {
    start(Completion<T>([&answer](Result<T> result) { answer = std::move(result); }));
  });
  // Whoever does not answer must not do so later: the completion points here.
  if (!idle() || !answer) return die(), std::nullopt;
  if (!*answer && says_nothing(answer->error().code)) return std::nullopt;
  return answer;
}

std::optional<Result<http::Committed>> Pipeline::commit(const std::string& body,
                                                        const engine::RequestKey* key) {
  scratch_.clear();
  auto request = http::read_commit_json(body, scratch_, clock_.wall());
  if (!request) return Result<http::Committed>(engine::Error(Errc::invalid_request, body));
  auto start = [&](Completion<http::Committed> done, Decided<http::Committed> decided) {
    auto ended = [done = std::move(done)](http::TransactionOutcome outcome) mutable {
      if (auto* const refused = std::get_if<http::Refused>(&outcome)) return done(refused->error);
      done(std::get<http::Committed>(std::move(outcome)));
    };
    http::commit(*broker_, std::move(request->transaction), std::move(ended), std::move(decided));
  };
  bool replayed = false;
  auto committed = ask<http::Committed>([&](Completion<http::Committed> done) {
    if (!key) return start(std::move(done), {});
    http::detail::carry_out_once<http::Committed>(*broker_, *key, http::Kept::durably, replayed,
                                                  start, std::move(done));
  });
  if (committed && *committed) {
    ++written_;
    replayed_ += replayed ? 1 : 0;
  }
  return committed;
}

// The numbers of the records from an offset on; nullopt when the disk does not give them.
std::optional<std::vector<std::string>> Pipeline::records(const std::string& topic, Offset from) {
  std::vector<std::string> numbers;
  const auto found = rig_->topics().find(topic);
  if (!found) return numbers;
  const engine::LogId log = found->logs.front();
  const Offset end = rig_->core().status(log).visible_end;
  while (from < end) {
    const auto batches = rig_->core().plan_read(log, from, 1 << 20).fetch();
    if (!batches) return std::nullopt;
    const Offset before = from;
    for (const auto& batch : *batches) {
      engine::BatchCursor cursor(batch.bytes, batch.base_seq);
      for (auto record = cursor.next(); record && *record; record = cursor.next()) {
        if ((*record)->offset != from) continue;
        const std::string_view value = *(*record)->value;
        numbers.emplace_back(value.substr(0, value.find(':')));
        from = engine::advance(from, 1);
      }
    }
    if (from == before) return std::nullopt;
  }
  return numbers;
}

std::int64_t Pipeline::copied() {
  const auto at = rig_->groups().committed("copiers", "ledger", PartitionId{0});
  return at ? at->value() : 0;
}

std::uint64_t Pipeline::unacked() {
  const auto view = rig_->queues().view("work");
  if (!view) return 0;
  const auto& counts = view->counters;
  return counts.ready + counts.in_flight + counts.delayed + counts.blocked + counts.dead;
}

// -- its clients: false when the broker does not answer -------------------------------------------

bool Pipeline::set_up() {
  for (const char* topic : kTopics) {
    const auto made = ask<log::TopicInfo>([&](Completion<log::TopicInfo> done) {
      rig_->topics().create(topic, {}, false, std::move(done));
    });
    if (!made) return false;
    EXPECT_TRUE(made->has_value()) << made->error().detail;
  }
  const auto made = ask<queue::QueueInfo>([&](Completion<queue::QueueInfo> done) {
    queue::QueueSource source{"orders", rig_->topics().find("orders")->logs, {Offset{0}}};
    rig_->queues().create("work", {}, source, false, std::move(done));
  });
  if (!made) return false;
  EXPECT_TRUE(made->has_value()) << made->error().detail;
  return true;
}

// Goes on behind what is durable: whether the last answer came or not.
bool Pipeline::feed() {
  std::int64_t next = 0;
  for (const auto& view : rig_->topics().producer("feeder")) next = view.last_seq + 1;
  for (; next < kOrders; ++next) {
    value_ = std::to_string(next) + ":" + std::string(900, 'x');
    log::PublishRecord record{
        {std::nullopt, value_, {}, clock_.wall()},
        std::nullopt
    };
    record.producer = log::ProducedBy{"feeder", 0, next};
    const auto published = ask<log::Published>([&](Completion<log::Published> done) {
      log::Publish publish{"orders", {}, std::nullopt};
      publish.records.push_back(record);
      rig_->topics().publish(std::move(publish), std::move(done));
    });
    if (!published) return false;
    EXPECT_TRUE(published->has_value()) << published->error().detail;
    promised_[orders] = static_cast<std::size_t>(next + 1);
  }
  return true;
}

bool Pipeline::work() {
  if (open_) return settle();
  const auto received = ask<queue::Received>([&](Completion<queue::Received> done) {
    rig_->queues().receive({"work", 2}, engine::Instant{0}, std::move(done));
  });
  if (!received) return false;
  EXPECT_TRUE(received->has_value()) << received->error().detail;
  if (!*received || (**received).messages.empty()) return true;
  return take(**received) && settle();
}

// False when the disk does not give them: they come back when their time is over.
bool Pipeline::take(const queue::Received& received) {
  std::string lines;
  std::string receipts;
  for (const auto& message : received.messages) {
    const auto found = records("orders", message.offset);
    if (!found || found->empty()) return false;
    lines += fmt::format(R"({}{{"value":{}}})", lines.empty() ? "" : ",", found->front());
    receipts += fmt::format(R"({}"{}")", receipts.empty() ? "" : ",", message.receipt);
  }
  const std::string publish = R"("publish":[{"topic":"ledger","records":[)" + lines + "]}]";
  const std::string ack = R"("ack":[{"queue":"work","receipts":[)" + receipts + "]}]";
  open_.emplace();
  open_->lines = received.messages.size();
  open_->body = "{" + publish + (worker_ == Worker::apart ? "" : "," + ack) + "}";
  if (worker_ == Worker::apart) open_->acks_after = "{" + ack + "}";
  ++keys_;
  open_->key.key = {static_cast<char>(keys_ & 255), static_cast<char>(keys_ >> 8)};
  open_->key.fingerprint = open_->key.key;
  return true;
}

bool Pipeline::settle() {
  const auto committed = commit(open_->body, worker_ == Worker::apart ? nullptr : &open_->key);
  if (!committed) return false;
  if (*committed && !open_->acks_after.empty()) {
    open_->body = std::exchange(open_->acks_after, {});
    return settle();
  }
  if (!*committed) {
    // Somebody else's by now: so is the line.
    EXPECT_EQ(committed->error().code, Errc::stale_receipt) << committed->error().detail;
  } else if (worker_ == Worker::together) {
    EXPECT_EQ((**committed).published.at(0).records.size(), open_->lines);
    for (const auto& place : (**committed).published.at(0).records)
      EXPECT_GT(place.seq.value(), 0u) << "its place in the total order is part of the answer";
    promised_[ledger] += open_->lines;
  }
  open_.reset();
  return true;
}

bool Pipeline::copy() {
  const auto at = copied();
  if (at >= kOrders) return true;
  const auto lines = records("ledger", Offset{at});
  if (!lines) return false;
  if (lines->empty()) return true;
  const auto made =
      commit(fmt::format(R"({{"publish":[{{"topic":"copies","records":[{{"value":{}}}]}}],)"
                         R"("offsets":[{{"group":"copiers","offsets":{{"ledger":{{"0":{}}}}}}}]}})",
                         lines->front(), at + 1),
             nullptr);
  if (!made) return false;
  EXPECT_TRUE(made->has_value()) << made->error().detail;
  promised_[copies] = static_cast<std::size_t>(at + 1);
  return made->has_value();
}

}  // namespace twofold::test
