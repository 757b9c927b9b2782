#include "src/cli/rate.h"

#include <charconv>

#include <fmt/format.h>

namespace twofold::cli {

Outcome<double> parse_rate(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (error == std::errc{} && number >= 0) {
    if (unit.empty() || unit == "/s") return number;
    if (unit == "/m") return number / 60;
    if (unit == "/h") return number / 3600;
  }
  return Refused(fmt::format("\"{}\" is not a rate: write 50/s, 3000/m or 10/h", text));
}

}  // namespace twofold::cli
