#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace twofold::filter {

/// The truth of a condition. SQL's three, in the order that makes AND the least and OR the
/// greatest.
enum class Truth : std::uint8_t { no, unknown, yes };

constexpr Truth truth(bool holds) { return holds ? Truth::yes : Truth::no; }
constexpr Truth negated(Truth t) { return t == Truth::unknown ? t : truth(t == Truth::no); }

/// One side of a comparison, as it is in a record or a filter. Texts are views.
struct Operand {
  enum class Type : std::uint8_t {
    null,
    boolean,
    integer,
    decimal,
    time,      ///< milliseconds since 1970, as an integer
    text,      ///< of a JSON value or a literal: a text and nothing else
    raw_text,  ///< bytes without a type of their own (key, header, value): may be read as a number
    other,  ///< there, but comparable with nothing: a JSON object or array, a number past a double
  };

  static Operand null() { return {}; }
  static Operand boolean(bool b) { return whole(Type::boolean, b ? 1 : 0); }
  static Operand integer(std::int64_t i) { return whole(Type::integer, i); }
  static Operand time(std::int64_t ms) { return whole(Type::time, ms); }
  static Operand other() { return whole(Type::other, 0); }
  static Operand decimal(double d) {
    Operand made = whole(Type::decimal, 0);
    made.as_double = d;
    return made;
  }
  static Operand text(std::string_view t) { return words(Type::text, t); }
  static Operand raw_text(std::string_view t) { return words(Type::raw_text, t); }

  bool is_null() const { return type == Type::null; }
  bool is_text() const { return type == Type::text || type == Type::raw_text; }
  bool is_number() const {
    return type == Type::integer || type == Type::decimal || type == Type::time;
  }

  Type type = Type::null;
  union {
    std::int64_t as_integer = 0;  // boolean, integer, time
    double as_double;             // decimal
  };
  std::string_view as_text{};

 private:
  static Operand whole(Type type, std::int64_t value) {
    Operand made;
    made.type = type;
    made.as_integer = value;
    return made;
  }
  static Operand words(Type type, std::string_view text) {
    Operand made;
    made.type = type;
    made.as_text = text;
    return made;
  }
};

enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

/// Numbers by value (exactly when both are integers of 64 bits, else as doubles), texts by their
/// bytes, booleans only as equal or not. Unknown for NULL and for types that do not meet.
Truth compare(const Operand& left, Comparison op, const Operand& right);

/// Bytes of the number at the start of `text`, 0 when there is none:
/// -?digits[.digits][e[+-]digits].
std::size_t number_prefix(std::string_view text);
/// All of `text` as a number: an integer if it is written as one and fits 64 bits, else a decimal.
/// Nullopt when it is no number or past what a double holds.
std::optional<Operand> read_number(std::string_view text);

}  // namespace twofold::filter
