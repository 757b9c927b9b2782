#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "http/call.h"
#include "http/sqs/fault.h"

namespace twofold::http::sqs {

/// A form whose names have dots, as the tree it stands for: "Attribute.1.Name=x" is a value three
/// levels down.
class FormNode {
 public:
  /// Null when there is none.
  const FormNode* child(std::string_view name) const;
  const std::vector<FormNode>& children() const { return children_; }
  std::string_view name() const { return name_; }
  const std::optional<std::string_view>& value() const { return value_; }
  /// The value of a child.
  std::optional<std::string_view> text(std::string_view name) const;
  /// Children with whole numbers for names, by number: the elements of a list.
  std::vector<const FormNode*> numbered() const;

  /// Puts `value` where the dots of `path` lead. The first of two values counts.
  void add(std::string_view path, std::string_view value);

 private:
  /// Places of children by name; no hash, which a sender could make all names share.
  using Index = std::map<std::string_view, std::size_t>;

  std::size_t find(std::string_view name) const;  // children_.size(): there is none
  FormNode& make(std::string_view name);

  std::string_view name_;
  std::optional<std::string_view> value_;
  std::vector<FormNode> children_;
  std::unique_ptr<Index> index_;  // where there are many
};

/// The parameters of a request: those of its target, then those of its body, decoded. Errors:
/// invalid_message_contents when a message's body is not UTF-8; serialization when anything else
/// cannot be read: a broken escape, invalid UTF-8, names too deep, more parameters than batches of
/// so many entries need (2,000 of ten).
Outcome<FormNode> read_form(const Target& target, std::string_view body, Scratch& scratch,
                            std::size_t batch_max = 10);

}  // namespace twofold::http::sqs
