#include "engine/base/duration_text.h"

#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace twofold::engine {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
// Largest first: format_duration() takes the first that divides.
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error refusal(std::string_view text, std::string_view why) {
  return Error(Errc::invalid_request, fmt::format("\"{}\" {}", text.substr(0, 64), why),
               "write a number and one of ms, s, m, h, d, like 30s or 7d");
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::int64_t kNumberMax = 100'000'000'000'000'000;  // one digit more still fits
  constexpr std::int64_t kPartsMax = 1'000'000'000;             // times a day in ms still fits
  std::size_t at = 0;
  std::int64_t number = 0;
  std::int64_t parts = 1;  // the duration is number / parts units
  bool in_fraction = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !in_fraction && at > 0) {
      in_fraction = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    number = number * 10 + (text[at] - '0');
    if (in_fraction) parts *= 10;
    if (number > kNumberMax || parts > kPartsMax) return refusal(text, "has too many digits");
  }
  if (at == 0 || text[at - 1] == '.') return refusal(text, "is not a duration");

  const std::string_view name = at == text.size() ? std::string_view("s") : text.substr(at);
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    const std::int64_t whole = number / parts;
    const std::int64_t rest = number % parts * unit.ms;
    if (rest % parts != 0) return refusal(text, "is finer than a millisecond");
    const std::int64_t whole_max = kDurationMax.count() / unit.ms;
    if (whole > whole_max || (whole == whole_max && rest != 0)) {
      return refusal(text, "is more than a hundred years");
    }
    return Duration{whole * unit.ms + rest / parts};
  }
  return refusal(text, "is not a duration");
}

std::string format_duration(Duration duration) {
  const std::int64_t ms = duration.count();
  if (ms == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (ms % unit.ms == 0) return fmt::format("{}{}", ms / unit.ms, unit.name);
  }
  return fmt::format("{}ms", ms);
}

}  // namespace twofold::engine
