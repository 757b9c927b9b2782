#include "src/serve/reload.h"

#include <atomic>
#include <semaphore>
#include <thread>

#include <gtest/gtest.h>

namespace twofold {
namespace {

TEST(Reload, OneThatFailsDoesNotKeepTheOthersBack) {
  Reload reload;
  EXPECT_TRUE(reload.empty());
  std::vector<std::string> ran;
  reload.add("certificates", [&]() -> engine::Result<> {
    ran.push_back("certificates");
    return engine::Error(engine::Errc::invalid_request, "no such file");
  });
  reload.add("keys", [&]() -> engine::Result<> {
    ran.push_back("keys");
    return {};
  });
  EXPECT_FALSE(reload.empty());
  reload.run();
  EXPECT_EQ(ran, (std::vector<std::string>{"certificates", "keys"}));
  reload.run();
  EXPECT_EQ(ran.size(), 4u) << "each signal reads everything again";
}

// One that hangs is not asked again by every signal.
TEST(Reload, WhoAsksWhileItHangsIsAnsweredOnce) {
  std::atomic<int> begun{0};
  std::binary_semaphore hung{0};
  {
    Reload reload;
    reload.add("keys", [&]() -> engine::Result<> {
      if (++begun == 1) hung.acquire();
      return {};
    });
    reload.request();
    while (begun == 0) std::this_thread::yield();
    for (int i = 0; i < 10; ++i) reload.request();
    hung.release();
  }
  EXPECT_EQ(begun, 2) << "the one that hung, and one for all that asked meanwhile";
}

}  // namespace
}  // namespace twofold
