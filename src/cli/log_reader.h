#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/cli/item.h"
#include "src/cli/position.h"
#include "src/cli/session.h"

namespace twofold::cli {

/// One page of records, and whether the reader has seen everything there is.
struct Page {
  Answer answer;  // what the items' texts point into
  std::vector<Item> items;
  bool caught_up = false;
};

/// Reads topics from a position on, page by page.
class LogReader {
 public:
  virtual ~LogReader() = default;
  /// At most `max` records; waits up to `wait` when there are none.
  virtual Tried<Page> read(std::uint64_t max, std::chrono::milliseconds wait) = 0;
  /// What was read so far counts as processed. Nothing to do for a reader without group.
  virtual Tried<> commit() = 0;
};

struct ReadPlan {
  std::vector<std::string> topics;
  std::vector<int> partitions;  // empty: all
  Position from;
};

/// Reads without leaving a trace on the broker.
Tried<std::unique_ptr<LogReader>> open_reader(Session& session, const ReadPlan& plan);

/// Goes on where `group` stopped, or at plan.from where it has not been; commits on request.
std::unique_ptr<LogReader> open_group_reader(Session& session, const ReadPlan& plan,
                                             const std::string& group);

}  // namespace twofold::cli
