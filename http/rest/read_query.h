#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/rest/page.h"
#include "http/rest/position_in.h"
#include "http/rest/record_out.h"

namespace twofold::http {

/// What a read of a topic's records asks for, beyond where it begins.
struct ReadQuery {
  PageLimits limits;
  std::shared_ptr<const queue::RecordFilter> filter;  ///< that limits point to
  engine::Duration wait{0};
  std::size_t bytes_min = 1;  ///< the wait goes on until so much is there
  std::optional<engine::PartitionId> partition;
  RecordWriter::Values values = RecordWriter::Values::as_stored;
  bool skip_trimmed = false;
  bool follow = false;  ///< an answer that goes on: server-sent events, or lines that follow
};

Try<ReadQuery> parse_read_query(Call& call);

/// Where the read begins: Last-Event-ID, cursor or from, in this order.
Task<Try<Places>> find_beginning(Call& call, std::string topic,
                                 std::optional<engine::PartitionId> partition);

/// Whether so many partitions can be read in the order that was asked for.
Try<> check_order(const ReadQuery& query, const Places& places);

/// What to read from `places` on.
log::Read to_read(const ReadQuery& query, const Places& places);

}  // namespace twofold::http
