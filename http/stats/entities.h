#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "queue/traffic.h"

namespace twofold::http::stats {

/// The series of a queue. Rates are messages a second, depths how many there were at the end of the
/// step, times milliseconds; NaN: nothing came to be timed.
inline constexpr std::array<std::string_view, 13> kQueueSeries = {
    "in",      "out",  "acked",    "redelivered", "ready",          "in_flight",     "delayed",
    "blocked", "dead", "wait_p50", "wait_p99",    "processing_p50", "processing_p99"};
/// Those of a topic: records a second, in and out to whoever reads.
inline constexpr std::array<std::string_view, 2> kTopicSeries = {"in", "out"};

/// Steps of some series, the newest last, in one piece of memory that grows to its end.
class Steps {
 public:
  Steps(std::size_t series, std::size_t most) : series_(series), most_(most) {}
  void push(const float* values);
  std::size_t size() const { return values_.size() / series_; }
  /// Of the newest `count`, oldest first.
  float at(std::size_t series, std::size_t step, std::size_t count) const;

 private:
  const std::size_t series_;
  const std::size_t most_;
  std::vector<float> values_;
  std::size_t next_ = 0;  // the oldest, once it is full
};

/// A stretch of time of one queue or topic.
struct EntityChart {
  engine::Duration step{0};
  engine::WallTime end{0};                 ///< of the last step
  std::vector<std::vector<float>> series;  ///< in the order of its names
};

/// What a list shows: averages over the last ten seconds.
struct EntityRates {
  std::string name;
  float in = 0;
  float out = 0;
  float acked = 0;
  float redelivered = 0;
};

/// The recent past of those topics and queues in which anything happens: ten minutes by the second,
/// a day by the minute.
///
/// Contract  begin(), then see() of each queue and then of each topic, then end(), about once a
///           second. What comes late stands for all the time since, up to a day: what there was is
///           spread evenly over it. Who is new has a past from then on. Beyond kEntitiesMax the one that nothing
///           has happened in for longest makes room, if that is a minute; else who is new waits.
///           Tracked ones that were not seen between begin() and end() are forgotten.
/// Memory    106 KiB for each queue, 16 KiB for each topic, taken as time passes: 21 MiB at most.
/// Threads   any; one at a time between begin() and end().
class Entities {
 public:
  static constexpr std::size_t kEntitiesMax = 200;

  void begin(engine::Instant now, engine::WallTime wall);
  void see(const queue::QueueSample& queue);
  /// `given` is how many records readers were given since the last time.
  void see(std::uint32_t id, std::string_view topic, std::uint64_t appended, std::uint64_t given);
  void end();

  /// Ids of those that it knows.
  std::vector<std::uint32_t> queues() const;
  std::vector<std::uint32_t> topics() const;

  /// By the second for up to ten minutes, else by the minute. Without steps when it is not known.
  EntityChart queue_chart(std::string_view name, engine::Duration window) const;
  EntityChart topic_chart(std::string_view name, engine::Duration window) const;
  std::vector<EntityRates> queue_rates() const;
  std::vector<EntityRates> topic_rates() const;

 private:
  static constexpr std::size_t kSecondsMax = 600;
  static constexpr std::size_t kMinutesMax = 1440;
  static constexpr std::size_t kRates = 4;  // of the series, at most; the first ones

  struct Past {
    Past(std::uint32_t of, std::size_t series)
        : id(of), seconds(series, kSecondsMax), minutes(series, kMinutesMax) {}
    std::uint32_t id;
    Steps seconds;
    Steps minutes;
    std::array<std::uint64_t, kRates> totals{};        // at the end of the last step
    std::array<std::uint64_t, kRates> minute_began{};  // of the minute under way
    queue::Spread waited, worked, minute_waited, minute_worked;
    int seconds_in_minute = 0;
    engine::Instant active{0};
    bool seen = false;
  };
  using ByName = std::map<std::string, Past, std::less<>>;

  Past* find(ByName& all, std::string_view name, std::uint32_t id, std::size_t series,
             bool& is_new);
  bool make_room();
  /// What has grown by so much in this step. The step goes into the seconds.
  using Grown = std::array<std::uint64_t, kRates>;
  Grown push(Past& past, const std::array<std::uint64_t, kRates>& totals, std::size_t rates,
             float* values);
  void push_minutes(Past& past, const Grown& grown, std::size_t rates, float* values);
  EntityChart chart(const ByName& all, std::string_view name, std::size_t series,
                    engine::Duration window) const;
  static std::vector<EntityRates> rates(const ByName& all, std::size_t series);
  static std::vector<std::uint32_t> ids(const ByName& all);

  mutable std::mutex mutex_;
  std::optional<engine::Instant> at_;
  engine::Instant now_{0};
  engine::WallTime wall_{0};
  engine::WallTime minute_end_{0};
  int seconds_ = 0;       // that this step stands for
  int minute_left_ = 60;  // of the minute under way, which is the same for all
  int minutes_over_ = 0;  // in this step
  int first_part_ = 0;    // of the step: its seconds in the first of them
  int last_part_ = 0;     // ... and in the minute that goes on
  ByName queues_;
  ByName topics_;
  std::map<std::string, std::uint64_t, std::less<>> given_by_queues_;  // by topic, in this step
};

}  // namespace twofold::http::stats
