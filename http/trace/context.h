#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/hex.h"

namespace twofold::http::trace {

/// The headers under which a record keeps the trace that it belongs to, as they came; the fields of
/// requests are called the same.
inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

/// A place in a trace (W3C Trace Context). Ids are never all zeros.
struct Context {
  TraceId trace{};
  SpanId span{};
  bool sampled = false;
};

/// "00-<32 hex digits>-<16 hex digits>-01", and what later versions may add behind it. Nullopt for
/// everything that must be ignored: wrong lengths, capital letters, zeros, version ff.
std::optional<Context> parse_traceparent(std::string_view text);
/// As version 00.
std::string traceparent_of(const Context& context);

/// Of AWS X-Ray: "Root=1-<8>-<24 hex digits>;Parent=<16 hex digits>;Sampled=1", in any order.
std::optional<Context> parse_aws_trace(std::string_view text);

/// An id as hexadecimal digits.
template <std::size_t N>
std::string id_text(const std::array<std::uint8_t, N>& id) {
  return engine::to_hex({reinterpret_cast<const char*>(id.data()), id.size()});
}

}  // namespace twofold::http::trace
