#include "http/head_check.h"

#include <array>

namespace twofold::http {
namespace {

enum CharClass : std::uint8_t { kToken = 1, kTarget = 2, kValue = 4, kHost = 8 };

constexpr auto kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    const auto is_one_of = [c](std::string_view set) {
      return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    std::uint8_t bits = 0;
    if (letter || digit || (c > 0x20 && is_one_of("!#$%&'*+-.^_`|~"))) bits |= kToken;
    if (c > 0x20 && c < 0x7F && c != '#') bits |= kTarget;
    if (c == '\t' || (c >= 0x20 && c != 0x7F)) bits |= kValue;
    if (letter || digit || (c > 0x20 && is_one_of("-._:[]"))) bits |= kHost;
    classes[static_cast<std::size_t>(c)] = bits;
  }
  return classes;
}();

bool all(std::string_view text, CharClass wanted) {
  for (const char c : text) {
    if (!(kClasses[static_cast<unsigned char>(c)] & wanted)) return false;
  }
  return true;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

using Refusal = std::optional<HeadRefusal>;

Refusal refuse(std::string_view detail) {
  return HeadRefusal{ProblemKind::invalid_request, detail};
}

// Takes the next line off `rest`. CR and LF must come as a pair and nowhere else.
Refusal take_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return refuse("the head does not end");
  if (end == 0 || rest[end - 1] != '\r') return refuse("a line ends without CR");
  line = rest.substr(0, end - 1);
  rest.remove_prefix(end + 1);
  return std::nullopt;
}

Refusal check_request_line(std::string_view line, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refuse("not an HTTP request line");
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (head.method.empty() || !all(head.method, kToken)) return refuse("not an HTTP method");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refuse("only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  head.version_minor = version.back() - '0';
  if (head.target.size() > kTargetBytesMax) {
    return HeadRefusal{ProblemKind::target_too_long, "the target is longer than 8192 bytes"};
  }
  const bool path = head.target.starts_with('/');
  if (!path && !(head.target == "*" && head.method == "OPTIONS")) {
    return refuse("the target must be a path that begins with /");
  }
  if (!all(head.target, kTarget)) {
    return refuse("the target holds a byte that must be percent-encoded");
  }
  return std::nullopt;
}

Refusal once(bool seen_before) {
  return seen_before ? refuse("a field that may come once came twice") : std::nullopt;
}

Refusal check_content_length(std::string_view value, Head& head) {
  if (head.content_length) return refuse("Content-Length came twice");
  if (value.empty() || value.size() > 18) return refuse("Content-Length is not a length");
  std::uint64_t length = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return refuse("Content-Length is not a length");
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  head.content_length = length;
  return std::nullopt;
}

Refusal check_transfer_encoding(std::string_view value, Head& head) {
  if (head.chunked) return refuse("Transfer-Encoding came twice");
  if (!same_token(value, "chunked")) return refuse("the only Transfer-Encoding taken is chunked");
  head.chunked = true;
  return std::nullopt;
}

Refusal check_host(std::string_view value, Head& head) {
  if (!head.host.empty()) return refuse("Host came twice");
  if (value.empty() || !all(value, kHost)) return refuse("Host does not name a host");
  head.host = value;
  return std::nullopt;
}

// What the framing, routing and safety of the request hang on; everything else is only kept.
struct Seen {
  bool content_type = false;
  bool origin = false;
  bool expect = false;
  bool authorization = false;
  bool amz_date = false;
  bool amz_target = false;
  bool idempotency_key = false;
  bool name_space = false;
  bool content_encoding = false;
  bool traceparent = false;
  bool close = false;
  bool keep_alive = false;
};

Refusal only_once(bool& seen) {
  const bool before = seen;
  seen = true;
  return once(before);
}

Refusal check_field(const Field& field, Head& head, Seen& seen) {
  const auto is = [&](std::string_view name) { return same_token(field.name, name); };
  switch (field.name.size()) {
    case 4:
      if (is("Host")) return check_host(field.value, head);
      break;
    case 6:
      if (is("Origin")) {
        head.origin = field.value;
        return only_once(seen.origin);
      }
      if (is("Expect")) {
        if (!same_token(field.value, "100-continue")) return refuse("Expect knows 100-continue only");
        head.expects_continue = true;
        return only_once(seen.expect);
      }
      break;
    case 7:
      if (is("Trailer")) return refuse("trailers are not taken");
      break;
    case 10:
      if (is("tracestate")) {
        if (head.tracestate.empty()) head.tracestate = field.value;
      } else if (is("Connection")) {
        seen.close |= lists_token(field.value, "close");
        seen.keep_alive |= lists_token(field.value, "keep-alive");
      } else if (is("X-Amz-Date")) {
        return only_once(seen.amz_date);
      }
      break;
    case 11:
      // Two of them say nothing (W3C Trace Context, section 3.2).
      if (is("traceparent")) {
        head.traceparent = seen.traceparent ? std::string_view() : field.value;
        seen.traceparent = true;
      }
      break;
    case 12:
      if (is("Content-Type")) {
        head.content_type = field.value;
        return only_once(seen.content_type);
      }
      if (is("X-Amz-Target")) return only_once(seen.amz_target);
      break;
    case 13:
      if (is("Authorization")) return only_once(seen.authorization);
      break;
    case 14:
      if (is("Content-Length")) return check_content_length(field.value, head);
      break;
    case 15:
      if (is("Idempotency-Key")) {
        head.idempotency_key = field.value;
        return only_once(seen.idempotency_key);
      }
      break;
    case 16:
      if (is("Content-Encoding")) return only_once(seen.content_encoding);
      break;
    case 17:
      if (is("Transfer-Encoding")) return check_transfer_encoding(field.value, head);
      if (is("Twofold-Namespace")) {
        head.name_space = field.value;
        return only_once(seen.name_space);
      }
      break;
    default: break;
  }
  return std::nullopt;
}

Refusal parse_field(std::string_view line, Field& field) {
  if (line.front() == ' ' || line.front() == '\t') return refuse("folded lines are not taken");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return refuse("a field has no colon");
  field.name = line.substr(0, colon);
  if (!is_field_name(field.name)) return refuse("not a field name");
  field.value = trimmed(line.substr(colon + 1));
  if (!is_field_value(field.value)) return refuse("a field holds a control character");
  return std::nullopt;
}

Refusal check_together(Head& head, const Seen& seen) {
  if (head.host.empty()) return refuse("Host is missing");
  if (head.chunked && head.content_length) {
    return refuse("Content-Length and Transfer-Encoding contradict each other");
  }
  if (head.chunked && head.version_minor == 0) return refuse("HTTP/1.0 has no Transfer-Encoding");
  head.keep_alive = !seen.close && (head.version_minor == 1 || seen.keep_alive);
  return std::nullopt;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_field_name(std::string_view text) { return !text.empty() && all(text, kToken); }

bool is_field_value(std::string_view text) { return all(text, kValue); }

bool same_token(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool lists_token(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    if (same_token(trimmed(value.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    value.remove_prefix(comma + 1);
  }
  return false;
}

std::string_view Head::field(std::string_view name) const {
  for (const Field& field : fields) {
    if (same_token(field.name, name)) return field.value;
  }
  return {};
}

void Head::clear() {
  fields.clear();
  method = target = host = content_type = origin = idempotency_key = name_space =
      traceparent = tracestate = {};
  version_minor = 1;
  content_length.reset();
  chunked = expects_continue = false;
  keep_alive = true;
}

HeadRefusal head_too_large(std::string_view raw) {
  if (raw.substr(0, kTargetBytesMax).find('\n') == std::string_view::npos) {
    return {ProblemKind::target_too_long, "the target is longer than 8192 bytes"};
  }
  return {ProblemKind::headers_too_large, "the head is larger than 16384 bytes"};
}

std::optional<HeadRefusal> check_head(std::string_view raw, Head& head) {
  head.clear();
  if (raw.size() > kHeadBytesMax) return head_too_large(raw);
  std::string_view line;
  if (auto refusal = take_line(raw, line)) return refusal;
  if (auto refusal = check_request_line(line, head)) return refusal;
  Seen seen;
  for (;;) {
    if (auto refusal = take_line(raw, line)) return refusal;
    if (line.empty()) break;
    if (head.fields.size() == kFieldsMax) {
      return HeadRefusal{ProblemKind::headers_too_large, "more than 100 fields"};
    }
    Field field;
    if (auto refusal = parse_field(line, field)) return refusal;
    if (auto refusal = check_field(field, head, seen)) return refusal;
    head.fields.push_back(field);
  }
  if (!raw.empty()) return refuse("bytes after the head");
  return check_together(head, seen);
}

}  // namespace twofold::http
