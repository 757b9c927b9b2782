#pragma once

#include "src/bench/bench.h"
#include "src/bench/compare/plan.h"
#include "src/bench/compare/trace.h"

namespace twofold::bench::compare {

/// Both traces of the same records.
struct Traces {
  Trace queue;
  Trace log;
};

/// Publishes the plan's events once into a topic of its own and handles them twice: by workers who
/// receive them from a queue that was attached to the topic from the start, and by members of a
/// group who read the topic. When everything is published first the two take place one after the
/// other, each with the machine for itself, and time begins with the reading. At a rate they take
/// place at once, while the records come in.
///
/// Blocks; a thread for each worker. Topic, queue and group are deleted afterwards unless
/// plan.keep, also when it fails or is interrupted. Refuses when a request fails. Records that
/// nobody handled within the patience that their work and the visibility timeout ask for are
/// missing in the trace: that is for the caller to find.
Outcome<Traces> run(const Plan& plan, const World& world);

}  // namespace twofold::bench::compare
