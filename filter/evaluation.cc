#include "filter/evaluation.h"

#include <algorithm>

namespace twofold::filter {
namespace {

Operand raw_text(const std::optional<std::string_view>& bytes) {
  return bytes ? Operand::raw_text(*bytes) : Operand::null();
}

}  // namespace

Truth Evaluation::truth_of(std::size_t index, bool only_yes) {
  const Node& node = program_.nodes[index];
  switch (node.kind) {
    case Node::Kind::both: return both(node, only_yes);
    case Node::Kind::either: return either(node, only_yes);
    case Node::Kind::negation: return negated(truth_of(node.a, false));
    case Node::Kind::comparison:
    case Node::Kind::between:
    case Node::Kind::in_list:
    case Node::Kind::like:
    case Node::Kind::is_null: break;
  }
  const Truth found = holds(node);
  return node.negated ? negated(found) : found;
}

Truth Evaluation::both(const Node& node, bool only_yes) {
  const Truth first = truth_of(node.a, only_yes);
  if (first == Truth::no || (only_yes && first == Truth::unknown)) return first;
  return std::min(first, truth_of(node.b, only_yes));
}

Truth Evaluation::either(const Node& node, bool only_yes) {
  const Truth first = truth_of(node.a, only_yes);
  if (first == Truth::yes) return first;
  return std::max(first, truth_of(node.b, only_yes));
}

Truth Evaluation::holds(const Node& node) {
  switch (node.kind) {
    case Node::Kind::comparison: return compare(operand(node.a), node.op, operand(node.b));
    case Node::Kind::between: return between(node);
    case Node::Kind::in_list: return in_list(node);
    case Node::Kind::like: return like(node);
    case Node::Kind::is_null: return truth(operand(node.a).is_null());
    case Node::Kind::both:
    case Node::Kind::either:
    case Node::Kind::negation: break;
  }
  __builtin_unreachable();
}

Truth Evaluation::between(const Node& node) {
  const Operand subject = operand(node.a);
  return std::min(compare(subject, Comparison::greater_equal, operand(node.b)),
                  compare(subject, Comparison::less_equal, operand(node.c)));
}

// As the OR of its comparisons: one item of another type makes what is not found unknown.
Truth Evaluation::in_list(const Node& node) {
  const Operand subject = operand(node.a);
  Truth found = Truth::no;
  for (std::size_t item = node.b; item < node.c && found != Truth::yes; ++item) {
    found = std::max(found, compare(subject, Comparison::equal, program_.terms[item].literal));
  }
  return found;
}

Truth Evaluation::like(const Node& node) {
  const Operand subject = operand(node.a);
  if (!subject.is_text()) return Truth::unknown;
  return truth(program_.patterns[node.b].matches(subject.as_text));
}

Operand Evaluation::operand(std::size_t index) {
  const Term& term = program_.terms[index];
  switch (term.kind) {
    case Term::Kind::literal: return term.literal;
    case Term::Kind::key: return raw_text(record_.key);
    case Term::Kind::header: return header(term.header);
    case Term::Kind::value: return raw_text(record_.value);
    case Term::Kind::value_path: return value_field(term.slot);
    case Term::Kind::timestamp: return Operand::time(record_.timestamp.value());
    case Term::Kind::offset: return Operand::integer(record_.offset.value());
    case Term::Kind::size:
      return Operand::integer(record_.value ? static_cast<std::int64_t>(record_.value->size()) : 0);
  }
  __builtin_unreachable();
}

// Of headers with the same name the last counts.
Operand Evaluation::header(std::string_view name) const {
  const auto found = std::find_if(record_.headers.rbegin(), record_.headers.rend(),
                                  [&](const engine::Header& each) { return each.name == name; });
  return found == record_.headers.rend() ? Operand::null() : raw_text(found->value);
}

Operand Evaluation::value_field(std::size_t slot) {
  if (!value_was_read_ && record_.value) fields_.read(program_.paths, *record_.value);
  value_was_read_ = true;
  return fields_[slot];
}

}  // namespace twofold::filter
