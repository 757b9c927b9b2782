#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/bench/bench.h"
#include "src/bench/compare/plan.h"

namespace twofold::bench::compare {

/// One record as a worker was given it.
struct Held {
  std::uint64_t record = 0;  // its number, which stands in its value
  std::string receipt;       // of a queue
};

/// How a worker comes by records and says that they are done: all that the two models differ in for
/// it. A source is one connection; who drops it drops what he holds.
/// Threads: one.
class Source {
 public:
  virtual ~Source() = default;
  /// The next records, none when there are none within `wait`.
  virtual Outcome<std::vector<Held>> take(std::chrono::milliseconds wait) = 0;
  /// One of them was handled.
  virtual Outcome<Done> handled(const Held& held) = 0;
  /// All of them were handled.
  virtual Outcome<Done> page_done() = 0;
};

/// Opens a new connection for a worker.
using OpenSource = std::function<std::unique_ptr<Source>(std::size_t worker)>;

/// Receives and acks each message, in a queue of that name.
OpenSource queue_sources(const World& world, const Plan& plan, const std::string& name);

/// Polls as a member of a group and commits each page. The members have joined before.
OpenSource log_sources(const World& world, const Plan& plan, const std::string& name);

/// Lets the members join the group one after the other, before there is a record, until each of the
/// partitions has its reader. They stay in it for half an hour of silence, or until leave_group().
Outcome<Done> join_group(const World& world, const Plan& plan, const std::string& name);
void leave_group(const World& world, const Plan& plan, const std::string& name);

}  // namespace twofold::bench::compare
