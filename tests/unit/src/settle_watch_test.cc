#include "src/serve/settle_watch.h"

#include <chrono>

#include <gtest/gtest.h>

namespace twofold {
namespace {

using namespace std::chrono_literals;

// Consumers that are connected, and whether messages are in flight.
Unsettled world(std::size_t consumers, bool in_flight) {
  return {[consumers] { return consumers; }, [in_flight] { return in_flight; }};
}

TEST(SettleWatch, GoesOnWhileMessagesAreInFlight) {
  EXPECT_TRUE(goes_on_settling(world(1, true), 7s, 8s));
  EXPECT_FALSE(goes_on_settling(world(1, true), 8s, 8s));
  EXPECT_FALSE(goes_on_settling(world(1, false), 1s, 8s));
}

TEST(SettleWatch, WaitsForNobodyWhereNobodyConsumes) {
  EXPECT_FALSE(goes_on_settling(world(0, true), 0s, 8s));
}

TEST(SettleWatch, HandsOutASecondForAnswersOnTheirWayAndCommits) {
  EXPECT_TRUE(goes_on_settling(world(1, false), 999ms, 8s));
  EXPECT_FALSE(goes_on_settling(world(1, false), 0s, 0s)) << "but no longer than is allowed";
}

}  // namespace
}  // namespace twofold
