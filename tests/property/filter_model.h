#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/json/value.hpp>

#include "engine/record.h"

// The filter language once more, as slow and plain as can be: trees, copies, a JSON document, and a
// LIKE that tries everything. Shares no code with the filter.
namespace twofold::filter_model {

struct Record {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::int64_t timestamp;
  std::int64_t offset;

  engine::StoredRecord stored() const;
};

/// A text that is just a text, one without a type (key, header, value), a time, and what is there
/// but cannot be compared.
struct Text {
  std::string bytes;
};
struct RawText {
  std::string bytes;
};
struct Time {
  std::int64_t ms;
};
struct Other {};
using Value = std::variant<std::monostate, bool, std::int64_t, double, Time, Text, RawText, Other>;

/// A field of the record or a literal, with how it is written.
struct Side {
  std::string written;
  enum class Kind { literal, key, header, value, path, timestamp, offset, size } kind;
  Value literal{};
  std::string header{};
  std::vector<std::variant<std::string, std::size_t>> path{};

  Value of(const Record& record) const;
};

struct Condition {
  enum class Kind { comparison, between, in, like, is_null, both, either, negation } kind;
  bool negated = false;
  std::string op{};  // of a comparison
  std::vector<Side> sides{};
  std::string pattern{};  // of LIKE
  std::optional<char> escape{};
  std::vector<Condition> parts{};

  std::string written() const;
  std::string written_in(Kind outer) const;
  /// True, false, or nullopt for unknown.
  std::optional<bool> holds(const Record& record) const;
};

}  // namespace twofold::filter_model
