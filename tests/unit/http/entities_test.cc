#include "http/stats/entities.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

namespace twofold::http::stats {
namespace {

using engine::Instant;
using engine::WallTime;
using namespace std::chrono_literals;
using List = std::vector<float>;

class StatsEntities : public testing::Test {
 protected:
  struct Queue {
    std::uint32_t id;
    std::uint64_t appended = 0;
    queue::Traffic traffic{};
    queue::QueueCounters counters{};
    std::string topic{};
  };

  /// A second later, with everything that is there seen.
  void tick(std::int64_t ms = 1'000) {
    now_ += ms;
    entities_.begin(Instant{now_}, WallTime{now_});
    for (const auto& [name, queue] : queues_)
      entities_.see({name, queue.id, queue.topic, queue.appended, queue.traffic, queue.counters});
    for (auto& [name, topic] : topics_)
      entities_.see(topic.id, name, topic.appended, std::exchange(topic.given, 0));
    entities_.end();
  }
  List series(const std::string& queue, std::string_view name, engine::Duration window = 10min) {
    const auto at =
        std::find(kQueueSeries.begin(), kQueueSeries.end(), name) - kQueueSeries.begin();
    return entities_.queue_chart(queue, window).series[static_cast<std::size_t>(at)];
  }
  List topic_series(const std::string& topic, std::size_t at) {
    return entities_.topic_chart(topic, 10min).series[at];
  }

