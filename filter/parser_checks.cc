// What is wrong with a filter, said so that it can be put right.
#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "filter/parser.h"

namespace twofold::filter {
namespace {

constexpr std::size_t kQuotedBytesMax = 40;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Enough of a text to recognise it, never half a character.
std::string shortened(std::string_view text) {
  if (text.size() <= kQuotedBytesMax) return std::string(text);
  std::size_t end = kQuotedBytesMax;
  while (end > 0 && !begins_character(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

// As people see it in a message: a text has its quotes already.
std::string quoted(std::string_view text) {
  const std::string shown = shortened(text);
  return shown.starts_with('\'') ? shown : "'" + shown + "'";
}

bool is_plain_number(Term::Kind kind) {
  return kind == Term::Kind::offset || kind == Term::Kind::size;
}

bool is_order(Comparison op) { return op != Comparison::equal && op != Comparison::not_equal; }

}  // namespace

bool Parser::can_meet(std::size_t left, Comparison op, std::size_t right) {
  if (!is_comparable(left, op) || !is_comparable(right, op)) return false;
  return fits(left, right) && fits(right, left);
}

bool Parser::is_comparable(std::size_t term, Comparison op) {
  const Term& it = program_.terms[term];
  if (it.kind != Term::Kind::literal) return true;
  if (it.literal.is_null()) {
    fail("no comparison with NULL is ever true; write IS NULL or IS NOT NULL", spans_[term].begin);
  } else if (it.literal.type == Operand::Type::boolean && is_order(op)) {
    fail("TRUE and FALSE have no order; compare them with = or <>", spans_[term].begin);
  }
  return !error_;
}

bool Parser::fits(std::size_t field, std::size_t literal) {
  const Term::Kind kind = program_.terms[field].kind;
  const Term& it = program_.terms[literal];
  if (it.kind != Term::Kind::literal || it.literal.is_number()) return true;
  if (is_plain_number(kind)) {
    fail(fmt::format("{} is a number, and {} is not", written(field), shortened(written(literal))),
         spans_[literal].begin);
  }
  if (kind == Term::Kind::timestamp &&
      !(it.literal.is_text() && engine::parse_time(it.literal.as_text))) {
    fail(fmt::format("timestamp is a time, and {} is not (write '2026-11-21T10:30:00Z', "
                     "'2026-11-21' or milliseconds since 1970)",
                     shortened(written(literal))),
         spans_[literal].begin);
  }
  return !error_;
}

bool Parser::can_be_text(std::size_t term) {
  const Term& it = program_.terms[term];
  const bool is_number = is_plain_number(it.kind) || it.kind == Term::Kind::timestamp;
  const bool is_text = it.kind == Term::Kind::literal ? it.literal.is_text() : !is_number;
  if (!is_text) {
    fail(fmt::format("LIKE is for texts, and {} is none", shortened(written(term))),
         spans_[term].begin);
  }
  return is_text;
}

// A literal beside the timestamp is read once, here, and not with every record.
void Parser::read_as_time(std::size_t literal, std::size_t beside) {
  Term& it = program_.terms[literal];
  if (program_.terms[beside].kind != Term::Kind::timestamp) return;
  if (it.kind != Term::Kind::literal || !it.literal.is_text()) return;
  it.literal = Operand::time(engine::parse_time(it.literal.as_text)->value());
}

std::nullopt_t Parser::expected(std::string_view what) {
  if (token_.kind == Token::Kind::broken) return fail(token_.text, token_.position);
  std::string message = fmt::format("expected {}", what);
  if (unit_end_ > unit_begin_) {
    const auto unit = std::string_view(program_.text).substr(unit_begin_, unit_end_ - unit_begin_);
    message += fmt::format(" after {}", quoted(unit));
  }
  message += fmt::format(" at {}", token_.position);
  message += token_.kind == Token::Kind::end ? ", where the filter ends"
                                             : fmt::format(", found {}", quoted(token_.text));
  if (!error_) error_ = SyntaxError{std::move(message), token_.position};
  return std::nullopt;
}

std::nullopt_t Parser::fail(std::string_view message, std::size_t position) {
  if (!error_) error_ = SyntaxError{fmt::format("{}, at {}", message, position), position};
  return std::nullopt;
}

std::string_view Parser::written(std::size_t term) const {
  return std::string_view(program_.text)
      .substr(spans_[term].begin, spans_[term].end - spans_[term].begin);
}

}  // namespace twofold::filter
