#include "engine/base/executor.h"

#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "engine/base/asio_core_executor.h"
#include "engine/base/manual_executor.h"
#include "engine/base/thread_executor.h"

namespace twofold::engine {
namespace {

using namespace std::chrono_literals;

TEST(ThreadExecutor, DoesWhatItWasGivenInOrderOnOneThread) {
  std::vector<int> order;
  std::set<std::thread::id> threads;
  {
    ThreadExecutor executor("journal");
    for (int i = 0; i < 1000; ++i) {
      executor.post([&, i] {
        order.push_back(i);
        threads.insert(std::this_thread::get_id());
        EXPECT_TRUE(executor.is_current());
      });
    }
    EXPECT_FALSE(executor.is_current());
  }
  ASSERT_EQ(order.size(), 1000u) << "the destructor waits for all of it";
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(threads.size(), 1u);
}

TEST(ThreadExecutor, WorkPostedByTheLastWorkStillRuns) {
  int runs = 0;
  {
    ThreadExecutor executor("a name far longer than fifteen characters");
    executor.post([&] {
      ++runs;
      executor.post([&] {
        ++runs;
        executor.post([&] { ++runs; });
      });
    });
  }
  EXPECT_EQ(runs, 3);
}

TEST(ThreadPool, RunsSeveralPiecesOfWorkAtOnce) {
  ThreadPool pool("cold", 2);
  // Each waits for the other: one thread alone would never end.
  std::promise<void> first;
  std::promise<void> second;
  std::promise<void> done;
  pool.post([&] {
    first.set_value();
    second.get_future().wait();
    done.set_value();
  });
  pool.post([&] {
    first.get_future().wait();
    second.set_value();
  });
  EXPECT_EQ(done.get_future().wait_for(30s), std::future_status::ready);
}

TEST(ThreadPool, CapturesOfFinishedWorkAreGoneBeforeTheNextBegins) {
  ThreadExecutor executor("one");
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> watch = held;
  std::promise<bool> expired;
  executor.post([held = std::move(held)] {});
  executor.post([&] { expired.set_value(watch.expired()); });
  EXPECT_TRUE(expired.get_future().get());
}

TEST(AsioCoreExecutor, RunsPostedWorkInOrderAndKnowsWhereItIs) {
  boost::asio::io_context context;
  const SystemClock clock;
  AsioCoreExecutor executor(context, clock);
  std::string order;
  executor.post([&] {
    EXPECT_TRUE(executor.is_current());
    executor.defer([&] { order += 'c'; });
    order += 'a';
  });
  executor.post([&] { order += 'b'; });
  EXPECT_FALSE(executor.is_current());
  context.run();
  EXPECT_EQ(order, "abc") << "deferred work comes after what was ready";
}

TEST(AsioCoreExecutor, TheAlarmGoesOffOnceItsTimeHasCome) {
  boost::asio::io_context context;
  const SystemClock clock;
  AsioCoreExecutor executor(context, clock);
  const auto due = clock.now() + 20ms;
  std::vector<Instant> fired;
  executor.set_alarm(due, [&] { fired.push_back(clock.now()); });
  context.run();
  ASSERT_EQ(fired.size(), 1u);
  EXPECT_GE(fired[0], due);
}

TEST(AsioCoreExecutor, ALaterAlarmReplacesAnEarlierOneAndTheReverse) {
  boost::asio::io_context context;
  const SystemClock clock;
  AsioCoreExecutor executor(context, clock);
  const auto start = clock.now();
  std::string fired;
  executor.set_alarm(start + 5ms, [&] { fired += 'a'; });
  executor.set_alarm(start + 30ms, [&] {
    fired += 'b';
    EXPECT_GE(clock.now(), start + 30ms);
    executor.set_alarm(start + 24h, [&] { fired += 'x'; });
    executor.set_alarm(start, [&] { fired += 'c'; });
  });
  context.run();
  EXPECT_EQ(fired, "bc") << "an alarm that was replaced does not keep the context running";
}

TEST(AsioCoreExecutor, TheAlarmEndsWithTheExecutor) {
  boost::asio::io_context context;
  const SystemClock clock;
  bool fired = false;
  {
    AsioCoreExecutor executor(context, clock);
    executor.set_alarm(clock.now(), [&] { fired = true; });
  }
  context.run();
  EXPECT_FALSE(fired);
}

TEST(AsioCoreExecutor, WorkComesInFromOtherThreads) {
  boost::asio::io_context context;
  const SystemClock clock;
  AsioCoreExecutor executor(context, clock);
  int count = 0;
  {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 250; ++i) executor.post([&] { ++count; });
      });
    }
    for (auto& thread : threads) thread.join();
  }
  context.run();
  EXPECT_EQ(count, 1000);
}

