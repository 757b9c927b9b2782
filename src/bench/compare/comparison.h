#pragma once

#include <array>
#include <string>
#include <vector>

#include "src/bench/compare/compare.h"
#include "src/bench/compare/findings.h"
#include "src/bench/report.h"

namespace twofold::bench::compare {

/// Everything that is shown, whatever it is shown on.
struct Comparison {
  Plan plan;
  Traces traces;
  Findings queue;
  Findings log;
  std::optional<Device> device;
  std::string machine;  // "2 x Intel Xeon, 24 GiB, Linux 6.18"
  std::string broker;   // "Twofold 0.1.0 at 127.0.0.1:8080"
};

Comparison compared(Plan plan, Traces traces);

/// The two columns, line by line: what, as a queue, as a log.
struct Row {
  std::string what;
  std::string queue;
  std::string log;
};
std::vector<Row> rows_of(const Comparison& comparison);

/// What one sees, in two sentences: the first about time, the second about order and repetition.
std::array<std::string, 2> sentences_of(const Comparison& comparison);

/// "device sync p50 0.03 ms, p99 0.10 ms (50 direct writes of 4 KiB in .)", or that it is unknown.
std::string device_text(const Comparison& comparison);

/// How head-of-line waiting is counted, for whoever reads the report.
std::string definition_text();

}  // namespace twofold::bench::compare
