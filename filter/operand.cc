#include "filter/operand.h"

#include <charconv>
#include <compare>

#include "engine/base/time_text.h"

namespace twofold::filter {
namespace {

using Type = Operand::Type;

// The longest text that can still be a time: more digits of a second help nobody.
constexpr std::size_t kTimeBytesMax = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

Operand read_time(std::string_view text) {
  // A refusal makes a message; what cannot be a time is not worth one.
  if (text.empty() || text.size() > kTimeBytesMax || !is_digit(text.front())) return {};
  const auto time = engine::parse_time(text);
  return time ? Operand::time(time->value()) : Operand::null();
}

Operand read_boolean(std::string_view text) {
  if (text == "true") return Operand::boolean(true);
  if (text == "false") return Operand::boolean(false);
  return {};
}

// A text in the eyes of what it is compared with; NULL when it cannot be read like that.
Operand read_as(Type other, const Operand& text) {
  if (text.type == Type::raw_text) {
    if (other == Type::boolean) return read_boolean(text.as_text);
    if (const auto number = read_number(text.as_text)) return *number;
  }
  return other == Type::time ? read_time(text.as_text) : Operand::null();
}

double to_double(const Operand& number) {
  return number.type == Type::decimal ? number.as_double : static_cast<double>(number.as_integer);
}

std::partial_ordering order_without_texts(const Operand& left, const Operand& right) {
  if (left.type == Type::boolean && right.type == Type::boolean) {
    return left.as_integer <=> right.as_integer;
  }
  if (!left.is_number() || !right.is_number()) return std::partial_ordering::unordered;
  if (left.type == Type::decimal || right.type == Type::decimal) {
    return to_double(left) <=> to_double(right);
  }
  return left.as_integer <=> right.as_integer;
}

std::partial_ordering order(const Operand& left, const Operand& right) {
  if (left.is_text() && right.is_text()) return left.as_text.compare(right.as_text) <=> 0;
  if (left.is_text()) return order_without_texts(read_as(right.type, left), right);
  if (right.is_text()) return order_without_texts(left, read_as(left.type, right));
  return order_without_texts(left, right);
}

}  // namespace

Truth compare(const Operand& left, Comparison op, const Operand& right) {
  const std::partial_ordering found = order(left, right);
  if (found == std::partial_ordering::unordered) return Truth::unknown;
  if (op == Comparison::equal) return truth(found == 0);
  if (op == Comparison::not_equal) return truth(found != 0);
  // False is not less than true: order is for what people sort.
  if (left.type == Type::boolean || right.type == Type::boolean) return Truth::unknown;
  switch (op) {
    case Comparison::less: return truth(found < 0);
    case Comparison::less_equal: return truth(found <= 0);
    case Comparison::greater: return truth(found > 0);
    case Comparison::greater_equal: return truth(found >= 0);
    case Comparison::equal:
    case Comparison::not_equal: break;
  }
  __builtin_unreachable();
}

std::size_t number_prefix(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits_at(text, at);
  if (whole == 0) return 0;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits_at(text, at + 1);
    if (fraction > 0) at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const bool is_signed = at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-');
    const std::size_t sign = is_signed ? 1 : 0;
    const std::size_t exponent = digits_at(text, at + 1 + sign);
    if (exponent > 0) at += 1 + sign + exponent;
  }
  return at;
}

std::optional<Operand> read_number(std::string_view text) {
  if (text.empty() || number_prefix(text) != text.size()) return std::nullopt;
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  const auto as_integer = std::from_chars(text.data(), end, integer);
  if (as_integer.ec == std::errc{} && as_integer.ptr == end) return Operand::integer(integer);
  double decimal = 0;
  const auto as_decimal = std::from_chars(text.data(), end, decimal);
  if (as_decimal.ec == std::errc{} && as_decimal.ptr == end) return Operand::decimal(decimal);
  return std::nullopt;
}

}  // namespace twofold::filter
