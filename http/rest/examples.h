#pragma once

#include <span>
#include <string_view>

namespace twofold::http {

/// One documented call of an operation. The examples of all operations, in the order of their
/// table, are one story: a test plays it against a running broker and compares the shapes of the
/// answers. `r1.example` stands for the receipt that the story received last, `c1.example` and
/// `g1.example` for the last cursor, `op_example` for the operation begun last.
struct Example {
  std::string_view operation;
  std::string_view name;
  std::string_view summary;
  std::string_view target;    ///< path and query
  std::string_view request;   ///< JSON; empty: no body
  int status;
  std::string_view response;  ///< JSON
};

std::span<const Example> all_examples();
/// Those of one operation (they stand together in the table).
std::span<const Example> examples_of(std::string_view operation);

}  // namespace twofold::http
