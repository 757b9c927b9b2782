#include "http/trace/context.h"

#include <algorithm>

namespace twofold::http::trace {
namespace {

// version, trace id, span id, flags: "00-" 32 "-" 16 "-01"
constexpr std::size_t kLength = 55;
constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kSpanAt = 36;
constexpr std::size_t kFlagsAt = 53;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& out) {
  if (text.size() != 2 * N) return false;
  for (std::size_t i = 0; i < N; ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

template <std::size_t N>
bool is_zero(const std::array<std::uint8_t, N>& id) {
  return std::all_of(id.begin(), id.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool is_valid(const Context& context) { return !is_zero(context.trace) && !is_zero(context.span); }

}  // namespace

std::optional<Context> parse_traceparent(std::string_view text) {
  if (text.size() < kLength) return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  if (!read_hex(text.substr(0, 2), version) || version[0] == 0xFF) return std::nullopt;
  const bool longer = text.size() > kLength;
  if (longer && (version[0] == 0 || text[kLength] != '-')) return std::nullopt;
  for (const std::size_t dash : {kTraceAt, kSpanAt, kFlagsAt})
    if (text[dash - 1] != '-') return std::nullopt;
  Context context;
  std::array<std::uint8_t, 1> flags{};
  if (!read_hex(text.substr(kTraceAt, 32), context.trace)) return std::nullopt;
  if (!read_hex(text.substr(kSpanAt, 16), context.span)) return std::nullopt;
  if (!read_hex(text.substr(kFlagsAt, 2), flags)) return std::nullopt;
  context.sampled = (flags[0] & 1) != 0;
  if (!is_valid(context)) return std::nullopt;
  return context;
}

std::string traceparent_of(const Context& context) {
  std::string text = "00-";
  text.append(id_text(context.trace)).append("-").append(id_text(context.span));
  return text.append(context.sampled ? "-01" : "-00");
}

std::optional<Context> parse_aws_trace(std::string_view text) {
  Context context;
  while (!text.empty()) {
    const std::size_t end = text.find(';');
    std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.starts_with("Root=1-")) {
      // Eight digits of time, a dash and 24 more are one id of 32.
      const std::string_view root = part.substr(7);
      if (root.size() != 33 || root[8] != '-') return std::nullopt;
      const std::string joined = std::string(root.substr(0, 8)).append(root.substr(9));
      if (!read_hex(joined, context.trace)) return std::nullopt;
    } else if (part.starts_with("Parent=")) {
      if (!read_hex(part.substr(7), context.span)) return std::nullopt;
    } else if (part.starts_with("Sampled=")) {
      context.sampled = part.substr(8) == "1";
    }
  }
  if (!is_valid(context)) return std::nullopt;
  return context;
}

}  // namespace twofold::http::trace
