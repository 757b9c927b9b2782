#pragma once

#include <string>
#include <vector>

#include "http/call.h"
#include "log/cursor.h"
#include "log/position.h"

namespace twofold::http {

/// A topic and a place in each of the partitions that are wanted.
struct Places {
  log::TopicInfo topic;
  std::vector<log::PartitionPosition> positions;
};

/// Where a reader that names a position begins: "earliest", a time, an offset, ... Times are looked
/// up in the records, off the core. `param` is named when the text is refused. With `only`, what
/// lies in other partitions does not matter to an offset.
Task<Try<Places>> find_places(Call& call, std::string topic, std::string position,
                              std::string_view param,
                              std::optional<engine::PartitionId> only = std::nullopt);
/// What a cursor of this topic says, with the seeks of a group's.
Try<std::vector<log::PartitionPosition>> read_cursor(const log::TopicInfo& topic,
                                                     std::string_view cursor);
/// Where a cursor says to go on, whoever it was given to.
Task<Try<Places>> places_of_cursor(Call& call, std::string topic, std::string cursor);

/// The place in a partition among `positions`, which ascend as a cursor's do; null: there is none.
const log::PartitionPosition* place_in(const std::vector<log::PartitionPosition>& positions,
                                       engine::PartitionId partition);

/// Keeps one partition only; an error when it is not there.
Try<> keep_partition(Places& places, engine::PartitionId partition);

}  // namespace twofold::http
