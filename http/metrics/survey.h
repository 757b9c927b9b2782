#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/timers.h"
#include "http/broker.h"

namespace twofold::http::metrics {

/// Bounds of what queues time, in milliseconds and as they are written in seconds: where the classes
/// of queue::Spread begin, so that each count is exact.
inline constexpr std::array<std::int64_t, 19> kQueueBoundsMs = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024, 2'048, 4'096, 8'192, 16'384, 65'536, 262'144,
    1'048'576, 4'194'304};
inline constexpr std::array<std::string_view, kQueueBoundsMs.size()> kQueueBounds = {
    "0.001", "0.002", "0.004", "0.008", "0.016",  "0.032",  "0.064",   "0.128",    "0.256",   "0.512",
    "1.024", "2.048", "4.096", "8.192", "16.384", "65.536", "262.144", "1048.576", "4194.304"};

/// How long something took: counts of the classes between the bounds.
struct Times {
  std::array<std::uint64_t, kQueueBoundsMs.size() + 1> counts{};
  double sum_seconds = 0;

  void add(const queue::Spread& spread);
};

/// What happened in a queue that something happened in.
struct Done {
  std::uint64_t received = 0, redelivered = 0, acked = 0, nacked = 0;
  std::uint64_t timed_out = 0, died = 0, expired = 0, empty = 0;
  Times waited, worked;
};
struct QueueRow {
  std::string name;
  queue::QueueCounters counters{};
  std::uint64_t sent = 0;
  std::optional<std::int64_t> behind{};  ///< of an attached one
  double oldest_age_seconds = 0;
  std::uint64_t waiting = 0;
  std::unique_ptr<Done> done{};

  /// Of several: how many there are in all, and the oldest. Not what was counted: others.h.
  void add(const QueueRow& other);
};

struct PartitionRow {
  std::uint64_t start;
  std::uint64_t end;
};
struct TopicRow {
  std::string name;
  std::uint64_t id = 0;  ///< of no other topic
  std::vector<PartitionRow> partitions{};
  std::uint64_t bytes = 0;
  std::uint64_t segments = 0;
  double oldest_seconds = 0;  ///< Unix time; 0: empty
  log::TopicCounters counters{};
};

/// Where a group stands in a topic, or in one of its partitions.
struct Standing {
  std::string group;
  std::string topic;
  std::optional<std::int32_t> partition{};
  std::optional<std::uint64_t> committed{};
  std::uint64_t lag = 0;
  double lag_seconds = 0;
};
struct GroupRow {
  std::string name;
  std::uint64_t members = 0;
  std::uint64_t rebalances = 0;
};

/// Everything that has a name, at about one moment, in the order of the names.
struct Survey {
  std::uint64_t number = 0;  ///< greater than that of every one before
  std::vector<QueueRow> queues;
  std::vector<TopicRow> topics;
  std::vector<GroupRow> groups;
  std::vector<Standing> standings;
};

class Others;

/// Goes through all queues, topics and groups in short turns of the core, between which everything
/// else goes on.
///
/// Contract  Whoever asks while a survey is under way gets that one. A long one is good for a
///           second, one of few milliseconds is made anew each time. Where somebody asks each second
///           for long ones, the next is made ahead, spread over that second: it says how each was at
///           some time in it.
/// Memory    about 250 bytes for each queue, 500 more once something happened there, 160 for each
///           topic, 16 for each partition, 150 for each topic that a group reads, as long as
///           somebody uses the survey, and one survey at most beyond that; others.h keeps some.
/// Threads   the core; a survey may be read on any.
class Surveyor : public engine::TimerTarget, public std::enable_shared_from_this<Surveyor> {
 public:
  using Made = std::shared_ptr<const Survey>;

  Surveyor(engine::Core& core, log::Topics& topics, log::Groups& groups, queue::Queues& queues);
  ~Surveyor() override;

  void ask(MetricsDetail detail, engine::Completion<Made> done);
  /// What is kept from page to page. Any thread.
  Others& others() { return *others_; }

 private:
  enum class At { queues, topics, groups, end };
  using Committed = std::span<const log::CommittedOffset>;  // of one topic
  struct GroupTopic {
    std::string name;
    Committed offsets;
  };

  void on_timer(std::uint32_t owner, std::uint64_t number, engine::Instant now) override;

  void begin();
  void go_ahead();
  void go_on();
  void turn();
  void end();
  void step_queues();
  void step_topics();
  void step_groups();
  void begin(const log::GroupInfo& group);
  void add(const log::GroupInfo& group, const std::string& topic, Committed offsets);
  void next(At at);

  engine::Core& core_;
  log::Topics& topics_;
  log::Groups& groups_;
  queue::Queues& queues_;

  MetricsDetail detail_ = MetricsDetail::topic;
  std::shared_ptr<Survey> making_;
  At at_ = At::queues;
  std::string after_;
  std::vector<log::GroupInfo> groups_found_;  // the last of them is gone through
  std::vector<GroupTopic> group_topics_;      // of that one; the last of them comes next
  int turns_ = 0;
  int turns_before_ = 0;
  bool ahead_ = false;  // nobody waits for it yet
  bool often_ = false;  // somebody asks each second
  engine::Instant asked_at_{0};
  std::size_t queues_before_ = 0;
  std::uint64_t number_ = 0;
  std::vector<engine::Completion<Made>> waiting_;
  Made last_;
  engine::Instant last_at_{0};
  const std::unique_ptr<Others> others_;
};

}  // namespace twofold::http::metrics
