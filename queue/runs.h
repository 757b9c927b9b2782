#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/ids.h"

namespace twofold::queue {

/// Offsets [base, base + count): how delivery state speaks of many messages at once.
struct Run {
  engine::Offset base;
  std::int64_t count;

  engine::Offset end() const { return engine::advance(base, count); }
  friend bool operator==(const Run&, const Run&) = default;
};

/// Ascending, not overlapping, not touching.
using Runs = std::vector<Run>;

/// Delivery state is kept by windows of 64 offsets, window w holding [64 w, 64 w + 64).
inline constexpr std::int64_t kWindow = 64;
using Bits = std::uint64_t;

constexpr std::int64_t window_of(engine::Offset o) { return o.value() >> 6; }
constexpr engine::Offset window_base(std::int64_t window) { return engine::Offset{window << 6}; }
constexpr Bits bit_of(engine::Offset o) { return Bits{1} << (o.value() & 63); }
/// The bits of `window` at or after `o`, and those before it.
constexpr Bits bits_from(std::int64_t window, engine::Offset o) {
  if (o <= window_base(window)) return ~Bits{0};
  if (window_of(o) > window) return 0;
  return ~Bits{0} << (o.value() & 63);
}
constexpr Bits bits_before(std::int64_t window, engine::Offset o) { return ~bits_from(window, o); }
/// The `count` lowest of `bits`, or all when there are fewer.
constexpr Bits lowest(Bits bits, std::size_t count) {
  if (static_cast<std::size_t>(std::popcount(bits)) <= count) return bits;
  Bits rest = bits;
  for (; count > 0; --count) rest &= rest - 1;
  return bits ^ rest;
}

/// Calls visit(window, bits) for each window that [from, upto) reaches into, in order.
template <class Visit>
void each_window(engine::Offset from, engine::Offset upto, Visit visit) {
  if (from >= upto) return;
  const std::int64_t last = (upto.value() - 1) >> 6;
  for (std::int64_t window = window_of(from); window <= last; ++window)
    visit(window, bits_from(window, from) & bits_before(window, upto));
}

/// Appends to runs that end before; joins when they touch.
inline void append_run(Runs& runs, engine::Offset base, std::int64_t count) {
  if (!runs.empty() && runs.back().end() == base) {
    runs.back().count += count;
  } else {
    runs.push_back({base, count});
  }
}

/// Appends the set bits of one window as runs.
inline void append_bits(Runs& runs, std::int64_t window, Bits bits) {
  std::int64_t at = window << 6;
  while (bits != 0) {
    const int skip = std::countr_zero(bits);
    bits >>= skip;
    at += skip;
    const int ones = std::countr_one(bits);
    append_run(runs, engine::Offset{at}, ones);
    if (ones == kWindow) return;
    bits >>= ones;
    at += ones;
  }
}

/// Runs of offsets in any order; doubles count once.
inline Runs runs_of(std::vector<engine::Offset> offsets) {
  if (!std::is_sorted(offsets.begin(), offsets.end())) std::sort(offsets.begin(), offsets.end());
  Runs runs;
  for (const engine::Offset o : offsets)
    if (runs.empty() || o >= runs.back().end()) append_run(runs, o, 1);
  return runs;
}

/// Sorts runs that do not overlap and joins those that touch.
inline Runs joined(Runs runs) {
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.base < b.base; });
  Runs out;
  for (const Run& run : runs) append_run(out, run.base, run.count);
  return out;
}

inline std::int64_t count_of(const Runs& runs) {
  std::int64_t count = 0;
  for (const Run& run : runs) count += run.count;
  return count;
}

}  // namespace twofold::queue
