#include "tests/property/filter_model.h"

#include <cerrno>
#include <cstdlib>
#include <regex>
#include <set>

#include <boost/json/parse.hpp>

#include "engine/base/time_text.h"

namespace twofold::filter_model {
namespace {

using Answer = std::optional<bool>;

Answer opposite(Answer a) { return a ? Answer(!*a) : a; }
Answer and_also(Answer a, Answer b) {
  if (a == false || b == false) return false;
  return a && b ? Answer(true) : std::nullopt;
}
Answer or_else(Answer a, Answer b) { return opposite(and_also(opposite(a), opposite(b))); }

std::optional<Value> number_in(const std::string& text) {
  static const std::regex number("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
  static const std::regex integer("-?[0-9]+");
  if (!std::regex_match(text, number)) return std::nullopt;
  errno = 0;
  if (std::regex_match(text, integer)) {
    const long long whole = std::strtoll(text.c_str(), nullptr, 10);
    if (errno == 0) return Value(std::int64_t{whole});
  }
  return Value(std::strtod(text.c_str(), nullptr));
}

template <class T>
bool is(const Value& value) {
  return std::holds_alternative<T>(value);
}

std::optional<std::string> text_of(const Value& value) {
  if (is<Text>(value)) return std::get<Text>(value).bytes;
  if (is<RawText>(value)) return std::get<RawText>(value).bytes;
  return std::nullopt;
}

// The text in `value` as what stands on the other side; anything else as it is.
Value beside(const Value& value, const Value& other) {
  const auto text = text_of(value);
  if (!text || text_of(other)) return value;
  if (is<RawText>(value) && is<bool>(other)) {
    if (*text == "true") return true;
    if (*text == "false") return false;
    return std::monostate{};
  }
  if (is<RawText>(value)) {
    if (const auto number = number_in(*text)) return *number;
  }
  if (is<Time>(other)) {
    if (const auto time = engine::parse_time(*text)) return Time{time->value()};
  }
  return std::monostate{};
}

std::optional<std::int64_t> integer_of(const Value& value) {
  if (is<std::int64_t>(value)) return std::get<std::int64_t>(value);
  if (is<Time>(value)) return std::get<Time>(value).ms;
  return std::nullopt;
}

std::optional<double> double_of(const Value& value) {
  if (const auto integer = integer_of(value)) return static_cast<double>(*integer);
  if (is<double>(value)) return std::get<double>(value);
  return std::nullopt;
}

template <class T>
Answer ordered(const T& left, const std::string& op, const T& right) {
  if (op == "=") return left == right;
  if (op == "<>" || op == "!=") return left != right;
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  return left >= right;
}

Answer compare(const Value& a, const std::string& op, const Value& b) {
  const Value left = beside(a, b);
  const Value right = beside(b, a);
  if (text_of(left) && text_of(right)) return ordered(*text_of(left), op, *text_of(right));
  if (is<bool>(left) && is<bool>(right)) {
    if (op != "=" && op != "<>" && op != "!=") return std::nullopt;
    return ordered(std::get<bool>(left), op, std::get<bool>(right));
  }
  if (integer_of(left) && integer_of(right)) {
    return ordered(*integer_of(left), op, *integer_of(right));
  }
  if (double_of(left) && double_of(right)) return ordered(*double_of(left), op, *double_of(right));
  return std::nullopt;
}

std::size_t character_bytes(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
  return bytes;
}

// Tries everything, and remembers what did not fit: patterns full of % have very many ways to fail.
using Failed = std::set<std::pair<std::size_t, std::size_t>>;

bool like(std::string_view text, std::string_view pattern, std::optional<char> escape,
          Failed& failed) {
  if (pattern.empty()) return text.empty();
  if (failed.contains({text.size(), pattern.size()})) return false;
  const bool is_escaped = pattern[0] == escape;
  bool fits = false;
  if (!is_escaped && pattern[0] == '%') {
    for (std::size_t skipped = 0; skipped <= text.size() && !fits; ++skipped) {
      fits = like(text.substr(skipped), pattern.substr(1), escape, failed);
    }
  } else if (!text.empty() && !is_escaped && pattern[0] == '_') {
    fits = (static_cast<unsigned char>(text[0]) & 0xC0) != 0x80 &&
           like(text.substr(character_bytes(text)), pattern.substr(1), escape, failed);
  } else if (!text.empty()) {
    const std::size_t at = is_escaped ? 1 : 0;
    fits = text[0] == pattern[at] && like(text.substr(1), pattern.substr(at + 1), escape, failed);
  }
  if (!fits) failed.insert({text.size(), pattern.size()});
  return fits;
}

Value from_json(const boost::json::value& found) {
  switch (found.kind()) {
    case boost::json::kind::null: return std::monostate{};
    case boost::json::kind::bool_: return found.get_bool();
    case boost::json::kind::int64: return std::int64_t{found.get_int64()};
    case boost::json::kind::uint64: return static_cast<double>(found.get_uint64());
    case boost::json::kind::double_: return found.get_double();
    case boost::json::kind::string: return Text{std::string(found.get_string().c_str())};
    case boost::json::kind::array:
    case boost::json::kind::object: return Other{};
  }
  std::abort();
}

Value raw(const std::optional<std::string>& text) {
  return text ? Value(RawText{*text}) : Value(std::monostate{});
}

}  // namespace

engine::StoredRecord Record::stored() const {
  std::vector<engine::Header> views;
  for (const auto& [name, text] : headers) {
    views.push_back({name, text ? std::optional<std::string_view>(*text) : std::nullopt});
  }
  return {engine::Offset{offset}, engine::Seq{1}, engine::WallTime{timestamp}, key, value, views};
}

Value Side::of(const Record& record) const {
  switch (kind) {
    case Kind::literal: return literal;
    case Kind::key: return raw(record.key);
    case Kind::value: return raw(record.value);
    case Kind::timestamp: return Time{record.timestamp};
    case Kind::offset: return record.offset;
    case Kind::size: return static_cast<std::int64_t>(record.value.value_or("").size());
    case Kind::path: break;
    case Kind::header: {
      Value found = std::monostate{};
      for (const auto& [name, text] : record.headers) {
        if (name == header) found = raw(text);
      }
      return found;
    }
  }
  boost::json::error_code error;
  boost::json::value at = boost::json::parse(record.value.value_or(""), error);
  if (error) return std::monostate{};
  for (const auto& step : path) {
    const boost::json::value* next = nullptr;
    if (const auto* name = std::get_if<std::string>(&step)) {
      if (at.is_object()) next = at.get_object().if_contains(*name);
    } else if (at.is_array()) {
      next = at.get_array().if_contains(std::get<std::size_t>(step));
    }
    if (!next) return std::monostate{};
    const boost::json::value inner = *next;
    at = inner;
  }
  return from_json(at);
}

std::string Condition::written() const {
  const std::string no = negated ? " NOT" : "";
  switch (kind) {
    case Kind::comparison: return sides[0].written + " " + op + " " + sides[1].written;
    case Kind::between:
      return sides[0].written + no + " BETWEEN " + sides[1].written + " AND " + sides[2].written;
    case Kind::is_null: return sides[0].written + " IS" + no + " NULL";
    case Kind::both: return parts[0].written_in(kind) + " AND " + parts[1].written_in(kind);
    case Kind::either: return parts[0].written_in(kind) + " OR " + parts[1].written_in(kind);
    case Kind::negation: return "NOT " + parts[0].written_in(kind);
    case Kind::in: {
      std::string all = sides[0].written + no + " IN (" + sides[1].written;
      for (std::size_t i = 2; i < sides.size(); ++i) all += ", " + sides[i].written;
      return all + ")";
    }
    case Kind::like: {
      const std::string last = escape ? std::string(" ESCAPE '") + *escape + "'" : "";
      return sides[0].written + no + " LIKE '" + pattern + "'" + last;
    }
  }
  std::abort();
}

// In parentheses only where it would mean something else without.
std::string Condition::written_in(Kind outer) const {
  const bool needs = (kind == Kind::either && outer != Kind::either) ||
                     (kind == Kind::both && outer == Kind::negation);
  return needs ? "(" + written() + ")" : written();
}

std::optional<bool> Condition::holds(const Record& record) const {
  Answer found;
  const auto side = [&](std::size_t i) { return sides[i].of(record); };
  switch (kind) {
    case Kind::both: return and_also(parts[0].holds(record), parts[1].holds(record));
    case Kind::either: return or_else(parts[0].holds(record), parts[1].holds(record));
    case Kind::negation: return opposite(parts[0].holds(record));
    case Kind::comparison: return compare(side(0), op, side(1));
    case Kind::is_null: found = is<std::monostate>(side(0)); break;
    case Kind::between:
      found = and_also(compare(side(0), ">=", side(1)), compare(side(0), "<=", side(2)));
      break;
    case Kind::in:
      found = false;
      for (std::size_t i = 1; i < sides.size(); ++i) {
        found = or_else(found, compare(side(0), "=", side(i)));
      }
      break;
    case Kind::like:
      if (const auto text = text_of(side(0))) {
        Failed failed;
        found = like(*text, pattern, escape, failed);
      }
      break;
  }
  return negated ? opposite(found) : found;
}

}  // namespace twofold::filter_model
