// The rules for one side of a comparison.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "filter/parser.h"

namespace twofold::filter {
namespace {

constexpr std::array<std::string_view, 11> kReserved{
    "AND", "OR", "NOT", "IN", "LIKE", "ESCAPE", "BETWEEN", "IS", "TRUE", "FALSE", "NULL"};

struct PlainField {
  std::string_view name;
  Term::Kind kind;
};
constexpr std::array kPlainFields{
    PlainField{"key",       Term::Kind::key      },
    PlainField{"timestamp", Term::Kind::timestamp},
    PlainField{"offset",    Term::Kind::offset   },
    PlainField{"size",      Term::Kind::size     },
};

constexpr std::size_t kShownBytesMax = 40;

bool is_reserved(const Token& token) {
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [&](std::string_view word) { return token.is_word(word); });
}

bool begins_step(const Token& token) { return token.is_symbol(".") || token.is_symbol("["); }

std::optional<Operand> constant(const Token& token) {
  if (token.is_word("TRUE")) return Operand::boolean(true);
  if (token.is_word("FALSE")) return Operand::boolean(false);
  if (token.is_word("NULL")) return Operand::null();
  return std::nullopt;
}

}  // namespace

Parser::TermIndex Parser::operand(std::string_view wanted) {
  const bool is_field = token_.kind == Token::Kind::name && !is_reserved(token_);
  return is_field ? field() : literal(wanted);
}

Parser::TermIndex Parser::literal(std::string_view wanted) {
  const Token token = token_;
  std::optional<Operand> value = constant(token);
  if (token.kind == Token::Kind::text) value = Operand::text(unquoted(token));
  if (token.kind == Token::Kind::number) {
    value = read_number(token.text);
    if (!value) return fail("this number is past what a double holds", token.position);
  }
  if (!value) return expected(wanted);
  advance();
  return add(Term{.kind = Term::Kind::literal, .literal = *value}, token.position);
}

Parser::TermIndex Parser::field() {
  const Token name = token_;
  if (name.text == "headers") return header_field();
  if (name.text == "value") return value_field();
  for (const PlainField& each : kPlainFields) {
    if (name.text != each.name) continue;
    advance();
    return add(Term{.kind = each.kind}, name.position);
  }
  return no_such_field(name);
}

std::nullopt_t Parser::no_such_field(const Token& name) {
  const std::string shown(name.text.size() <= kShownBytesMax ? name.text : "name");
  return fail(
      fmt::format("a record has the fields key, headers, value, timestamp, offset and size, in "
                  "small letters; a header is written headers.{0}, a field of a JSON value "
                  "value.{0}",
                  shown),
      name.position);
}

Parser::TermIndex Parser::header_field() {
  const std::size_t begin = token_.position;
  advance();
  if (!begins_step(token_)) return expected("a header's name, as in headers.region,");
  const bool in_brackets = token_.is_symbol("[");
  advance();
  std::optional<std::string> name = member_name(in_brackets, "a header's name in single quotes");
  if (!name) return std::nullopt;
  if (begins_step(token_)) {
    return fail("a header has no parts (a name with a dot is written headers['a.b'])",
                token_.position);
  }
  return add(Term{.kind = Term::Kind::header, .header = std::move(*name)}, begin);
}

Parser::TermIndex Parser::value_field() {
  const std::size_t begin = token_.position;
  advance();
  std::vector<PathStep> steps;
  while (begins_step(token_)) {
    if (steps.size() == kPathStepsMax) {
      return fail(fmt::format("a path has {} steps at most", kPathStepsMax), token_.position);
    }
    std::optional<PathStep> step = path_step();
    if (!step) return std::nullopt;
    steps.push_back(std::move(*step));
  }
  if (steps.empty()) return add(Term{.kind = Term::Kind::value}, begin);
  const auto slot = program_.paths.add(steps);
  if (!slot) {
    return fail(fmt::format("more than {} different fields of the value", kPathsMax), begin);
  }
  return add(Term{.kind = Term::Kind::value_path, .slot = *slot}, begin);
}

// .name, ['any name'] or [0]; stands on the dot or bracket.
std::optional<PathStep> Parser::path_step() {
  const bool in_brackets = token_.is_symbol("[");
  advance();
  if (in_brackets && token_.kind == Token::Kind::number) return element();
  std::optional<std::string> name =
      member_name(in_brackets, "a member's name in single quotes or an element's number");
  if (!name) return std::nullopt;
  return PathStep{.member = std::move(*name), .element = std::nullopt};
}

std::optional<PathStep> Parser::element() {
  std::uint32_t number = 0;
  const char* const end = token_.text.data() + token_.text.size();
  const auto read = std::from_chars(token_.text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end) {
    return expected("an element's number, 0 or more,");
  }
  advance();
  if (!take_symbol("]")) return expected("]");
  return PathStep{.member = {}, .element = number};
}

std::optional<std::string> Parser::member_name(bool in_brackets, std::string_view wanted) {
  const Token name = token_;
  if (name.kind != (in_brackets ? Token::Kind::text : Token::Kind::name)) {
    return expected(in_brackets ? wanted : "a name");
  }
  advance();
  if (in_brackets && !take_symbol("]")) return expected("]");
  return std::string(in_brackets ? unquoted(name) : name.text);
}

std::string_view Parser::unquoted(const Token& token) {
  const std::string_view inner = token.text.substr(1, token.text.size() - 2);
  if (inner.find('\'') == std::string_view::npos) return inner;
  std::string& text = program_.unquoted.emplace_front();
  for (std::size_t i = 0; i < inner.size(); ++i) {
    text.push_back(inner[i]);
    if (inner[i] == '\'') ++i;
  }
  return text;
}

Parser::TermIndex Parser::add(Term term, std::size_t begin) {
  // Until the next token is taken, what people see before it is the whole term.
  unit_begin_ = begin;
  spans_.push_back(Span{begin, unit_end_});
  program_.terms.push_back(std::move(term));
  return program_.terms.size() - 1;
}

}  // namespace twofold::filter