  struct Topic {
    std::uint32_t id;
    std::uint64_t appended = 0;
    std::uint64_t given = 0;
  };
  Entities entities_;
  std::int64_t now_ = 1'000'000;
  std::map<std::string, Queue> queues_;
  std::map<std::string, Topic> topics_;
};

TEST_F(StatsEntities, RatesAreOfTheSecondAndDepthsOfItsEnd) {
  Queue& jobs = queues_.emplace("jobs", Queue{1}).first->second;
  jobs.appended = 500;
  tick();
  EXPECT_EQ(series("jobs", "in"), List{}) << "what was before is nobody's second";
  jobs.appended += 7;
  jobs.traffic.delivered += 4;
  jobs.traffic.acked += 3;
  jobs.counters.ready = 3;
  jobs.counters.in_flight = 1;
  tick();
  tick();
  EXPECT_EQ(series("jobs", "in"), (List{7, 0}));
  EXPECT_EQ(series("jobs", "out"), (List{4, 0}));
  EXPECT_EQ(series("jobs", "acked"), (List{3, 0}));
  EXPECT_EQ(series("jobs", "ready"), (List{3, 3}));
  EXPECT_EQ(series("jobs", "in_flight"), (List{1, 1}));
  EXPECT_EQ(entities_.queue_rates().at(0).in, 3.5F);
}

TEST_F(StatsEntities, TimesAreThoseOfTheSecondAndOfTheMinuteByTheMinute) {
  Queue& jobs = queues_.emplace("jobs", Queue{1}).first->second;
  tick();
  jobs.traffic.waited.add(100ms, 10);
  tick();
  jobs.traffic.waited.add(1s, 90);
  tick();
  tick();
  const List p50 = series("jobs", "wait_p50");
  ASSERT_EQ(p50.size(), 3u);
  EXPECT_NEAR(p50[0], 100, 35);
  EXPECT_NEAR(p50[1], 1'000, 300);
  EXPECT_TRUE(std::isnan(p50[2])) << "nothing was delivered";
  for (int second = 0; second < 60; ++second) tick();
  const List minute = series("jobs", "wait_p50", 24h);
  ASSERT_EQ(minute.size(), 1u);
  EXPECT_NEAR(minute[0], 1'000, 300) << "nine of ten of that minute";
}

TEST_F(StatsEntities, KeepsTenMinutesBySecondsAndADayByMinutes) {
  Queue& jobs = queues_.emplace("jobs", Queue{1}).first->second;
  for (int second = 0; second < 26 * 3600; ++second) {
    tick();
    jobs.appended += 2;
  }
  EXPECT_EQ(series("jobs", "in"), List(600, 2));
  EXPECT_EQ(series("jobs", "in", 24h), List(1440, 2)) << "a second, too, by the minute";
  EXPECT_EQ(entities_.queue_chart("jobs", 24h).step, 1min);
}

TEST_F(StatsEntities, ATopicCountsReadersAndTheQueuesThatReadIt) {
  Topic& orders = topics_.emplace("orders", Topic{9}).first->second;
  Queue& billing = queues_.emplace("billing", Queue{1}).first->second;
  billing.topic = "orders";
  tick();
  orders.appended += 5;
  orders.given = 20;
  billing.traffic.delivered += 3;
  tick();
  EXPECT_EQ(topic_series("orders", 0), List{5});
  EXPECT_EQ(topic_series("orders", 1), List{23});
}

TEST_F(StatsEntities, AnotherOneOfTheSameNameHasNoPast) {
  queues_.emplace("jobs", Queue{1});
  tick();
  tick();
  EXPECT_EQ(series("jobs", "in").size(), 1u);
  queues_.at("jobs").id = 2;
  tick();
  EXPECT_EQ(series("jobs", "in").size(), 0u);
  queues_.clear();
  tick();
  EXPECT_TRUE(entities_.queues().empty()) << "it is gone";
}

TEST_F(StatsEntities, ThereIsRoomForSoManyAndWhoWasQuietForAMinuteMakesIt) {
  for (std::uint32_t id = 0; id < Entities::kEntitiesMax; ++id)
    queues_.emplace("q" + std::to_string(id), Queue{id});
  tick();
  tick();
  queues_.emplace("zz-new", Queue{9'999});
  tick();
  EXPECT_EQ(entities_.queues().size(), Entities::kEntitiesMax);
  EXPECT_EQ(series("zz-new", "in").size(), 0u);
  for (int second = 0; second < 62; ++second) {
    for (auto& [name, queue] : queues_)
      if (name != "q7") queue.appended += 1;
    tick();
  }
  EXPECT_EQ(entities_.queues().size(), Entities::kEntitiesMax);
  EXPECT_EQ(series("q7", "in").size(), 0u);
  EXPECT_FALSE(series("zz-new", "in").empty());
}

TEST_F(StatsEntities, ALateTickStandsForAllTheSecondsSince) {
  Queue& jobs = queues_.emplace("jobs", Queue{1}).first->second;
  tick();
  jobs.appended += 9;
  tick(3'000);
  EXPECT_EQ(series("jobs", "in"), (List{3, 3, 3}));
}

// Ten minutes of sleep were one minute of the day.
TEST_F(StatsEntities, APauseTakesItsTimeInTheDayToo) {
  Queue& jobs = queues_.emplace("jobs", Queue{1}).first->second;
  tick();
  jobs.appended += 1'200;
  jobs.counters.ready = 5;
  tick(600'000);
  EXPECT_EQ(series("jobs", "in", 24h), List(10, 2));
  EXPECT_EQ(series("jobs", "ready", 24h), List(10, 5));
  EXPECT_EQ(entities_.queue_chart("jobs", 24h).end, WallTime{now_ - 1'000}) << "a second goes on";
  jobs.appended += 14'400;
  tick(7'200'000);
  EXPECT_EQ(series("jobs", "in", 24h), List(130, 2)) << "two hours";
  EXPECT_EQ(series("jobs", "in"), List(600, 2));
  for (int second = 0; second < 59; ++second) {
    jobs.appended += 3;
    tick();
  }
  const List day = series("jobs", "in", 24h);
  ASSERT_EQ(day.size(), 131u);
  EXPECT_FLOAT_EQ(day.back(), (2 + 59 * 3) / 60.0F) << "the second before counts with these";
}

TEST_F(StatsEntities, TicksThatAreLateAgainAndAgainLoseNoTime) {
  queues_.emplace("jobs", Queue{1});
  tick();
  for (int i = 0; i < 100; ++i) tick(1'400);
  EXPECT_EQ(series("jobs", "in").size(), 140u);
}

}  // namespace
}  // namespace twofold::http::stats
