#include "http/in_turns.h"

#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "tests/support/fake_core.h"

namespace twofold::http {
namespace {

class OnCore : public ::testing::Test {
 protected:
  // A caller that is on the core already, as with one I/O thread; something else waits behind it.
  std::string order(Task<> (*ask)(engine::Core& core, std::string& seen)) {
    std::string seen;
    core_.executor().post([&] {
      boost::asio::co_spawn(io_, ask(core_, seen), [](const std::exception_ptr&) {});
      io_.poll();
    });
    core_.executor().post([&] { seen += 'b'; });
    for (int i = 0; i < 10; ++i) {
      core_.run();
      io_.restart();
      io_.poll();
    }
    return seen;
  }

  engine::ManualClock clock_;
  tests::FakeDisk disk_;
  tests::FakeCore core_{disk_, clock_};
  boost::asio::io_context io_{1};
};

Task<> ask_at_once(engine::Core& core, std::string& seen) {
  for (int i = 0; i < 3; ++i) {
    auto ask = [&seen] { return seen += 'a', true; };
    co_await ask_core(core, std::move(ask));
  }
}

Task<> ask_in_turns(engine::Core& core, std::string& seen) {
  for (int i = 0; i < 3; ++i) {
    auto ask = [&seen] { return seen += 'a', true; };
    co_await ask_core_in_turn(core, std::move(ask));
  }
}

TEST_F(OnCore, WhatIsAskedAtOnceNeedsNoTurn) { EXPECT_EQ(order(&ask_at_once), "aaab"); }

TEST_F(OnCore, WhatIsAskedInTurnsLetsOthersComeInBetween) {
  EXPECT_EQ(order(&ask_in_turns), "baaa");
}

}  // namespace
}  // namespace twofold::http
