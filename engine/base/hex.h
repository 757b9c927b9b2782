#pragma once

#include <string>
#include <string_view>

namespace twofold::engine {

/// Puts `bytes` behind `text`, each as two lower-case hexadecimal digits.
inline void append_hex(std::string& text, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
}

inline std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  append_hex(text, bytes);
  return text;
}

}  // namespace twofold::engine
