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
  EXPECT_TRUE(goes_on_settling(world(1, true), true, 7s, 8s));
  EXPECT_FALSE(goes_on_settling(world(1, true), true, 8s, 8s));
  EXPECT_FALSE(goes_on_settling(world(1, false), true, 1s, 8s));
}

TEST(SettleWatch, WaitsForNobodyWhereNobodyConsumes) {
  EXPECT_FALSE(goes_on_settling(world(0, false), false, 0s, 8s));
}

TEST(SettleWatch, HandsOutASecondForAnswersOnTheirWayAndCommits) {
  EXPECT_TRUE(goes_on_settling(world(1, false), true, 999ms, 8s));
  EXPECT_FALSE(goes_on_settling(world(1, false), true, 0s, 0s)) << "but no longer than is allowed";
}

TEST(SettleWatch, AReaderWhoseStreamEndedWithTheStopHasThatSecondToo) {
  EXPECT_TRUE(goes_on_settling(world(0, false), true, 999ms, 8s));
  EXPECT_FALSE(goes_on_settling(world(0, true), true, 1s, 8s));
}

TEST(SettleWatch, MessagesThatWereHandedOutThisMomentAreWaitedFor) {
  EXPECT_TRUE(goes_on_settling(world(0, true), false, 199ms, 8s));
  EXPECT_FALSE(goes_on_settling(world(0, true), false, 200ms, 8s)) << "who holds them has vanished";
}

}  // namespace
}  // namespace twofold
