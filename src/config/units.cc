#include "src/config/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace twofold {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// In milliseconds, longest first: the printer takes the first that divides exactly.
constexpr std::array<Unit, 6> kDurationUnits{
    {{"d", 86'400'000.0},
     {"h", 3'600'000.0},
     {"m", 60'000.0},
     {"s", 1'000.0},
     {"ms", 1.0},
     {"us", 0.001}}
};

constexpr double kKi = 1024.0;
constexpr std::array<Unit, 10> kSizeUnits{
    {{"", 1.0},
     {"b", 1.0},
     {"kib", kKi},
     {"mib", kKi* kKi},
     {"gib", kKi* kKi* kKi},
     {"tib", kKi* kKi* kKi* kKi},
     {"kb", 1e3},
     {"mb", 1e6},
     {"gb", 1e9},
     {"tb", 1e12}}
};

struct Split {
  double number;
  std::string unit;  // lower case
};

// The number and the letters after it, with at most one blank between.
Outcome<Split> split_number(std::string_view text, std::string_view what) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number < 0 || text.front() == '-') {
    return Refused(fmt::format("\"{}\" is not a {}", text, what));
  }
  std::string unit(rest, end);
  if (!unit.empty() && unit.front() == ' ') unit.erase(0, 1);
  for (char& c : unit) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return Split{number, std::move(unit)};
}

}  // namespace

Outcome<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::string_view kExamples = "write one of us, ms, s, m, h, d after it, as in 30s";
  if (text.empty()) return Refused(fmt::format("a duration is missing: {}", kExamples));
  const auto split = split_number(text, "duration");
  if (!split)
    return Refused(fmt::format("{}: {}", split.error().why, "write 250ms, 30s, 5m or 7d"));
  if (split->unit.empty()) {
    if (split->number == 0) return std::chrono::milliseconds{0};
    return Refused(fmt::format("\"{}\" is a duration without a unit: {}", text, kExamples));
  }
  for (const Unit& unit : kDurationUnits) {
    if (unit.name != split->unit) continue;
    const double millis = std::round(split->number * unit.factor);
    if (millis > 9.0e15) return Refused(fmt::format("\"{}\" is too long a duration", text));
    return std::chrono::milliseconds{static_cast<std::int64_t>(millis)};
  }
  return Refused(
      fmt::format("\"{}\" has an unknown unit of time; there are us, ms, s, m, h and d", text));
}

Outcome<std::uint64_t> parse_size(std::string_view text) {
  if (text.empty()) return Refused("a size is missing: write 512, 64KiB or 1MiB");
  const auto split = split_number(text, "size");
  if (!split) return Refused(fmt::format("{}: write 512, 64KiB or 1MiB", split.error().why));
  for (const Unit& unit : kSizeUnits) {
    if (unit.name != split->unit) continue;
    const double bytes = std::round(split->number * unit.factor);
    if (bytes > 9.0e15) return Refused(fmt::format("\"{}\" is too large a size", text));
    return static_cast<std::uint64_t>(bytes);
  }
  return Refused(fmt::format(
      "\"{}\" has an unknown unit of size; there are B, KiB, MiB, GiB, TiB, kB, MB, GB and TB",
      text));
}

Outcome<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) {
    return Refused(fmt::format("\"{}\" is too large a number", text));
  }
  if (error != std::errc{} || rest != end) {
    return Refused(fmt::format("\"{}\" is not a whole number", text));
  }
  return number;
}

std::string format_duration(std::chrono::milliseconds duration) {
  const std::int64_t millis = duration.count();
  if (millis == 0) return "0s";
  for (const Unit& unit : kDurationUnits) {
    if (unit.factor < 1) break;
    const auto factor = static_cast<std::int64_t>(unit.factor);
    // 36h reads better than 1.5d, and 90s better than 1.5m: only exact multiples are used.
    if (millis % factor == 0) return fmt::format("{}{}", millis / factor, unit.name);
  }
  return fmt::format("{}ms", millis);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  constexpr std::array<std::string_view, 5> kNames{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t step = 0;
  while (bytes % 1024 == 0 && step + 1 < kNames.size()) {
    bytes /= 1024;
    ++step;
  }
  return fmt::format("{}{}", bytes, kNames.at(step));
}

}  // namespace twofold
