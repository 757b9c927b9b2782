#include "engine/base/task_group.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "engine/base/asio_core_executor.h"
#include "engine/base/thread_executor.h"

namespace twofold::engine {
namespace {

using namespace std::chrono_literals;
using boost::asio::io_context;
using boost::asio::steady_timer;

Task<> wait_for_ever(std::shared_ptr<std::string> notes) {
  steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(24h);
  const auto [error] = co_await timer.async_wait(kAwait);
  *notes += error ? "cancelled " : "expired ";
}

Task<> stop_and_wait(TaskGroup& group, std::shared_ptr<std::string> notes) {
  group.stop();
  co_await group.ended();
  *notes += "ended";
}

TEST(TaskGroup, StopsEveryTaskAndAwaitsItsEnd) {
  io_context context;
  TaskGroup group(context.get_executor());
  TaskGroup others(context.get_executor());
  const auto notes = std::make_shared<std::string>();
  for (int i = 0; i < 3; ++i) group.spawn(wait_for_ever(notes));
  context.poll();
  EXPECT_EQ(group.size(), 3u);

  others.spawn(stop_and_wait(group, notes));
  context.run();
  EXPECT_EQ(*notes, "cancelled cancelled cancelled ended");
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, NothingIsSpawnedAfterTheStop) {
  io_context context;
  TaskGroup group(context.get_executor());
  const auto notes = std::make_shared<std::string>();
  group.stop();
  context.poll();
  group.spawn(wait_for_ever(notes));
  EXPECT_EQ(group.size(), 0u);
  context.run();
  EXPECT_TRUE(notes->empty());
}

TEST(TaskGroup, TheEndOfAnEmptyGroupHasCome) {
  io_context context;
  TaskGroup group(context.get_executor());
  TaskGroup others(context.get_executor());
  const auto notes = std::make_shared<std::string>();
  others.spawn(stop_and_wait(group, notes));
  context.run();
  EXPECT_EQ(*notes, "ended");
}

Task<> throw_something() {
  throw std::runtime_error("nobody caught this");
  co_return;
}

TEST(TaskGroup, AnEscapedExceptionEndsOneTaskOnly) {
  io_context context;
  TaskGroup group(context.get_executor());
  TaskGroup others(context.get_executor());
  const auto notes = std::make_shared<std::string>();
  group.spawn(wait_for_ever(notes));
  ::testing::internal::CaptureStderr();
  group.spawn(throw_something());
  context.poll();
  const auto line = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find("nobody caught this"), std::string::npos) << line;
  EXPECT_EQ(group.size(), 1u);
  others.spawn(stop_and_wait(group, notes));
  context.run();
  EXPECT_EQ(*notes, "cancelled ended");
}

TEST(TaskGroup, AStopFromAnotherThreadReachesTheTasks) {
  io_context context;
  TaskGroup group(context.get_executor());
  const auto notes = std::make_shared<std::string>();
  group.spawn(wait_for_ever(notes));
  ThreadExecutor outside("outside");
  outside.post([&] { group.stop(); });
  context.run();
  EXPECT_EQ(*notes, "cancelled ");
}

TEST(TaskGroup, AGroupMayEndBeforeItsTasks) {
  io_context context;
  const auto notes = std::make_shared<std::string>();
  {
    TaskGroup group(context.get_executor());
    group.spawn(wait_for_ever(notes));
    context.poll();
    group.stop();
  }
  context.run();
  EXPECT_EQ(*notes, "cancelled ");
}

/// Asks `executor` to double a number; it answers later, from other work on its thread.
Task<> ask_for(Executor& executor, int what, std::shared_ptr<std::string> notes) {
  const auto home = std::this_thread::get_id();
  Asking<int> asking = [what, &executor](auto done) {
    if (what < 0) return done(Error(Errc::queue_not_found, "no such queue"));
    executor.post([what, done = std::move(done)]() mutable { done(what * 2); });
  };
  const auto answer = co_await ask<int>(executor, std::move(asking));
  EXPECT_EQ(std::this_thread::get_id(), home) << "a task goes on where it was";
  *notes += answer ? std::to_string(*answer) : answer.error().detail;
}

TEST(Task, AsksAnotherThreadAndGoesOnAtHome) {
  io_context context;
  ThreadExecutor core("core");
  TaskGroup group(context.get_executor());
  const auto notes = std::make_shared<std::string>();
  group.spawn(ask_for(core, 21, notes));
  context.run();
  EXPECT_EQ(*notes, "42");
}

TEST(Task, AnErrorComesBackAsAValue) {
  io_context context;
  ThreadExecutor core("core");
  TaskGroup group(context.get_executor());
  const auto notes = std::make_shared<std::string>();
  group.spawn(ask_for(core, -1, notes));
  context.run();
  EXPECT_EQ(*notes, "no such queue");
}

Task<> ask_inside(AsioCoreExecutor& core, bool& in_turn, std::shared_ptr<std::string> notes) {
  Asking<int> asking = [&in_turn](auto done) {
    in_turn = true;
    done(1);
    in_turn = false;
  };
  const auto answer = co_await ask<int>(core, std::move(asking));
  *notes += in_turn ? "inside the turn" : "after the turn";
  EXPECT_EQ(*answer, 1);
}

TEST(Task, NeverGoesOnInsideATurnOfTheCoreEvenOnTheSameThread) {
  io_context context;
  const SystemClock clock;
  AsioCoreExecutor core(context, clock);
  TaskGroup group(context.get_executor());
  const auto notes = std::make_shared<std::string>();
  bool in_turn = false;
  group.spawn(ask_inside(core, in_turn, notes));
  context.run();
  EXPECT_EQ(*notes, "after the turn");
}

}  // namespace
}  // namespace twofold::engine
