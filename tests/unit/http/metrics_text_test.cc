#include "http/metrics/text.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/metrics/merge.h"
#include "http/metrics/named.h"
#include "tests/unit/http/call_rig.h"

namespace twofold::http::metrics {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsText, AFamilySaysWhatItIsBeforeItsSamples) {
  Text out;
  ASSERT_TRUE(out.begin("twofold_queue_sent_total"));
  out.value(Labels("queue", "kitchen"), std::uint64_t{18'446'744'073'709'551'615u});
  EXPECT_EQ(out.take(),
            "# HELP twofold_queue_sent_total Messages sent to the queue, or to its topic since it "
            "reads there\n"
            "# TYPE twofold_queue_sent_total counter\n"
            "twofold_queue_sent_total{queue=\"kitchen\"} 18446744073709551615\n");
}

TEST(MetricsText, ValuesOfLabelsAreEscaped) {
  EXPECT_EQ(Labels("a", "x\"y\\z\nw").add("b", "").text(), R"(a="x\"y\\z\nw",b="")");
}

TEST(MetricsText, BucketsAreCumulativeAndEndWithAll) {
  Text out;
  ASSERT_TRUE(out.begin("twofold_queue_wait_seconds"));
  constexpr std::string_view kBounds[] = {"0.5", "1"};
  const std::uint64_t counts[] = {2, 0, 3};
  out.distribution(Labels("queue", "q"), {kBounds, counts, 7.25});
  const std::string text = out.take();
  EXPECT_THAT(text, HasSubstr("twofold_queue_wait_seconds_bucket{queue=\"q\",le=\"0.5\"} 2\n"
                              "twofold_queue_wait_seconds_bucket{queue=\"q\",le=\"1\"} 2\n"
                              "twofold_queue_wait_seconds_bucket{queue=\"q\",le=\"+Inf\"} 5\n"
                              "twofold_queue_wait_seconds_sum{queue=\"q\"} 7.25\n"
                              "twofold_queue_wait_seconds_count{queue=\"q\"} 5\n"));
}

TEST(MetricsText, DurationsOfSeveralThreadsAreAddedUp) {
  engine::DurationHistogram one;
  engine::DurationHistogram two;
  one.add(std::chrono::microseconds{50});
  two.add(std::chrono::microseconds{51});
  two.add(std::chrono::seconds{11});
  const engine::DurationHistogram* const both[] = {&one, &two};
  Text out;
  ASSERT_TRUE(out.begin("twofold_fsync_duration_seconds"));
  out.durations(Labels(), both);
  const std::string text = out.take();
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"0.00005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"10\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("twofold_fsync_duration_seconds_sum 11.000101\n"));
}

TEST(MetricsText, OnlyWhatWasAskedForIsWritten) {
  Text out({"queue_sent", "process_"});
  EXPECT_TRUE(out.begin("twofold_queue_sent_total"));
  EXPECT_TRUE(out.begin("process_open_fds"));
  EXPECT_FALSE(out.begin("twofold_queue_messages"));
  EXPECT_THAT(out.take(), Not(HasSubstr("queue_messages")));
}

TEST(MetricsFamilies, EachIsThereOnceAndNamedForItsKind) {
  std::set<std::string_view> names;
  for (const Family& family : families()) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_EQ(family.kind == Kind::counter, family.name.ends_with("_total")) << family.name;
    EXPECT_FALSE(family.help.empty() || family.help.ends_with(".")) << family.name;
  }
}

