#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace twofold::http::sqs {

/// All of `text` as a whole number; nullopt when it is none.
inline std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// A JSON number whose value is whole: "5", also "5.0" and "5e0", as languages write it that know
/// no other numbers.
inline std::optional<std::int64_t> whole_number_in(std::string_view text) {
  if (const auto plain = parse_integer(text)) return plain;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  constexpr double kExact = 9'007'199'254'740'992;  // 2^53: whole numbers up to it are exact
  if (error != std::errc{} || stop != end || !(value >= -kExact && value <= kExact))
    return std::nullopt;
  const auto whole = static_cast<std::int64_t>(value);
  if (static_cast<double>(whole) != value) return std::nullopt;
  return whole;
}

}  // namespace twofold::http::sqs
