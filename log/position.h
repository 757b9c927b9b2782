#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/clock.h"
#include "log/topics.h"

namespace twofold::log {

struct Earliest {};
struct Latest {};

/// Where a reader wants to begin, as people say it. An Offset alone speaks about every partition.
using Position = std::variant<Earliest, Latest, WallTime, Offset, PartitionPosition>;

/// Reads "earliest", "latest", "-15m" (that long before `now`), an RFC 3339 time or date, an offset
/// ("41"), or the id of one record ("2-41"). Error: invalid_request.
Result<Position> parse_position(std::string_view text, WallTime now);

/// The id of a record inside its topic: "2-41".
std::string format_record_id(PartitionId partition, Offset offset);
/// Reads a record id; nullopt unless it is two plain numbers.
std::optional<PartitionPosition> parse_record_id(std::string_view text);

/// The offsets that a position other than a time means, one per partition it speaks about: a record
/// id speaks about one, everything else about all. What was trimmed stays as it was asked for: the
/// reader decides about that. Errors: partition_not_found, invalid_request (past the end).
/// Requires that `position` is no WallTime; those go through Topics::plan_time() and find_time().
Result<std::vector<PartitionPosition>> place(const Position& position,
                                             const std::vector<PartitionOffsets>& offsets);

/// The offset of the first record at or after `time` in what Topics::plan_time() answered for one
/// partition; its end when there is none. Never too late: where timestamps go back and forth over a
/// trimmed stretch, it may be a little early. Blocking unless the plan is in memory; never on the
/// core. Errors: data_damaged, io.
Result<Offset> find_time(const ReadablePartition& readable, WallTime time);

}  // namespace twofold::log
