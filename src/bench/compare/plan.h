#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/config/outcome.h"

namespace twofold::bench::compare {

/// What is published once and handled twice: the records, the work each of them is, and who works.
struct Plan {
  std::uint64_t records = 1000;
  std::uint64_t keys = 64;
  std::uint64_t partitions = 4;
  std::size_t value_bytes = 256;
  std::size_t workers = 4;
  std::size_t batch = 1;  // records in one receive, and in one poll
  std::chrono::nanoseconds service = std::chrono::milliseconds(5);
  std::uint64_t slow_every = 0;  // 0: none is slow
  std::chrono::nanoseconds slow = std::chrono::milliseconds(500);
  std::uint64_t crash_every = 0;  // 0: nobody crashes
  std::optional<double> rate;     // records a second: open loop; absent: everything first
  bool order_by_key = false;      // of the queue; the log has its order anyway
  std::optional<std::chrono::milliseconds> visibility;  // absent: long enough for the work
  std::uint64_t seed = 1;
  std::string durability;  // empty: as the broker is set
  bool keep = false;
};

/// One record before it is published. What it costs stands in it, so that it costs the same in both
/// models.
struct Event {
  std::uint64_t key = 0;
  std::chrono::nanoseconds work{};
};

/// The first thing that is wrong with a plan.
Outcome<Done> check(const Plan& plan);

/// The same events for the same plan, on every machine.
std::vector<Event> events_of(const Plan& plan);

/// Whether the record of that number, from 0, takes longer.
bool is_slow(const Plan& plan, std::uint64_t record);
/// What the work for a record takes at most.
std::chrono::nanoseconds longest_work(const Plan& plan);

/// As the queue is told: never shorter than what a worker may hold at once takes.
std::chrono::milliseconds visibility_of(const Plan& plan);

/// Every parameter in one line, so that a figure can be repeated.
std::string plan_text(const Plan& plan);

}  // namespace twofold::bench::compare