TEST(MetricsTimes, CountsAreThoseOfTheSpread) {
  queue::Spread spread;
  spread.add(engine::Duration{0});
  spread.add(engine::Duration{1});
  spread.add(engine::Duration{3}, 2);
  spread.add(std::chrono::hours{24});
  Times times;
  times.add(spread);
  EXPECT_EQ(times.counts[0], 1u);  // less than a millisecond
  EXPECT_EQ(times.counts[1], 1u);
  EXPECT_EQ(times.counts[2], 2u);
  EXPECT_EQ(times.counts.back(), 1u);
  EXPECT_DOUBLE_EQ(times.sum_seconds, 86'400.007);
}

Survey survey_of(std::size_t queues, std::size_t topics) {
  Survey survey;
  for (std::size_t i = 0; i < queues; ++i) {
    QueueRow row;
    row.name = "q" + std::to_string(i);
    row.sent = 10;
    row.counters.ready = 1;
    row.oldest_age_seconds = static_cast<double>(i);
    survey.queues.push_back(std::move(row));
  }
  for (std::size_t i = 0; i < topics; ++i) {
    TopicRow row{"t" + std::to_string(i), static_cast<std::uint32_t>(i)};
    row.partitions = {{1, 5}, {0, 2}};
    row.counters.appended = {{{7, 70}, {2, 20}}};
    row.counters.trimmed = {1, 2, 3};
    row.bytes = 100;
    survey.topics.push_back(std::move(row));
  }
  survey.standings.push_back({"g", "t0", std::nullopt, 3, 4, 0.5});
  survey.standings.push_back({"g", "t1", std::nullopt, std::nullopt, 7, 0});
  return survey;
}

std::string written(Survey survey, const Selection& selection) {
  Text out;
  Others others;
  Counted counted;
  counted.read[0][0] = {40, 4'000};
  counted.read[2][0] = {1, 100};
  counted.read[2][1] = {1, 50};
  append_named(out, std::make_shared<Survey>(std::move(survey)), selection, counted, others);
  return out.take();
}

/// Pages of one broker, each after the other.
class Pages {
 public:
  explicit Pages(std::size_t entities_max) { selection.entities_max = entities_max; }

  /// Of queues by how much was sent to each, and acked.
  std::string of(const std::map<std::string, std::uint64_t>& queues, std::uint64_t topic_end = 0) {
    auto survey = std::make_shared<Survey>();
    survey->number = ++number_;
    for (const auto& [name, sent] : queues) {
      QueueRow row;
      row.name = name;
      row.sent = sent;
      row.done = std::make_unique<Done>();
      row.done->acked = sent;
      row.done->waited.counts[0] = sent;
      survey->queues.push_back(std::move(row));
    }
    for (std::uint32_t id = 1; topic_end > 0 && id <= 3; ++id) {
      TopicRow row{"t" + std::to_string(id), id};
      row.partitions = {{0, topic_end}};
      row.counters.appended_via(log::Via::rest) = {topic_end, 10 * topic_end};
      row.counters.trimmed_for(log::Trimmed::size) = topic_end;
      survey->topics.push_back(std::move(row));
    }
    return written(survey);
  }
  std::string written(const std::shared_ptr<const Survey>& survey) {
    Text out;
    append_named(out, survey, selection, counted, others_);
    return out.take();
  }

  Selection selection;
  Counted counted;

 private:
  Others others_;
  std::uint64_t number_ = 0;
};

testing::Matcher<const std::string&> others_say(std::uint64_t sent) {
  return AllOf(HasSubstr(fmt::format("sent_total{{queue=\"(others)\"}} {}\n", sent)),
               HasSubstr(fmt::format("acked_total{{queue=\"(others)\"}} {}\n", sent)),
               HasSubstr(fmt::format("wait_seconds_count{{queue=\"(others)\"}} {}\n", sent)));
}

// Prometheus took each of these for a restart, and rates jumped by all that had ever been counted.
TEST(MetricsNamed, CountersOfTheOthersNeverGoDownAndNeverJump) {
  Pages pages(2);
  EXPECT_THAT(pages.of({{"a", 1}, {"b", 2}, {"c", 100}, {"d", 1000}}), others_say(1'100));
  EXPECT_THAT(pages.of({{"a", 1}, {"b", 2}, {"c", 101}, {"d", 1000}}), others_say(1'101));
  EXPECT_THAT(pages.of({{"a", 1}, {"b", 2}, {"c", 101}}), others_say(1'101)) << "d is deleted";
  EXPECT_THAT(pages.of({{"0", 5}, {"a", 1}, {"b", 4}, {"c", 101}}), others_say(1'103))
      << "b is among the others now, with the two that came since";
  EXPECT_THAT(pages.of({{"a", 1}, {"b", 10}, {"c", 102}}), others_say(1'104))
      << "and here it has a series of its own again";
  EXPECT_THAT(pages.of({{"a", 1}, {"b", 10}, {"c", 7}}), others_say(1'111)) << "c is made anew";
  EXPECT_THAT(pages.of({{"a", 1}, {"b", 10}}), Not(HasSubstr("(others)\"} 1")));
  EXPECT_THAT(pages.of({{"a", 1}, {"b", 10}, {"e", 9}}), others_say(1'120));
}

TEST(MetricsNamed, CountersOfOtherTopicsGoUpOnly) {
  Pages pages(1);
  const auto read = [&](std::uint64_t records) {
    pages.counted.read[1][0] = pages.counted.read[3][0] = {records, records * 10};
  };
  const auto say = [](std::uint64_t appended, std::uint64_t given) {
    return AllOf(HasSubstr(fmt::format("appended_records_total{{topic=\"(others)\",api=\"rest\"}} {}\n", appended)),
                 HasSubstr(fmt::format("appended_bytes_total{{topic=\"(others)\",api=\"rest\"}} {}\n", 10 * appended)),
                 HasSubstr("appended_bytes_total{topic=\"(others)\",api=\"ws\"} 0\n"),
                 HasSubstr(fmt::format("trimmed_records_total{{topic=\"(others)\",reason=\"size\"}} {}\n", appended)),
                 HasSubstr(fmt::format("read_bytes_total{{topic=\"(others)\",api=\"rest\"}} {}\n", given * 10)));
  };
  read(4);
  EXPECT_THAT(pages.of({}, 10), say(20, 4));
  read(6);
  EXPECT_THAT(pages.of({}, 12), say(24, 6));
  pages.selection.entities_max = 2;
  EXPECT_THAT(pages.of({}, 12), say(24, 6)) << "one of them has a series of its own";
  pages.counted.read.erase(3);
  EXPECT_THAT(pages.of({}, 13), say(25, 6));
}

// Merged surveys had no number, so pages were taken for late ones and counted nothing any more; and
// ids by place, so that a topic more made all those behind it new.
TEST(MetricsNamed, CountersOfOthersGoOnWithNamespaces) {
  Pages pages(1);
  std::uint64_t number = 0;
  const auto page = [&](std::uint64_t sent, std::size_t topics) {
    Merged all;
    ++number;
    for (const std::string_view name_space : {"", "kitchen"}) {
      Survey survey = survey_of(2, topics);
      survey.number = number;
      for (QueueRow& row : survey.queues) row.sent = sent;
      all.add(name_space, survey, {});
    }
    EXPECT_TRUE(std::is_sorted(all.survey.queues.begin(), all.survey.queues.end(),
                               [](const auto& a, const auto& b) { return a.name < b.name; }));
    return pages.written(std::make_shared<Survey>(std::move(all.survey)));
  };
  const auto say = [](std::uint64_t sent, std::uint64_t records) {
    return AllOf(
        HasSubstr(fmt::format("sent_total{{queue=\"(others)\"}} {}\n", sent)),
        HasSubstr(fmt::format("appended_records_total{{topic=\"(others)\",api=\"rest\"}} {}\n", records)));
  };
  EXPECT_THAT(page(10, 1), say(30, 14)) << "three queues and two topics of seven records";
  EXPECT_THAT(page(12, 1), say(36, 14));
  EXPECT_THAT(page(12, 2), say(36, 28)) << "a topic more in each";
  EXPECT_THAT(page(15, 2), say(45, 28));
}

TEST(MetricsNamed, APageThatIsWrittenLateAddsNothingTwice) {
  Pages pages(1);
  const auto early = std::make_shared<Survey>(survey_of(3, 0));
  auto late = std::make_shared<Survey>(survey_of(3, 0));
  late->number = 1;
  late->queues[2].sent = 15;
  EXPECT_THAT(pages.written(late), HasSubstr("sent_total{queue=\"(others)\"} 25\n"));
  EXPECT_THAT(pages.written(early), HasSubstr("sent_total{queue=\"(others)\"} 25\n"));
  EXPECT_THAT(pages.written(late), HasSubstr("sent_total{queue=\"(others)\"} 25\n"));
}

TEST(MetricsNamed, FilteredPagesHaveCountsOfTheirOwn) {
  Pages pages(1);
  const std::map<std::string, std::uint64_t> queues{{"a", 1}, {"b", 2}, {"c", 4}};
  EXPECT_THAT(pages.of(queues), others_say(6));
  for (const std::string letter : {"a", "b", "c"}) {
    pages.selection.text = letter;
    pages.selection.queue = [letter](std::string_view name) { return name != letter; };
    EXPECT_THAT(pages.of(queues), others_say(letter == "c" ? 2 : 4));
  }
  pages.selection.text = "";
  pages.selection.queue = {};
  EXPECT_THAT(pages.of({{"a", 1}, {"b", 2}}), others_say(6)) << "however many filters there were";
}

// All of one group was gone through in one turn, and its offsets once for each of its topics.
TEST(MetricsSurvey, AGroupThatReadsVeryManyTopicsIsGoneThroughInTurns) {
  CallRig rig;
  constexpr int kTopics = 2'000;
  std::vector<log::CommittedOffset> offsets;
  for (int i = 0; i < kTopics; ++i) {
    const std::string name = fmt::format("t{:04}", i);
    rig.broker.topics.create(name, {}, false, [](const auto&) {});
    offsets.push_back({name, engine::PartitionId{0}, engine::Offset{0}});
  }
  rig.turn();
  rig.broker.groups.commit("one", offsets, [](const auto& done) { EXPECT_TRUE(done); });
  rig.broker.groups.commit("two", {offsets[7]}, [](const auto& done) { EXPECT_TRUE(done); });
  rig.turn();
  Surveyor::Made made;
  int turns = 0;
  rig.broker.surveyor->ask(MetricsDetail::topic, [&](const auto& survey) { made = *survey; });
  for (; !made; ++turns) ASSERT_TRUE(rig.core().step());
  ASSERT_EQ(made->standings.size(), kTopics + 1u);
  EXPECT_EQ(made->standings.front().topic, "t0000");
  EXPECT_EQ(made->standings.back().group, "two");
  EXPECT_EQ(made->groups.size(), 2u);
  EXPECT_GE(turns, kTopics / 12 + kTopics / 25) << "12 topics in a turn, and 25 of a group";
}

// It took 15 ms of each second at once, and one cycle of a queue in a hundred waited behind it.
TEST(MetricsSurvey, WhoAsksEachSecondFindsItMade) {
  CallRig rig;
  for (int i = 0; i < 3'000; ++i)
    rig.broker.topics.create(fmt::format("t{:04}", i), {}, false, [](const auto&) {});
  rig.turn();
  Surveyor::Made made;
  const auto ask = [&] {
    rig.broker.surveyor->ask(MetricsDetail::topic, [&](const auto& survey) { made = *survey; });
  };
  const auto turns_until_made = [&] {
    made = nullptr;
    ask();
    int turns = 0;
    for (; !made; ++turns) EXPECT_TRUE(rig.core().step());
    return turns;
  };
  const auto pass_a_second = [&] {
    for (int i = 0; i < 125; ++i) rig.pass(std::chrono::milliseconds{8});
  };
  EXPECT_GT(turns_until_made(), 200);
  pass_a_second();
  EXPECT_GT(turns_until_made(), 200) << "nobody knew that it would be asked for";
  pass_a_second();
  rig.broker.topics.create("later", {}, false, [](const auto&) {});
  EXPECT_EQ(turns_until_made(), 0);
  EXPECT_EQ(made->topics.size(), 3'000u);
  pass_a_second();
  EXPECT_EQ(turns_until_made(), 0);
  EXPECT_EQ(made->topics.size(), 3'001u);
  for (int seconds = 0; seconds < 3; ++seconds) pass_a_second();
  EXPECT_GT(turns_until_made(), 200) << "nobody asked any more, and it was made all the same";
}

TEST(MetricsNamed, WhatIsBeyondTheLimitIsAddedUp) {
  Selection selection;
  selection.entities_max = 3;
  const std::string text = written(survey_of(5, 3), selection);
  EXPECT_THAT(text, HasSubstr("twofold_metrics_truncated{kind=\"queue\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("twofold_metrics_truncated{kind=\"topic\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("twofold_metrics_truncated{kind=\"group\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("twofold_queues 5\n"));
  EXPECT_THAT(text, HasSubstr("twofold_queue_sent_total{queue=\"q2\"} 10\n"
                              "twofold_queue_sent_total{queue=\"(others)\"} 20\n"));
  EXPECT_THAT(text, HasSubstr("age_seconds{queue=\"(others)\"} 4\n"));
  // A topic counts with its two partitions.
  EXPECT_THAT(text, HasSubstr("twofold_topic_partitions{topic=\"t0\"} 2\n"
                              "twofold_topic_partitions{topic=\"(others)\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("twofold_topic_appended_records_total{topic=\"(others)\",api=\"rest\"} 14\n"
                              "twofold_topic_appended_records_total{topic=\"(others)\",api=\"ws\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("twofold_topic_trimmed_records_total{topic=\"t0\",reason=\"retention\"} 1\n"
                              "twofold_topic_trimmed_records_total{topic=\"t0\",reason=\"size\"} 2\n"
                              "twofold_topic_trimmed_records_total{topic=\"t0\",reason=\"manual\"} 3\n"
                              "twofold_topic_trimmed_records_total{topic=\"(others)\",reason=\"retention\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("twofold_topic_read_records_total{topic=\"(others)\",api=\"rest\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("twofold_partition_end_offset{topic=\"(others)\"")));
}

TEST(MetricsNamed, AFilterIsAppliedBeforeTheLimit) {
  Selection selection;
  selection.entities_max = 1;
  selection.queue = [](std::string_view name) { return name == "q4"; };
  selection.topic = [](std::string_view name) { return name == "t1"; };
  const std::string text = written(survey_of(5, 3), selection);
  EXPECT_THAT(text, HasSubstr("twofold_queue_sent_total{queue=\"q4\"} 10\n"));
  EXPECT_THAT(text, Not(HasSubstr("q0")));
  EXPECT_THAT(text, HasSubstr("twofold_metrics_truncated{kind=\"queue\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("t0")));
}

TEST(MetricsNamed, AGroupWithoutACommitSaysSo) {
  const std::string text = written(survey_of(0, 2), {});
  EXPECT_THAT(text, HasSubstr("twofold_group_lag_records{group=\"g\",topic=\"t0\"} 4\n"));
  EXPECT_THAT(
      text,
      HasSubstr("twofold_group_lag_records{group=\"g\",topic=\"t1\",committed=\"none\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("twofold_group_committed_offset{group=\"g\",topic=\"t0\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("twofold_group_committed_offset{group=\"g\",topic=\"t1\"}")));
}

}  // namespace
}  // namespace twofold::http::metrics
