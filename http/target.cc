#include "http/target.h"

#include "http/json_reader.h"
#include "http/percent.h"

namespace twofold::http {
namespace {

// What may be given more than once: this one, and lists ("name[]"); only routes that mean it have it.
constexpr std::string_view kRepeatable = "group";

bool has_control(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return true;
  }
  return false;
}

Problem bad_target(std::string detail) { return {ProblemKind::invalid_request, std::move(detail)}; }

}  // namespace

Try<> Target::parse(std::string_view target) {
  segments_.clear();
  query_.clear();
  decoded_.clear();
  decoded_.reserve(target.size());
  const std::size_t mark = target.find('?');
  if (auto parsed = parse_path(target.substr(0, mark)); !parsed) return parsed;
  if (mark == std::string_view::npos) return {};
  return parse_query(target.substr(mark + 1));
}

Try<> Target::parse_path(std::string_view path) {
  if (path == "/" || path == "*") return {};
  path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    const auto segment = decode(path.substr(0, slash), false);
    if (!segment) return bad_target("The path has a % without two hexadecimal digits.");
    if (segment->find_first_of("/\\") != std::string_view::npos || has_control(*segment)) {
      return bad_target("The path holds an encoded slash, backslash or control character.");
    }
    if (*segment == "." || *segment == "..") return bad_target("The path holds a dot segment.");
    if (!is_utf8(*segment)) return bad_target("The path is not valid UTF-8.");
    segments_.push_back(*segment);
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

Try<> Target::parse_query(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const auto name = decode(item.substr(0, equals), true);
    const auto value = decode(
        equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1), true);
    if (!name || !value) return bad_target("The query has a % without two hexadecimal digits.");
    if (!is_utf8(*name) || !is_utf8(*value)) return bad_target("The query is not valid UTF-8.");
    if (find(*name) && *name != kRepeatable && !name->ends_with("[]")) {
      return Problem(ProblemKind::invalid_request, "The query parameter is given twice.",
                     std::string(*name));
    }
    query_.push_back({*name, *value});
  }
  return {};
}

std::optional<std::string_view> Target::find(std::string_view name) const {
  for (const QueryItem& item : query_) {
    if (item.name == name) return item.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Target::decode(std::string_view text, bool plus_is_blank) {
  if (text.find_first_of(plus_is_blank ? "%+" : "%") == std::string_view::npos) return text;
  const std::size_t begin = decoded_.size();
  if (!percent_decode(text, plus_is_blank ? Plus::blank : Plus::plus, decoded_))
    return std::nullopt;
  return std::string_view(decoded_).substr(begin);
}

}  // namespace twofold::http
