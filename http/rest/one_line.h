#pragma once

#include <algorithm>
#include <string>

namespace twofold::http {

/// Puts what follows `begin` on one line: values are spliced as they were sent, and between the
/// tokens of JSON a line's end is as good as a blank (inside strings it cannot stand).
inline void keep_on_one_line(std::string& out, std::size_t begin) {
  const auto ends_line = [](char c) { return c == '\n' || c == '\r'; };
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), ends_line, ' ');
}

}  // namespace twofold::http
