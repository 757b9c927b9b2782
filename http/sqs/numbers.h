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

}  // namespace twofold::http::sqs
