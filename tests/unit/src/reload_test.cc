#include "src/serve/reload.h"

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

}  // namespace
}  // namespace twofold
