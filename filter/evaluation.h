#pragma once

#include "engine/record.h"
#include "filter/program.h"
#include "filter/value_fields.h"

namespace twofold::filter {

/// One program over one record. The record's bytes must stay where they are.
class Evaluation {
 public:
  Evaluation(const Program& program, const engine::StoredRecord& record)
      : program_(program), record_(record) {}

  /// Whether the whole condition is true.
  bool run() { return truth_of(program_.root, true) == Truth::yes; }

 private:
  // With `only_yes`, unknown may be given for what is unknown or no: nobody will ask which.
  Truth truth_of(std::size_t node, bool only_yes);
  Truth both(const Node& node, bool only_yes);
  Truth either(const Node& node, bool only_yes);
  Truth holds(const Node& node);
  Truth between(const Node& node);
  Truth in_list(const Node& node);
  Truth like(const Node& node);
  Operand operand(std::size_t term);
  Operand header(std::string_view name) const;
  Operand value_field(std::size_t slot);

  const Program& program_;
  const engine::StoredRecord& record_;
  ValueFields fields_;
  bool value_was_read_ = false;
};

}  // namespace twofold::filter
