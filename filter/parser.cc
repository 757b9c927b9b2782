#include "filter/parser.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace twofold::filter {
namespace {

struct Operator {
  std::string_view symbol;
  Comparison op;
};
constexpr std::array kOperators{
    Operator{"=",  Comparison::equal        },
    Operator{"<>", Comparison::not_equal    },
    Operator{"!=", Comparison::not_equal    },
    Operator{"<",  Comparison::less         },
    Operator{"<=", Comparison::less_equal   },
    Operator{">",  Comparison::greater      },
    Operator{">=", Comparison::greater_equal},
};

constexpr std::string_view kCondition = "a condition";
constexpr std::string_view kOperand = "a field or a literal";

}  // namespace

Parser::Parser(Program& program, std::size_t nesting_max)
    : program_(program), nesting_max_(nesting_max), scanner_(program.text) {
  token_ = scanner_.next();
}

bool Parser::run() {
  if (token_.kind == Token::Kind::end) {
    fail("the filter is empty: expected a condition, like headers.region = 'EU'", token_.position);
    return false;
  }
  const NodeIndex root = condition();
  if (root && token_.kind != Token::Kind::end) expected("AND, OR or the end");
  if (error_) return false;
  program_.root = *root;
  return true;
}

Parser::NodeIndex Parser::condition() {
  NodeIndex left = conjunction();
  while (left && take_word("OR")) {
    const NodeIndex right = conjunction();
    if (!right) return std::nullopt;
    left = joined(Node::Kind::either, *left, *right);
  }
  return left;
}

Parser::NodeIndex Parser::conjunction() {
  NodeIndex left = factor();
  while (left && take_word("AND")) {
    const NodeIndex right = factor();
    if (!right) return std::nullopt;
    left = joined(Node::Kind::both, *left, *right);
  }
  return left;
}

Parser::NodeIndex Parser::factor() {
  const bool is_negation = token_.is_word("NOT");
  return is_negation || token_.is_symbol("(") ? deeper(is_negation) : predicate();
}

Parser::NodeIndex Parser::deeper(bool is_negation) {
  if (nesting_ == nesting_max_) {
    return fail(fmt::format("nested deeper than {} levels", nesting_max_), token_.position);
  }
  ++nesting_;
  advance();
  const NodeIndex inner = is_negation ? factor() : condition();
  --nesting_;
  if (!inner) return std::nullopt;
  if (is_negation) {
    const bool reads_value = program_.nodes[*inner].reads_value;
    return add(Node{.kind = Node::Kind::negation, .reads_value = reads_value, .a = *inner});
  }
  if (!take_symbol(")")) return expected("AND, OR or )");
  return inner;
}

Parser::NodeIndex Parser::predicate() {
  const TermIndex left = operand(kCondition);
  if (!left || !counts()) return std::nullopt;
  for (const Operator& each : kOperators) {
    if (take_symbol(each.symbol)) return comparison(*left, each.op);
  }
  if (take_word("IS")) return is_null(*left);
  const bool negated = take_word("NOT");
  if (take_word("BETWEEN")) return between(*left, negated);
  if (take_word("IN")) return in_list(*left, negated);
  if (take_word("LIKE")) return like(*left, negated);
  return expected(negated ? "IN, LIKE or BETWEEN" : "a comparison");
}

Parser::NodeIndex Parser::comparison(std::size_t left, Comparison op) {
  const TermIndex right = operand(kOperand);
  if (!right || !can_meet(left, op, *right)) return std::nullopt;
  read_as_time(left, *right);
  read_as_time(*right, left);
  return add(Node{.kind = Node::Kind::comparison, .op = op, .a = left, .b = *right});
}

Parser::NodeIndex Parser::between(std::size_t subject, bool negated) {
  const TermIndex low = operand(kOperand);
  if (!low) return std::nullopt;
  if (!take_word("AND")) return expected("AND and the upper end of BETWEEN");
  const TermIndex high = operand(kOperand);
  if (!high || !can_meet(subject, Comparison::greater_equal, *low) ||
      !can_meet(subject, Comparison::less_equal, *high)) {
    return std::nullopt;
  }
  read_as_time(*low, subject);
  read_as_time(*high, subject);
  return add(
      Node{.kind = Node::Kind::between, .negated = negated, .a = subject, .b = *low, .c = *high});
}

