#include "engine/scrub.h"

#include <algorithm>

#include "engine/record_batch.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

// The next stretch of one range; where to go on in it.
Result<Offset> scrub_range(const Segment& segment, const SegmentRange& range, Offset from,
                           ScrubStep& step) {
  const auto read = segment.read(range.log, from, range.upto, kReadBytes);
  if (!read) {
    if (read.error().code != Errc::data_damaged) return read.error();
    const Offset behind{read.error().number};
    const auto upto = behind > from ? std::min(behind, range.upto) : range.upto;
    step.damaged.push_back({range.log, from, upto});
    return upto;
  }
  if (read->empty()) return range.upto;
  for (const auto& batch : *read) step.bytes += batch.bytes.size();
  return advance(batch_header(read->back().bytes).last_offset(), 1);
}

}  // namespace

Result<ScrubStep> scrub(const Segment& segment, ScrubPlace from, std::uint64_t bytes_max) {
  const auto ranges = segment.ranges();
  if (!ranges) return ranges.error();
  ScrubStep step;
  step.next = from;
  while (step.next.range < ranges->size() && step.bytes < bytes_max) {
    const auto& range = (*ranges)[step.next.range];
    const auto begin = std::max(range.first, step.next.offset);
    if (begin >= range.upto) {
      step.next = ScrubPlace{step.next.range + 1, Offset{0}};
      continue;
    }
    const auto next = scrub_range(segment, range, begin, step);
    if (!next) return next.error();
    step.next.offset = std::max(*next, advance(begin, 1));
  }
  step.at_end = step.next.range >= ranges->size();
  return step;
}

}  // namespace twofold::engine
