#include "src/config/units.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "engine/base/duration_text.h"

namespace twofold {
namespace {

struct Unit {
  std::string_view name;
  double factor;
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
  constexpr std::string_view kExamples = "write 250ms, 30s, 5m, 12h or 7d";
  if (text.empty()) return Refused(fmt::format("a duration is missing: {}", kExamples));
  if (text == "0") return std::chrono::milliseconds{0};
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) {
    return Refused(fmt::format("\"{}\" is a duration without a unit: {}", text, kExamples));
  }
  const auto duration = engine::parse_duration(text);
  if (!duration) return Refused(fmt::format("\"{}\" is not a duration: {}", text, kExamples));
  return *duration;
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
  return engine::format_duration(duration);
}

std::string about_size(std::uint64_t bytes) {
  if (bytes >= 1 << 30) return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30));
  if (bytes >= 1 << 20) return fmt::format("{} MiB", bytes >> 20);
  return fmt::format("{} KiB", bytes >> 10);
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
