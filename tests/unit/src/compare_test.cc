#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/bench/compare/buckets.h"
#include "src/bench/compare/comparison.h"
#include "src/bench/compare/page.h"
#include "src/bench/compare/text.h"

namespace twofold::bench::compare {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

// Records of one partition that are there from the beginning, with these keys.
Trace trace_of(Model model, std::size_t workers, const std::vector<std::uint64_t>& keys) {
  Trace trace;
  trace.model = model;
  trace.workers = workers;
  for (std::size_t n = 0; n < keys.size(); ++n) {
    trace.records.push_back(Published{keys[n], 0, n, 0ns, 0ns});
  }
  return trace;
}

Take take(std::uint64_t record, std::size_t worker, nanoseconds from, nanoseconds to) {
  return Take{record, worker, from, from, to, false};
}

Take dropped(std::uint64_t record, std::size_t worker, nanoseconds at) {
  return Take{record, worker, at, at, at, true};
}

TEST(ComparePlan, TheSameSeedGivesTheSameEventsAndEveryNthIsSlow) {
  Plan plan;
  plan.records = 300;
  plan.slow_every = 100;
  const auto events = events_of(plan);
  const auto again = events_of(plan);
  plan.seed = 2;
  const auto other = events_of(plan);
  std::size_t differing = 0;
  for (std::size_t n = 0; n < events.size(); ++n) {
    EXPECT_EQ(events[n].key, again[n].key);
    EXPECT_EQ(events[n].work, (n + 1) % 100 == 0 ? 500ms : 5ms) << n;
    EXPECT_LT(events[n].key, 64U);
    differing += events[n].key != other[n].key ? 1 : 0;
  }
  EXPECT_GT(differing, 200U);
}

TEST(ComparePlan, WhatCannotWorkIsRefusedInItsFlagsWords) {
  const auto refusal = [](auto change) {
    Plan plan;
    change(plan);
    const auto checked = check(plan);
    return checked ? std::string("accepted") : checked.error().why;
  };
  EXPECT_EQ(refusal([](Plan&) {}), "accepted");
  EXPECT_THAT(refusal([](Plan& plan) { plan.workers = 0; }), HasSubstr("--workers"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.records = 0; }), HasSubstr("--msgs"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.crash_every = plan.batch = 10; }),
              HasSubstr("--crash-every"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.visibility = 0ms; }), HasSubstr("--visibility"));
}

TEST(ComparePlan, TheVisibilityTimeoutOutlastsWhatAWorkerHolds) {
  Plan plan;
  EXPECT_EQ(visibility_of(plan), 1s);
  plan.slow_every = 10;
  plan.batch = 4;
  EXPECT_EQ(visibility_of(plan), 6s) << "four times 500 ms, with room";
  plan.visibility = 250ms;
  EXPECT_EQ(visibility_of(plan), 250ms);
}

TEST(CompareOrder, ARecordHandledAfterALaterOneOfItsKeyIsOneViolation) {
  Trace trace = trace_of(Model::queue, 2, {7, 7, 7, 8});
  trace.takes = {take(0, 0, 0ms, 50ms), take(1, 1, 0ms, 5ms), take(2, 1, 5ms, 10ms),
                 take(3, 1, 10ms, 15ms)};
  EXPECT_EQ(order_violations(trace), 1U) << "the first one, however many overtook it";
  trace.takes[0].ended = 4ms;
  EXPECT_EQ(order_violations(trace), 0U);
}

TEST(CompareOrder, HandlingAgainDoesNotCount) {
  Trace trace = trace_of(Model::log, 1, {7, 7});
  trace.takes = {take(0, 0, 0ms, 5ms), take(1, 0, 5ms, 10ms), take(0, 0, 10ms, 15ms)};
  EXPECT_EQ(order_violations(trace), 0U);
  EXPECT_EQ(find(trace).repeated, 1U);
}

TEST(CompareFindings, CountLatencyThroughputRedeliveriesAndLoss) {
  Trace trace = trace_of(Model::queue, 2, {1, 2, 3, 4});
  trace.records[1].due = 10ms;
  trace.takes = {take(0, 0, 0ms, 10ms), dropped(1, 1, 20ms), take(1, 0, 90ms, 100ms),
                 take(2, 0, 100ms, 200ms)};
  const Findings findings = find(trace);
  EXPECT_EQ(findings.handled, 3U);
  EXPECT_EQ(findings.lost, 1U);
  EXPECT_EQ(findings.elapsed, 200ms);
  EXPECT_DOUBLE_EQ(findings.per_second, 15);
  EXPECT_EQ(findings.redelivered, 1U);
  EXPECT_EQ(findings.repeated, 0U) << "the first worker had not finished it";
  EXPECT_EQ(findings.crashes, 1U);
  EXPECT_EQ(findings.percentile(50), 90ms);
  EXPECT_EQ(findings.percentile(99.9), 200ms);
  EXPECT_NEAR(findings.busy, 120.0 / 400.0, 1e-9);
}

