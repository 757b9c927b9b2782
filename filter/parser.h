#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "filter/filter.h"
#include "filter/program.h"
#include "filter/scanner.h"

namespace twofold::filter {

/// Reads a filter by recursive descent, one function per rule of the grammar in language.md.
///
/// The first mistake is final: every function then gives nothing, and error() says why.
class Parser {
 public:
  Parser(Program& program, std::size_t nesting_max);

  /// Reads all of program.text into the program.
  bool run();
  const std::optional<SyntaxError>& error() const { return error_; }

 private:
  using NodeIndex = std::optional<std::size_t>;
  using TermIndex = std::optional<std::size_t>;

  NodeIndex condition();
  NodeIndex conjunction();
  NodeIndex factor();
  NodeIndex deeper(bool is_negation);
  NodeIndex predicate();
  NodeIndex comparison(std::size_t left, Comparison op);
  NodeIndex between(std::size_t subject, bool negated);
  NodeIndex in_list(std::size_t subject, bool negated);
  NodeIndex like(std::size_t subject, bool negated);
  NodeIndex is_null(std::size_t subject);
  NodeIndex joined(Node::Kind kind, std::size_t left, std::size_t right);
  NodeIndex add(Node node);

  TermIndex operand(std::string_view wanted);
  TermIndex literal(std::string_view wanted);
  TermIndex field();
  TermIndex header_field();
  TermIndex value_field();
  TermIndex add(Term term, std::size_t begin);
  std::optional<PathStep> path_step();
  std::optional<PathStep> element();
  std::optional<std::string> member_name(bool in_brackets, std::string_view wanted);
  std::string_view unquoted(const Token& token);

  // What no record could make true is refused: parser_checks.cc.
  bool can_meet(std::size_t left, Comparison op, std::size_t right);
  bool is_comparable(std::size_t term, Comparison op);
  bool fits(std::size_t field, std::size_t literal);
  bool can_be_text(std::size_t term);
  void read_as_time(std::size_t literal, std::size_t beside);

  void advance();
  bool take_word(std::string_view upper_case);
  bool take_symbol(std::string_view symbol);
  bool counts();
  std::nullopt_t no_such_field(const Token& name);
  std::nullopt_t expected(std::string_view what);
  std::nullopt_t fail(std::string_view message, std::size_t position);
  std::string_view written(std::size_t term) const;

  struct Span {
    std::size_t begin;
    std::size_t end;
  };

  Program& program_;
  const std::size_t nesting_max_;
  Scanner scanner_;
  Token token_;
  std::size_t unit_begin_ = 0;  // of what stands before token_, as a person would name it
  std::size_t unit_end_ = 0;
  std::size_t nesting_ = 0;
  std::size_t conditions_ = 0;
  std::vector<Span> spans_;  // where each term stands in the text
  std::optional<SyntaxError> error_;
};

}  // namespace twofold::filter
