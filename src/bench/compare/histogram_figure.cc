#include <algorithm>

#include "src/bench/compare/buckets.h"
#include "src/bench/compare/figures.h"
#include "src/bench/report.h"

namespace twofold::bench::compare {
namespace {

constexpr double kLabelEnd = 80;
constexpr double kQueueBegin = 92;
constexpr double kLogBegin = 532;
constexpr double kBarMax = 350;
constexpr double kRow = 18;
constexpr double kHead = 26;

}  // namespace

Figure histogram_figure(const Comparison& comparison) {
  const auto buckets = buckets_of(comparison.queue.latency, comparison.log.latency);
  std::uint64_t most = 1;
  for (const Bucket& bucket : buckets) most = std::max({most, bucket.queue, bucket.log});
  Figure figure;
  figure.title = "Latency";
  figure.caption = comparison.plan.rate
                       ? "From when a record was due until it was handled; number of records."
                       : "From when reading began until a record was handled; number of records.";
  figure.drawing.text(kQueueBegin, 14, "head queue", "As a queue");
  figure.drawing.text(kLogBegin, 14, "head log", "As a log");
  double y = kHead;
  const auto side = [&](double x, std::uint64_t count, std::string_view look) {
    const double width =
        count == 0
            ? 0
            : std::max(1.0, kBarMax * static_cast<double>(count) / static_cast<double>(most));
    figure.drawing.box(x, y, width, kRow - 5, look);
    figure.drawing.text(x + width + 6, y + 11, "small", grouped(count));
  };
  for (const Bucket& bucket : buckets) {
    figure.drawing.text_to(kLabelEnd, y + 11, "small", "to " + bound_text(bucket.upto));
    side(kQueueBegin, bucket.queue, "queue");
    side(kLogBegin, bucket.log, "log");
    y += kRow;
  }
  figure.height = y + 4;
  return figure;
}

}  // namespace twofold::bench::compare