TEST(CompareFindings, WhatFallsOutOfOneHandIsOneCrash) {
  Trace trace = trace_of(Model::queue, 1, {1, 2, 3});
  trace.takes = {dropped(0, 0, 5ms), dropped(1, 0, 5ms), dropped(2, 0, 9ms)};
  EXPECT_EQ(find(trace).crashes, 2U);
  EXPECT_EQ(find(trace).lost, 3U);
}

TEST(CompareFindings, NothingPublishedIsNoDivisionByZero) {
  const Findings findings = find(Trace{});
  EXPECT_EQ(findings.percentile(99), 0ns);
  EXPECT_EQ(findings.per_second, 0);
}

TEST(HeadOfLine, BehindASlowRecordBesideAnIdleReaderIsWaiting) {
  // Reader 0 has the partition; reader 1 has nothing to read.
  Trace trace = trace_of(Model::log, 2, {1, 2, 3});
  trace.takes = {take(0, 0, 0ms, 500ms), take(1, 0, 500ms, 505ms), take(2, 0, 505ms, 510ms)};
  trace.idle = {
      Idle{1, 100ms, 600ms}
  };
  const HeadOfLine waiting = head_of_line(trace);
  EXPECT_EQ(waiting.records, 2U);
  EXPECT_EQ(waiting.longest, 405ms) << "the last one, from when the reader was idle";
  EXPECT_EQ(waiting.total, 400ms + 405ms);
  EXPECT_EQ(waiting.idle, 405ms);
}

TEST(HeadOfLine, WaitingForWorkersWhoAreAllBusyIsNone) {
  Trace trace = trace_of(Model::queue, 1, {1, 2});
  trace.takes = {take(0, 0, 0ms, 500ms), take(1, 0, 500ms, 505ms)};
  trace.idle = {
      Idle{0, 505ms, 600ms}
  };
  EXPECT_EQ(head_of_line(trace).records, 0U);
}

TEST(HeadOfLine, InAQueueTheLineIsThePartition) {
  Trace trace = trace_of(Model::queue, 3, {1, 1, 2});
  trace.records[2].partition = 1;
  trace.takes = {take(0, 0, 0ms, 300ms), take(2, 1, 100ms, 110ms), take(1, 1, 300ms, 310ms)};
  trace.idle = {
      Idle{2, 50ms, 400ms}
  };
  const HeadOfLine waiting = head_of_line(trace);
  EXPECT_EQ(waiting.records, 1U)
      << "not the record of the other partition, which came late by itself";
  EXPECT_EQ(waiting.longest, 250ms);
}

TEST(HeadOfLine, InALogAReaderKeepsAllItsPartitionsWaiting) {
  Trace trace = trace_of(Model::log, 2, {1, 2});
  trace.records[1].partition = 1;
  trace.records[1].available = 50ms;
  trace.takes = {take(0, 0, 0ms, 300ms), take(1, 0, 300ms, 310ms)};
  trace.idle = {
      Idle{1, 0ms, 400ms}
  };
  const HeadOfLine waiting = head_of_line(trace);
  EXPECT_EQ(waiting.records, 1U);
  EXPECT_EQ(waiting.longest, 250ms) << "from when it was there";
}

TEST(HeadOfLine, WhatIsBehindDoesNotHoldUpWhatIsAhead) {
  Trace trace = trace_of(Model::queue, 2, {1, 1});
  trace.takes = {take(1, 0, 0ms, 300ms), take(0, 1, 200ms, 210ms)};
  trace.idle = {
      Idle{1, 0ms, 200ms}
  };
  EXPECT_EQ(head_of_line(trace).records, 0U);
}

TEST(HeadOfLine, WhatACrashedWorkerHeldIsHeldUntilItComesAgain) {
  Trace trace = trace_of(Model::queue, 2, {1, 1});
  trace.takes = {dropped(0, 0, 10ms), take(0, 1, 1000ms, 1010ms), take(1, 1, 1020ms, 1030ms)};
  trace.idle = {
      Idle{1, 0ms, 1000ms}
  };
  const HeadOfLine waiting = head_of_line(trace);
  EXPECT_EQ(waiting.records, 1U) << "the one behind it; itself it was taken at once";
  EXPECT_EQ(waiting.longest, 990ms);
}

