#include "http/rest/page.h"

#include <algorithm>

#include "http/fetched.h"

namespace twofold::http {
namespace {

// What a record takes in an answer beside its own bytes, about.
constexpr std::size_t kRecordBytes = 128;

std::size_t bytes_of(const engine::StoredRecord& record) {
  std::size_t bytes = kRecordBytes;
  bytes += record.key.value_or("").size() + record.value.value_or("").size();
  for (const engine::Header& header : record.headers)
    bytes += header.name.size() + header.value.value_or("").size();
  return bytes;
}

// One partition of a page that is being merged.
struct Lane {
  const log::ReadablePartition* partition;
  RecordCursor cursor;
  const engine::StoredRecord* head = nullptr;

  Try<> advance() {
    auto next = cursor.next();
    if (!next) return next.error();
    head = *next;
    return {};
  }
  // Whether there is more than was fetched.
  bool goes_on() const { return !head && cursor.position() < partition->end; }
};

// The lane whose next record comes first in the total order; null when all are empty. Where a lane
// goes on, what comes next in it is not known: for total order that is the end of the page.
Lane* earliest(std::vector<Lane>& lanes, bool total_order) {
  Lane* first = nullptr;
  for (Lane& lane : lanes) {
    if (total_order && lane.goes_on()) return nullptr;
    if (lane.head && (!first || lane.head->seq < first->head->seq)) first = &lane;
  }
  return first;
}

// A reader that has seen everything before the trouble gets the trouble; one that has not gets
// what is sound, and the trouble when it comes back.
bool keep_what_is_sound(const Page& page) { return page.records > 0; }

Page finished(std::vector<Lane>& lanes, Page page) {
  for (Lane& lane : lanes) {
    // A record that was looked at but not given out has already moved the cursor.
    const engine::Offset at = lane.head ? lane.head->offset : lane.cursor.position();
    page.next.push_back({lane.partition->partition, at});
    const std::int64_t left = engine::distance(at, lane.partition->end);
    page.lag_count += std::max<std::int64_t>(left, 0);
  }
  page.caught_up = page.lag_count == 0;
  return page;
}

}  // namespace

Task<Try<Page>> make_page(Call& call, const log::Readable& readable, PageLimits limits,
                          PageSink sink) {
  std::vector<Lane> lanes;
  lanes.reserve(readable.partitions.size());
  for (const log::ReadablePartition& partition : readable.partitions) {
    auto batches = co_await fetch(call, partition.plan);
    if (!batches) co_return batches.error();
    lanes.push_back({&partition, RecordCursor(*std::move(batches), partition.from)});
    if (auto first = lanes.back().advance(); !first) co_return std::move(first).problem();
  }

  Page page;
  std::size_t bytes = 0;
  while (page.records < limits.records_max && bytes < limits.bytes_max) {
    Lane* lane = earliest(lanes, limits.total_order);
    if (!lane) break;
    if (!limits.filter || limits.filter->matches(*lane->head)) {
      sink(lane->partition->partition, *lane->head);
      ++page.records;
      page.newest = lane->head->timestamp;
      bytes += bytes_of(*lane->head);
    }
    if (auto next = lane->advance(); !next) {
      if (keep_what_is_sound(page)) {
        lane->head = nullptr;
        break;
      }
      co_return std::move(next).problem();
    }
  }
  co_return finished(lanes, std::move(page));
}

}  // namespace twofold::http