Parser::NodeIndex Parser::in_list(std::size_t subject, bool negated) {
  if (!take_symbol("(")) return expected("a list in parentheses");
  const std::size_t first = program_.terms.size();
  do {
    const TermIndex item = literal("a literal");
    if (!item || !counts() || !can_meet(subject, Comparison::equal, *item)) return std::nullopt;
    read_as_time(*item, subject);
  } while (take_symbol(","));
  if (!take_symbol(")")) return expected("a comma or )");
  return add(Node{.kind = Node::Kind::in_list,
                  .negated = negated,
                  .a = subject,
                  .b = first,
                  .c = program_.terms.size()});
}

Parser::NodeIndex Parser::like(std::size_t subject, bool negated) {
  const Token pattern = token_;
  if (pattern.kind != Token::Kind::text) return expected("a pattern in single quotes");
  advance();
  std::optional<char> escape;
  if (take_word("ESCAPE")) {
    const std::string_view character =
        token_.kind == Token::Kind::text ? unquoted(token_) : std::string_view{};
    if (character.size() != 1) return expected("one ASCII character in single quotes");
    escape = character.front();
    advance();
  }
  if (!can_be_text(subject)) return std::nullopt;
  const std::string_view text = unquoted(pattern);
  if (text.size() > kPatternBytesMax) {
    return fail(
        fmt::format("a pattern has {} bytes at most, this one {}", kPatternBytesMax, text.size()),
        pattern.position);
  }
  auto compiled = LikePattern::compile(text, escape);
  if (!compiled) {
    return fail(
        "in this pattern the escape character stands before something else than %, _ or itself",
        pattern.position);
  }
  program_.patterns.push_back(std::move(*compiled));
  return add(Node{.kind = Node::Kind::like,
                  .negated = negated,
                  .a = subject,
                  .b = program_.patterns.size() - 1});
}

Parser::NodeIndex Parser::is_null(std::size_t subject) {
  const bool negated = take_word("NOT");
  if (!take_word("NULL")) return expected(negated ? "NULL" : "NULL or NOT NULL");
  return add(Node{.kind = Node::Kind::is_null, .negated = negated, .a = subject});
}

// The side that does not need the value comes first: it may decide without the value being read.
Parser::NodeIndex Parser::joined(Node::Kind kind, std::size_t left, std::size_t right) {
  const bool left_reads = program_.nodes[left].reads_value;
  const bool right_reads = program_.nodes[right].reads_value;
  if (left_reads && !right_reads) std::swap(left, right);
  return add(Node{.kind = kind, .reads_value = left_reads || right_reads, .a = left, .b = right});
}

Parser::NodeIndex Parser::add(Node node) {
  const auto reads = [&](std::size_t term) {
    return program_.terms[term].kind == Term::Kind::value_path;
  };
  if (node.kind == Node::Kind::comparison) node.reads_value = reads(node.a) || reads(node.b);
  if (node.kind == Node::Kind::between) {
    node.reads_value = reads(node.a) || reads(node.b) || reads(node.c);
  }
  if (node.kind == Node::Kind::in_list || node.kind == Node::Kind::like ||
      node.kind == Node::Kind::is_null) {
    node.reads_value = reads(node.a);
  }
  program_.nodes.push_back(node);
  return program_.nodes.size() - 1;
}

void Parser::advance() {
  unit_begin_ = token_.position;
  unit_end_ = token_.end();
  token_ = scanner_.next();
}

bool Parser::take_word(std::string_view upper_case) {
  if (!token_.is_word(upper_case)) return false;
  advance();
  return true;
}

bool Parser::take_symbol(std::string_view symbol) {
  if (!token_.is_symbol(symbol)) return false;
  advance();
  return true;
}

bool Parser::counts() {
  if (++conditions_ <= kConditionsMax) return true;
  fail(fmt::format("more than {} comparisons and items of lists", kConditionsMax), unit_begin_);
  return false;
}

}  // namespace twofold::filter