TEST(ManualExecutor, TakesOneStepAtATime) {
  ManualClock clock;
  ManualExecutor executor(clock);
  std::string order;
  executor.post([&] {
    order += 'a';
    EXPECT_TRUE(executor.is_current());
    executor.defer([&] { order += 'c'; });
  });
  executor.post([&] { order += 'b'; });
  EXPECT_TRUE(executor.step());
  EXPECT_EQ(order, "a");
  EXPECT_FALSE(executor.is_current());
  EXPECT_EQ(executor.run_until_idle(), 2u);
  EXPECT_EQ(order, "abc");
  EXPECT_FALSE(executor.step());
}

TEST(ManualExecutor, TheAlarmFollowsTheManualClock) {
  ManualClock clock;
  ManualExecutor executor(clock);
  const auto start = clock.now();
  std::vector<Duration> fired;
  std::function<void()> again = [&] {
    fired.push_back(clock.now() - start);
    if (fired.size() < 3) executor.set_alarm(clock.now() + 1s, again);
  };
  executor.set_alarm(start + 1s, again);
  executor.run_for(2500ms);
  EXPECT_EQ(fired, (std::vector<Duration>{1s, 2s}));
  EXPECT_EQ(clock.now(), start + 2500ms);
  executor.run_for(14 * 24h);
  EXPECT_EQ(fired.size(), 3u);
  EXPECT_FALSE(executor.next_alarm());
}

TEST(ManualExecutor, RunActsAsIfItWereTheCore) {
  ManualClock clock;
  ManualExecutor executor(clock);
  bool followed = false;
  executor.run([&] {
    EXPECT_TRUE(executor.is_current());
    executor.post([&] { followed = true; });
  });
  EXPECT_TRUE(followed);
  executor.post([] { FAIL() << "dropped work must not run"; });
  executor.drop_all();
  EXPECT_EQ(executor.run_until_idle(), 0u);
}

std::string interleaving(std::uint64_t seed) {
  ManualClock clock;
  SeededRandom random(seed);
  ManualExecutor core(clock);
  ManualExecutor journal(clock);
  ManualThreads threads(clock, &random);
  threads.add(core);
  threads.add(journal);
  std::string order;
  for (char c = 'a'; c < 'k'; ++c) core.post([&order, c] { order += c; });
  for (char c = 'A'; c < 'K'; ++c) journal.post([&order, c] { order += c; });
  threads.run_until_idle();
  return order;
}

TEST(ManualThreads, ASeedDecidesTheInterleaving) {
  EXPECT_EQ(interleaving(1), interleaving(1));
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto order = interleaving(seed);
    seen.insert(order);
    std::string core;
    for (const char c : order) {
      if (c >= 'a') core += c;
    }
    EXPECT_EQ(core, "abcdefghij") << "each executor keeps its own order";
  }
  EXPECT_GT(seen.size(), 15u);
}

TEST(ManualThreads, TheClockStopsAtEachAlarmOfAnyOfThem) {
  ManualClock clock;
  ManualExecutor core(clock);
  ManualExecutor journal(clock);
  ManualThreads threads(clock);
  threads.add(core);
  threads.add(journal);
  const auto start = clock.now();
  std::vector<Duration> fired;
  core.set_alarm(start + 2s, [&] { fired.push_back(clock.now() - start); });
  journal.set_alarm(start + 1s, [&] {
    fired.push_back(clock.now() - start);
    core.post([&] { fired.push_back(clock.now() - start); });
  });
  threads.run_for(5s);
  EXPECT_EQ(fired, (std::vector<Duration>{1s, 1s, 2s}));
  EXPECT_EQ(clock.now(), start + 5s);
}

}  // namespace
}  // namespace twofold::engine