TEST(HeadOfLine, ARecordTakenBeforeThePublisherHeardOfItNeverWaited) {
  Trace trace = trace_of(Model::queue, 2, {1, 1});
  trace.records[1].available = 100ms;
  trace.takes = {take(0, 0, 0ms, 300ms), take(1, 1, 90ms, 95ms)};
  trace.idle = {
      Idle{1, 0ms, 90ms}
  };
  EXPECT_EQ(head_of_line(trace).records, 0U);
}

TEST(Buckets, BothHistogramsShareTheirRowsAndEverythingIsCountedOnce) {
  const std::vector<nanoseconds> queue{900us, 1ms, 4ms, 40ms};
  const std::vector<nanoseconds> log{3ms, 700ms};
  const auto rows = buckets_of(queue, log);
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.front().upto, 1ms);
  EXPECT_EQ(rows.front().queue, 2U);
  EXPECT_EQ(rows.back().upto, 1s);
  std::uint64_t seen = 0;
  for (const Bucket& row : rows) seen += row.queue + row.log;
  EXPECT_EQ(seen, 6U);
  EXPECT_TRUE(buckets_of({}, {}).empty());
  EXPECT_EQ(bound_text(rows.front().upto), "1 ms");
}

TEST(Buckets, ALongTailDoesNotMakeALongPage) {
  const auto rows = buckets_of({1us, 2us, 3000s}, {});
  EXPECT_EQ(rows.size(), 14U);
  EXPECT_EQ(rows.front().queue, 2U);
  EXPECT_EQ(rows.back().queue, 1U);
}

TEST(Bar, IsNeverTooLongAndNeverEmptyForSomething) {
  const Canvas blocks{true, false, 8};
  const Canvas plain{false, false, 8};
  EXPECT_EQ(bar(0, 10, blocks), "");
  EXPECT_EQ(bar(10, 10, blocks), "████████");
  EXPECT_EQ(bar(11, 10, plain), "########");
  EXPECT_EQ(bar(1, 1'000'000, blocks), "▏");
  EXPECT_EQ(bar(1, 1'000'000, plain), "#");
  EXPECT_EQ(bar(3, 16, blocks), "█▌");
}

// A slow record, a crash, two models.
Comparison example() {
  Plan plan;
  plan.records = 3;
  plan.workers = 2;
  plan.slow_every = 3;
  plan.crash_every = 2;
  Traces traces;
  traces.queue = trace_of(Model::queue, 2, {1, 1, 2});
  traces.queue.takes = {take(0, 0, 0ms, 50ms), take(1, 1, 0ms, 5ms), take(2, 1, 5ms, 10ms)};
  traces.log = trace_of(Model::log, 2, {1, 1, 2});
  traces.log.takes = {take(0, 0, 0ms, 50ms), dropped(1, 0, 50ms), take(1, 0, 51ms, 60ms),
                      take(2, 0, 60ms, 500ms)};
  traces.log.idle = {
      Idle{1, 0ms, 500ms}
  };
  Comparison comparison = compared(plan, traces);
  comparison.machine = "2 x <CPU> & more";
  comparison.broker = "Twofold at 127.0.0.1:1";
  return comparison;
}

TEST(ComparisonText, SaysBothColumnsAndWhatOneSees) {
  const std::string text = comparison_text(example(), Canvas{});
  EXPECT_THAT(text, HasSubstr("AS A QUEUE"));
  EXPECT_THAT(text, HasSubstr("The queue finished after 50.0 ms, the log after 500 ms, 10 times"));
  EXPECT_THAT(text, HasSubstr("the queue handled 1 of 3 records after a later one"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "no colour where none was asked for";
  EXPECT_THAT(text, Not(HasSubstr("█")));
  EXPECT_THAT(comparison_text(example(), Canvas{true, true}), HasSubstr("\x1b[34m"));
}

TEST(ComparisonPage, AsksForNothingAndEscapesWhatItIsGiven) {
  for (const std::string& page : {html_page(example()), svg_page(example())}) {
    EXPECT_THAT(page, HasSubstr("2 x &lt;CPU&gt; &amp; more"));
    EXPECT_THAT(page, Not(HasSubstr("<CPU>")));
    for (const char* request : {"href", "src=", "@import", "url(http", "<script", "<link"}) {
      EXPECT_THAT(page, Not(HasSubstr(request)));
    }
    EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
    EXPECT_THAT(page, HasSubstr("record 1, key-1, partition 0: the worker crashed"));
    EXPECT_THAT(page, HasSubstr("class=\"idle\""));
    EXPECT_THAT(page, HasSubstr("crash-every=2"));
  }
}

}  // namespace
}  // namespace twofold::bench::compare
