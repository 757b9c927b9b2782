#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http/problem_kind.h"

namespace twofold::http {

/// One header field as it came. Views into the raw head.
struct Field {
  std::string_view name;
  std::string_view value;  ///< without the white space around it
};

/// A request's head, read once and strictly. Views into the raw bytes.
struct Head {
  std::string_view method;
  std::string_view target;  ///< begins with a slash, or is "*" with OPTIONS
  int version_minor = 1;    ///< HTTP/1.0 or HTTP/1.1
  std::vector<Field> fields;

  std::string_view host;
  std::string_view content_type;
  std::string_view origin;
  std::string_view idempotency_key;
  std::string_view name_space;   ///< Twofold-Namespace
  std::string_view traceparent;  ///< of W3C's trace context; empty when it came twice
  std::string_view tracestate;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;

  /// The value of a field, found without regard to case; empty when absent.
  std::string_view field(std::string_view name) const;
  void clear();
};

inline constexpr std::size_t kHeadBytesMax = 16 << 10;
inline constexpr std::size_t kTargetBytesMax = 8 << 10;
inline constexpr std::size_t kFieldsMax = 100;

struct HeadRefusal {
  ProblemKind kind;
  std::string_view detail;  ///< static text
};

/// Reads the head in `raw`, which ends with the empty line. Refuses everything on which two readers
/// of HTTP could disagree about where this request ends, who it is for or what it says:
/// bare CR, LF, NUL and other controls; folded lines; space before a colon; a missing or doubled
/// Host; a target that is no path; any Transfer-Encoding but `chunked`; chunked with HTTP/1.0 or
/// beside a length; a doubled, listed or signed Content-Length; doubled fields that decide
/// something; announced trailers; too many fields.
/// After a refusal the connection must be closed. Pure: any thread. `head` is cleared first.
std::optional<HeadRefusal> check_head(std::string_view raw, Head& head);

/// What to answer when `raw` has reached kHeadBytesMax and the head has not ended.
HeadRefusal head_too_large(std::string_view raw);

/// What RFC 9110 (5.6.2, 5.5) lets the name of a field be made of, and its value.
bool is_field_name(std::string_view text);
bool is_field_value(std::string_view text);
/// Without the blanks and tabs around it.
std::string_view trimmed(std::string_view text);
/// ASCII case does not matter.
bool same_token(std::string_view a, std::string_view b);
/// Whether a comma-separated field value lists `token`.
bool lists_token(std::string_view value, std::string_view token);

}  // namespace twofold::http
