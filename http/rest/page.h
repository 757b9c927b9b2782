#pragma once

#include <functional>
#include <vector>

#include "http/call.h"
#include "http/rest/record_out.h"
#include "log/topics.h"

namespace twofold::http {

/// How much of what was read goes into one answer.
struct PageLimits {
  std::size_t records_max = 100;
  std::size_t bytes_max = 1 << 20;  ///< keys, values and headers, and a little for each record
  bool total_order = false;  ///< stop rather than let a later page hold an earlier seq
  bool step_over = false;    ///< damage is a gap; else it is the answer
  const queue::RecordFilter* filter = nullptr;  ///< only what it matches; null: everything
};

/// Offsets [from, to) of a partition that nothing can be read of any more.
struct PageGap {
  engine::PartitionId partition;
  engine::Offset from;
  engine::Offset to;
};

/// One page of a topic's records: rendered, and where to go on.
struct Page {
  std::size_t records = 0;
  std::vector<log::PartitionPosition> next;  ///< as read, moved behind what the page holds
  bool caught_up = true;
  std::int64_t lag_count = 0;                ///< records behind the page, over its partitions
  std::optional<engine::WallTime> newest;    ///< timestamp of the page's last record
  std::vector<PageGap> gaps;                 ///< with step_over: what the page has passed
};

/// Takes each record of a page, in the page's order.
using PageSink = std::function<void(engine::PartitionId, const engine::StoredRecord&)>;

/// Fetches and merges what a read answered, by seq, and hands the records to `sink`. Records of
/// different partitions follow their seq within the page; with `total_order` across pages too (the
/// read must have been one for total order then).
/// A page is shorter where the account of answers has no room for more; overloaded when there is
/// room for nothing at all: then nothing was read, or given to `sink`.
/// Errors: data-damaged with the gap, where that is known; and what fetching answers. What lies
/// before the trouble in a partition comes first. With `step_over` one partition's trouble is the
/// answer only when no other has anything either.
Task<Try<Page>> make_page(Call& call, const log::Readable& readable, PageLimits limits,
                          PageSink sink);

}  // namespace twofold::http
