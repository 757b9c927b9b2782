#pragma once

#include <string>

#include "src/bench/compare/comparison.h"

namespace twofold::bench::compare {

/// What a terminal can show.
struct Canvas {
  bool unicode = false;  // blocks of eighths; else '#'
  bool colour = false;
  std::size_t bar_columns = 24;
};

/// A bar of `value` in `max`, never longer than `columns` and never empty for more than nothing.
std::string bar(std::uint64_t value, std::uint64_t max, const Canvas& canvas);

/// Two columns, two histograms side by side, two sentences.
std::string comparison_text(const Comparison& comparison, const Canvas& canvas);

std::string comparison_json(const Comparison& comparison);

}  // namespace twofold::bench::compare
