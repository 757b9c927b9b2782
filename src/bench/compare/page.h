#pragma once

#include <string>

#include "src/bench/compare/comparison.h"

namespace twofold::bench::compare {

/// The report as one file that asks for nothing else: what one sees in two sentences, both columns,
/// both histograms, who did what, and everything that is needed to repeat it.
std::string html_page(const Comparison& comparison);

/// The same as one picture.
std::string svg_page(const Comparison& comparison);

}  // namespace twofold::bench::compare
