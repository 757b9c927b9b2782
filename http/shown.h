#pragma once

#include <string>
#include <string_view>

#include "http/utf8.h"

namespace twofold::http {

/// What a client calls itself, as JSON can hold it: UTF-8 stays as it is, and of what is none
/// (other encodings in a header, a name that was cut) each byte becomes U+FFFD.
inline std::string shown(std::string_view name) {
  if (is_utf8(name)) return std::string(name);
  std::string text;
  while (!name.empty()) {
    const std::size_t size = utf8_sequence(name);
    text.append(size == 0 ? std::string_view("\uFFFD") : name.substr(0, size));
    name.remove_prefix(size == 0 ? 1 : size);
  }
  return text;
}

}  // namespace twofold::http
