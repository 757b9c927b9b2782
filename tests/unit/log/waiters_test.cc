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

Waiters::Found in(const std::vector<std::uint32_t>& logs) {
  Waiters::Found found;
  for (const auto log : logs) found.places.push_back({LogId{log}, Offset{0}});
  return found;
}

Tickets of(const Waiters& waiters, std::uint32_t log) {
  Tickets tickets;
  for (const Waiters::Seat& seat : waiters.of(LogId{log})) tickets.push_back(seat.ticket);
  return tickets;
}

TEST(Waiters, StandInLineForEachOfTheirLogs) {
  Waiters waiters;
  const auto first = waiters.add(reader(), in({1, 2}));
  const auto second = waiters.add(reader(), in({2}));
  EXPECT_EQ(of(waiters, 1), Tickets{first});
  EXPECT_EQ(of(waiters, 2), (Tickets{first, second}));
  EXPECT_TRUE(of(waiters, 3).empty());
  EXPECT_EQ(waiters.all(), (Tickets{first, second}));
}

TEST(Waiters, LeaveEveryLineAtOnce) {
  Waiters waiters;
  const auto first = waiters.add(reader(), in({1, 2}));
  const auto second = waiters.add(reader(), in({2}));
  ASSERT_TRUE(waiters.take(first));
  EXPECT_TRUE(of(waiters, 1).empty());
  EXPECT_EQ(of(waiters, 2), Tickets{second});
  EXPECT_EQ(waiters.size(), 1u);
}

TEST(Waiters, AnOldTicketFindsNobody) {
  Waiters waiters;
  const auto old = waiters.add(reader(), in({1}));
  ASSERT_TRUE(waiters.find(old));
  ASSERT_TRUE(waiters.take(old));
  const auto fresh = waiters.add(reader(), in({1}));
  EXPECT_NE(fresh, old);
  EXPECT_FALSE(waiters.find(old));
  EXPECT_FALSE(waiters.take(old));
  EXPECT_EQ(of(waiters, 1), Tickets{fresh});
}

TEST(Waiters, MayNameALogTwice) {
  Waiters waiters;
  const auto ticket = waiters.add(reader(), in({1, 1}));
  EXPECT_EQ(of(waiters, 1), (Tickets{ticket, ticket}));
  EXPECT_EQ(waiters.of(LogId{1})[1].place, 1u);
  EXPECT_TRUE(waiters.take(ticket));
  EXPECT_TRUE(of(waiters, 1).empty());
}

}  // namespace
}  // namespace twofold::log
