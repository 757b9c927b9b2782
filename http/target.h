#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/problem.h"

namespace twofold::http {

struct QueryItem {
  std::string_view name;
  std::string_view value;
};

/// A request target taken apart: path segments and query items, percent-decoded once each. Holds
/// the decoded bytes; views last until the next parse(). Made to be reused.
class Target {
 public:
  /// Splits on `/` first and decodes then, so that an encoded slash can never be a separator; it
  /// is refused instead, as are %5C, %00, controls, dot segments and invalid UTF-8. In the query
  /// `+` is a blank. Requires that check_head() has accepted the target.
  Try<> parse(std::string_view target);

  std::span<const std::string_view> segments() const { return segments_; }
  std::span<const QueryItem> query() const { return query_; }
  /// The value of a query parameter, the first of a repeated one; nullopt when it was not given.
  std::optional<std::string_view> find(std::string_view name) const;

 private:
  Try<> parse_path(std::string_view path);
  Try<> parse_query(std::string_view query);
  /// Nullopt when an escape is broken.
  std::optional<std::string_view> decode(std::string_view text, bool plus_is_blank);

  std::vector<std::string_view> segments_;
  std::vector<QueryItem> query_;
  std::string decoded_;  // never longer than the target, so it is reserved once and never moves
};

}  // namespace twofold::http
