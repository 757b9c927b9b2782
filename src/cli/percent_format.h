#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/cli/item.h"
#include "src/config/outcome.h"

namespace twofold::cli {

/// The percent codes of `consume -f`: %t topic, %p partition, %o offset, %k key, %v value (%s too),
/// %h headers, %d timestamp in ms, %D the same as RFC 3339, %K and %V lengths, %n count, %%, and
/// for messages %i id and %r receipt; `\n \t \r \\ \xNN`; after a code {hex}, {base64} or {json}.
class PercentFormat {
 public:
  static Outcome<PercentFormat> parse(std::string_view text);

  /// `count` is the number of this item, from 1.
  std::string apply(const Item& item, std::uint64_t count) const;

  enum class Modifier { none, hex, base64, json };
  struct Part {
    char code = 0;  // 0: literal text
    std::string literal;
    Modifier modifier = Modifier::none;
  };
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
};

/// The other direction, for `produce -f '%k,%v\n'`: %k key, %v value, %p partition, %h headers
/// ("a:b,c:d"), and literals between them. The last part must be a literal: it ends a record.
class InputFormat {
 public:
  struct Fields {
    std::optional<std::string> key;
    std::string value;
    std::optional<std::int64_t> partition;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  static Outcome<InputFormat> parse(std::string_view text);

  /// What ends each record.
  const std::string& delimiter() const { return delimiter_; }
  /// One record without its delimiter.
  Outcome<Fields> read(std::string_view record) const;

 private:
  std::vector<PercentFormat::Part> parts_;
  std::string delimiter_;
};

/// "a:b" of a --header flag or an input field.
Outcome<std::pair<std::string, std::string>> parse_header(std::string_view text);

}  // namespace twofold::cli
