#include "src/bench/compare/buckets.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::bench::compare {
namespace {

constexpr std::size_t kRowsMax = 14;

// 1, 2, 5, 10, 20, 50 ... microseconds, up to more than a day.
std::vector<nanoseconds> steps() {
  std::vector<nanoseconds> all;
  for (std::int64_t decade = 1'000; decade < 200'000'000'000'000; decade *= 10) {
    for (const std::int64_t step : {1, 2, 5}) all.emplace_back(decade * step);
  }
  return all;
}

void count(const std::vector<nanoseconds>& times, std::vector<Bucket>& rows,
           std::uint64_t Bucket::*side) {
  for (const nanoseconds time : times) {
    const auto row = std::find_if(rows.begin(), rows.end() - 1,
                                  [&](const Bucket& bucket) { return time <= bucket.upto; });
    ++((*row).*side);
  }
}

}  // namespace

std::vector<Bucket> buckets_of(const std::vector<nanoseconds>& queue,
                               const std::vector<nanoseconds>& log) {
  if (queue.empty() && log.empty()) return {};
  nanoseconds shortest = nanoseconds::max();
  nanoseconds longest{};
  for (const auto* side : {&queue, &log}) {
    if (side->empty()) continue;
    shortest = std::min(shortest, side->front());
    longest = std::max(longest, side->back());
  }
  std::vector<Bucket> rows;
  for (const nanoseconds step : steps()) {
    if (step < shortest) continue;
    rows.push_back(Bucket{step, 0, 0});
    if (step >= longest) break;
  }
  if (rows.size() > kRowsMax) {
    rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(kRowsMax));
  }
  count(queue, rows, &Bucket::queue);
  count(log, rows, &Bucket::log);
  return rows;
}

std::string time_text(nanoseconds time) {
  const auto ns = static_cast<double>(time.count());
  if (time.count() == 0) return "0";
  if (ns < 1e6) return fmt::format("{:.0f} us", ns / 1e3);
  if (ns < 1e7) return fmt::format("{:.2f} ms", ns / 1e6);
  if (ns < 1e8) return fmt::format("{:.1f} ms", ns / 1e6);
  if (ns < 1e9) return fmt::format("{:.0f} ms", ns / 1e6);
  if (ns < 1e10) return fmt::format("{:.2f} s", ns / 1e9);
  return fmt::format("{:.1f} s", ns / 1e9);
}

std::string bound_text(nanoseconds bound) {
  const std::int64_t us = bound.count() / 1000;
  if (us < 1000) return fmt::format("{} us", us);
  return us < 1'000'000 ? fmt::format("{} ms", us / 1000) : fmt::format("{} s", us / 1'000'000);
}

}  // namespace twofold::bench::compare
