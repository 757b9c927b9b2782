#include "engine/base/diag_line.h"

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "engine/base/time_text.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kValueBytesMax = 256;
constexpr std::uint64_t kLinesPerSecond = 10;
constexpr std::size_t kSitesMax = 1024;

constexpr std::array<std::string_view, 4> kUpper{"DEBUG", "INFO", "WARN", "ERROR"};
constexpr std::array<std::string_view, 4> kLower{"debug", "info", "warn", "error"};

struct Character {
  std::size_t bytes;
  char32_t code;  ///< U+FFFD when the byte begins no character
};

/// The character at the front of `text`, which is not empty.
Character front(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return {1, first};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {1, 0xFFFD};
  char32_t code = first & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {1, 0xFFFD};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < kLeast[size] || code > 0x10FFFF || surrogate) return {1, 0xFFFD};
  return {size, code};
}

/// Moves the cursor of a terminal, or reorders what a reader sees.
bool misleads(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

/// Both formats escape alike, so that a line reads the same in either.
void append_escaped(std::string& out, std::string_view text) {
  const bool cut = text.size() > kValueBytesMax;
  std::size_t left = kValueBytesMax;
  while (!text.empty()) {
    const auto c = front(text);
    if (c.bytes > left) break;
    left -= c.bytes;
    if (c.code == '"' || c.code == '\\') {
      out += '\\';
      out += static_cast<char>(c.code);
    } else if (c.code == '\n') {
      out += "\\n";
    } else if (misleads(c.code) || c.code == 0xFFFD) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c.code));
    } else {
      out += text.substr(0, c.bytes);
    }
    text.remove_prefix(c.bytes);
  }
  if (cut) out += "...";
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

/// A plain word stays as it is; anything that could be mistaken for more than one value is quoted.
void append_value(std::string& out, std::string_view text) {
  if (text.empty() || text.find_first_of(" =\"") != std::string_view::npos) {
    append_quoted(out, text);
  } else {
    append_escaped(out, text);
  }
}

}  // namespace

std::string diag_line(DiagFormat format, WallTime time, DiagLevel level, std::string_view component,
                      std::string_view message, DiagFields fields) {
  const auto at = static_cast<std::size_t>(level);
  std::string line;
  if (format == DiagFormat::text) {
    line = fmt::format("{} {:<5} {:<8} ", format_time(time), kUpper[at], component);
    append_escaped(line, message);
    for (const auto& [name, value] : fields) {
      line += ' ';
      line += name;
      line += '=';
      append_value(line, value);
    }
    return line;
  }
  line = fmt::format(R"({{"ts":"{}","level":"{}","comp":")", format_time(time), kLower[at]);
  append_escaped(line, component);
  line += R"(","msg":)";
  append_quoted(line, message);
  for (const auto& [name, value] : fields) {
    line += ',';
    append_quoted(line, name);
    line += ':';
    append_quoted(line, value);
  }
  line += '}';
  return line;
}

bool DiagLimiter::pass(WallTime now, std::string_view component, std::string_view message,
                       std::string_view whom) {
  const auto second = now.value() / 1000;
  // More sites than any sound program has: start over rather than grow.
  if (windows_.size() >= kSitesMax) windows_.clear();
  const Site site(component, message, whom);
  auto& window = windows_.try_emplace(site, Window{second, 0}).first->second;
  if (window.second != second) window = Window{second, 0};
  if (++window.lines <= kLinesPerSecond) return true;
  if (!holding_since_) holding_since_ = second;
  return false;
}

std::vector<DiagLimiter::Summary> DiagLimiter::take_suppressed(WallTime now) {
  const auto second = now.value() / 1000;
  std::vector<Summary> summaries;
  if (!holding_since_ || *holding_since_ == second) return summaries;
  holding_since_.reset();
  for (auto it = windows_.begin(); it != windows_.end();) {
    const auto& [site, window] = *it;
    if (window.second == second) {
      if (window.lines > kLinesPerSecond) holding_since_ = second;
      ++it;
      continue;
    }
    if (window.lines > kLinesPerSecond)
      summaries.push_back({std::get<0>(site), std::get<1>(site), std::get<2>(site),
                           window.lines - kLinesPerSecond});
    it = windows_.erase(it);
  }
  return summaries;
}

}  // namespace twofold::engine
