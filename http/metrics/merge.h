#pragma once

#include <string_view>

#include "http/metrics/named.h"

namespace twofold::http::metrics {

/// What was found in several namespaces, as one survey that keeps what a survey promises: rows in the
/// order of their names, a number that grows from page to page, the same ids on each.
struct Merged {
  Survey survey;
  Counted counted;

  /// Adds what one of them holds, under names like "team-a/orders"; those of the default one, whose
  /// `name_space` is empty, stay as they are.
  void add(std::string_view name_space, const Survey& survey, const Counted& counted);
};

}  // namespace twofold::http::metrics
