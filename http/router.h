#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/route.h"

namespace twofold::http {

/// What a path and a method lead to.
struct Match {
  const Route* route = nullptr;       ///< null: no such path, or not with this method
  bool path_exists = false;
  std::array<std::string_view, 3> args{};
};

/// Finds those routes by path that a listener serves; to it the others are not there. Built once
/// from the table; then shared by all threads, read only.
class Router {
 public:
  explicit Router(std::span<const Route> table, Listener listener = Listener::full);

  /// Whether there is such a route at this listener, of this table or another one.
  bool serves(const Route& route) const;

  /// HEAD is answered by GET's route.
  Match match(std::string_view method, std::span<const std::string_view> segments) const;
  /// The methods of a path for an Allow field: "GET, HEAD, OPTIONS, PUT".
  std::string allow(std::span<const std::string_view> segments) const;
  /// Refuses parameters that the route does not have, and names the nearest that it has.
  static Try<> check_query(const Route& route, const Target& target);
  std::span<const Route> table() const { return table_; }

 private:
  struct Pattern {
    const Route* route;
    std::vector<std::string_view> segments;  // "{name}" stands for any
  };
  static bool fits(const Pattern& pattern, std::span<const std::string_view> segments);

  std::span<const Route> table_;
  const Listener listener_;
  std::vector<std::vector<Pattern>> by_length_;  // by number of segments
};

}  // namespace twofold::http
