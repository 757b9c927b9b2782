#include "http/rest/page.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/content_bytes.h"
#include "http/fetched.h"
#include "http/server_common.h"
#include "http/trace/span.h"

namespace twofold::http {
namespace {

// What a record takes in an answer beside its own bytes, about.
constexpr std::size_t kRecordBytes = 128;

// One partition of a page that is being merged.
struct Track {
  const log::ReadablePartition* partition;
  RecordCursor cursor;
  const engine::StoredRecord* head = nullptr;
  std::optional<engine::Error> trouble{};

  void advance() {
    auto next = cursor.next();
    head = next ? *next : nullptr;
    if (!next) trouble = next.error();
  }
  engine::Offset position() const { return head ? head->offset : cursor.position(); }
  // Whether there is more than was fetched.
  bool goes_on() const { return !head && cursor.position() < partition->end; }
};

// The lane whose next record comes first in the total order; null when all are empty. Where a lane
// goes on, what comes next in it is not known: for total order that is the end of the page.
Track* earliest(std::vector<Track>& lanes, bool total_order) {
  Track* first = nullptr;
  for (Track& lane : lanes) {
    if (total_order && lane.goes_on()) return nullptr;
    if (lane.head && (!first || lane.head->seq < first->head->seq)) first = &lane;
  }
  return first;
}

// A stretch that is damaged, when it is known where it ends.
std::optional<PageGap> gap_of(const log::ReadablePartition& partition, const engine::Error& error) {
  const engine::Offset behind{error.number};
  if (error.code != engine::Errc::data_damaged || behind <= partition.from) return std::nullopt;
  return PageGap{partition.partition, partition.from, behind};
}

Problem damage(const log::ReadablePartition& partition, const engine::Error& error) {
  Problem problem(error);
  if (const auto gap = gap_of(partition, error)) {
    problem.gap = Problem::Gap{gap->partition.value(), gap->from.value(), gap->to.value()};
    problem.hint =
        fmt::format("Partition {} goes on at offset {}.", gap->partition.value(), gap->to.value());
  }
  return problem;
}

// Of a page that has come nowhere.
std::optional<Problem> trouble_of(const std::vector<Track>& lanes) {
  std::optional<Problem> problem;
  for (const Track& lane : lanes) {
    if (lane.position() > lane.partition->from) return std::nullopt;
    if (lane.trouble && !problem) problem = damage(*lane.partition, *lane.trouble);
  }
  return problem;
}

// Whether the account of answers has room for one record more. Taken in steps: an account is
// everybody's.
bool has_room(Reply& reply, std::uint64_t fetched, const engine::StoredRecord& next) {
  const std::uint64_t written = reply.body.size() + kRecordBytes + engine::content_bytes(next);
  const std::uint64_t steps = (fetched + written + Share::kFree - 1) / Share::kFree;
  return reply.room.grow_to(steps * Share::kFree);
}

Page finished(std::vector<Track>& lanes, Page page) {
  for (Track& lane : lanes) {
    // A record that was looked at but not given out has already moved the cursor.
    const engine::Offset at = lane.position();
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
  Page page;
  std::vector<Track> lanes;
  lanes.reserve(readable.partitions.size());
  for (const log::ReadablePartition& partition : readable.partitions) {
    auto batches = co_await fetch(call, partition.plan);
    if (!batches && !limits.step_over) co_return damage(partition, batches.error());
    engine::Offset from = partition.from;
    std::optional<engine::Error> trouble;
    if (!batches) {
      if (const auto gap = gap_of(partition, batches.error())) {
        page.gaps.push_back(*gap);
        from = gap->to;
      } else {
        trouble = batches.error();
      }
      batches = std::vector<engine::StoredBatch>();
    }
    lanes.push_back({&partition, RecordCursor(*std::move(batches), from)});
    lanes.back().advance();
    if (trouble) lanes.back().trouble = std::move(trouble);
    if (lanes.back().trouble && !limits.step_over)
      co_return damage(partition, *lanes.back().trouble);
  }

  std::size_t bytes = 0;
  std::uint64_t content_bytes = 0;
  // Beside what other topics have put into the answer already.
  const std::uint64_t had = call.reply.room.bytes();
  const std::uint64_t fetched = had - std::min<std::uint64_t>(had, call.reply.body.size());
  while (page.records < limits.records_max && bytes < limits.bytes_max) {
    Track* lane = earliest(lanes, limits.total_order);
    if (!lane) break;
    if (!limits.filter || limits.filter->matches(*lane->head)) {
      if (!has_room(call.reply, fetched, *lane->head)) {
        if (call.reply.records_read + page.records == 0) co_return Problem(no_room_for_answer());
        break;
      }
      sink(lane->partition->partition, *lane->head);
      trace::link(call, *lane->head);
      ++page.records;
      page.newest = lane->head->timestamp;
      const std::size_t content = engine::content_bytes(*lane->head);
      content_bytes += content;
      bytes += kRecordBytes + content;
    }
    lane->advance();
    // Whoever comes back from there gets the trouble.
    if (lane->trouble && !limits.step_over) break;
  }
  if (auto problem = trouble_of(lanes)) co_return *std::move(problem);
  call.reply.records_read += page.records;
  call.reply.room.settle(call.reply.body.size());
  if (!readable.partitions.empty())
    call.broker().reads.of_log(readable.partitions.front().plan.log(),
                               {page.records, content_bytes});
  co_return finished(lanes, std::move(page));
}

}  // namespace twofold::http
