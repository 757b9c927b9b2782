#pragma once

#include "src/bench/compare/comparison.h"
#include "src/bench/compare/drawing.h"

namespace twofold::bench::compare {

constexpr double kFigureWidth = 960;

struct Figure {
  Drawing drawing;
  double height = 0;
  std::string title;
  std::string caption;  // how to read it
};

/// Both histograms beside each other, row by row.
Figure histogram_figure(const Comparison& comparison);

/// Which worker did what, first in the queue, then in the log, on one scale of time: from the
/// beginning until both have handled the first records.
Figure timeline_figure(const Comparison& comparison);

/// Of how many first records that is: enough to have a slow one, or a crash, among them.
std::uint64_t first_records(const Plan& plan);

}  // namespace twofold::bench::compare
