#pragma once

#include <array>
#include <cstddef>
#include <forward_list>
#include <string>
#include <string_view>

#include "filter/filter.h"
#include "filter/operand.h"
#include "filter/value_paths.h"

namespace twofold::filter {

/// The fields that some paths lead to in one value. Views into the value, which must outlive them.
class ValueFields {
 public:
  /// Walks `json` once, without building a document. What is absent stays NULL, and so does
  /// everything when the text is not exactly one JSON value (RFC 8259, UTF-8, kValueDepthMax).
  /// Of doubled members the last counts, with all that is below it. Call it once.
  void read(const ValuePaths& paths, std::string_view json);
  const Operand& operator[](std::size_t slot) const { return fields_[slot]; }

 private:
  std::array<Operand, kPathsMax> fields_{};
  std::forward_list<std::string> unescaped_;  // texts that had escapes
};

}  // namespace twofold::filter
