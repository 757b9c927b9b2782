#include "log/waiters.h"

#include <gtest/gtest.h>

namespace twofold::log {
namespace {

using Tickets = std::vector<std::uint64_t>;

Waiters::Waiter reader() {
  return {
      {"orders", {}, 1},
      [](Result<Readable>) { }
  };
}

TEST(Waiters, StandInLineForEachOfTheirLogs) {
  Waiters waiters;
  const auto first = waiters.add(reader(), {LogId{1}, LogId{2}});
  const auto second = waiters.add(reader(), {LogId{2}});
  EXPECT_EQ(waiters.of(LogId{1}), Tickets{first});
  EXPECT_EQ(waiters.of(LogId{2}), (Tickets{first, second}));
  EXPECT_TRUE(waiters.of(LogId{3}).empty());
  EXPECT_EQ(waiters.all(), (Tickets{first, second}));
}

TEST(Waiters, LeaveEveryLineAtOnce) {
  Waiters waiters;
  const auto first = waiters.add(reader(), {LogId{1}, LogId{2}});
  const auto second = waiters.add(reader(), {LogId{2}});
  ASSERT_TRUE(waiters.take(first));
  EXPECT_TRUE(waiters.of(LogId{1}).empty());
  EXPECT_EQ(waiters.of(LogId{2}), Tickets{second});
  EXPECT_EQ(waiters.size(), 1u);
}

TEST(Waiters, AnOldTicketFindsNobody) {
  Waiters waiters;
  const auto old = waiters.add(reader(), {LogId{1}});
  ASSERT_TRUE(waiters.find(old));
  ASSERT_TRUE(waiters.take(old));
  const auto fresh = waiters.add(reader(), {LogId{1}});
  EXPECT_NE(fresh, old);
  EXPECT_FALSE(waiters.find(old));
  EXPECT_FALSE(waiters.take(old));
  EXPECT_EQ(waiters.of(LogId{1}), Tickets{fresh});
}

TEST(Waiters, MayNameALogTwice) {
  Waiters waiters;
  const auto ticket = waiters.add(reader(), {LogId{1}, LogId{1}});
  EXPECT_EQ(waiters.of(LogId{1}), (Tickets{ticket, ticket}));
  EXPECT_TRUE(waiters.take(ticket));
  EXPECT_TRUE(waiters.of(LogId{1}).empty());
}

}  // namespace
}  // namespace twofold::log
