#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <string>
#include <vector>

#include "filter/like_pattern.h"
#include "filter/operand.h"
#include "filter/value_paths.h"

namespace twofold::filter {

/// What stands on one side of a comparison: a field of the record, or a literal.
struct Term {
  enum class Kind : std::uint8_t {
    literal,
    key,
    header,
    value,       ///< the whole of it, as text
    value_path,  ///< a field of it
    timestamp,
    offset,
    size,
  };

  Kind kind = Kind::literal;
  Operand literal{};
  std::string header{};
  std::size_t slot = 0;  ///< of a value_path
};

/// One condition, with its parts as indexes into the program.
struct Node {
  enum class Kind : std::uint8_t {
    both,        ///< nodes a AND b
    either,      ///< nodes a OR b
    negation,    ///< NOT node a
    comparison,  ///< term a `op` term b
    between,     ///< term a from term b to term c
    in_list,     ///< term a is one of the terms b to c, c excluded
    like,        ///< term a fits pattern b
    is_null,     ///< term a
  };

  Kind kind;
  Comparison op = Comparison::equal;
  bool negated = false;      ///< NOT IN, NOT LIKE, NOT BETWEEN, IS NOT NULL
  bool reads_value = false;  ///< it, or what is below it, wants the value's fields
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t c = 0;
};

/// A compiled filter. Made in place and never moved: its literals are views into itself.
struct Program {
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::string text;
  std::vector<Node> nodes;
  std::size_t root = 0;
  std::vector<Term> terms;
  std::vector<LikePattern> patterns;
  ValuePaths paths;
  std::forward_list<std::string> unquoted;  ///< literals that had ''
};

}  // namespace twofold::filter
