#include <algorithm>

#include <fmt/format.h>

#include "src/bench/compare/buckets.h"
#include "src/bench/compare/figures.h"
#include "src/bench/report.h"

namespace twofold::bench::compare {
namespace {

constexpr std::uint64_t kRecordsMin = 100;
constexpr std::size_t kBoxesMax = 3000;  // in one model; a browser takes it without a pause
constexpr double kLeft = 92;
constexpr double kRight = kFigureWidth - 8;
constexpr std::size_t kWideRowsMax = 16;

struct Scale {
  nanoseconds lasts{};
  double x(nanoseconds since) const {
    const double part = static_cast<double>(since.count()) / static_cast<double>(lasts.count());
    return kLeft + std::clamp(part, 0.0, 1.0) * (kRight - kLeft);
  }
};

// Until the first records are handled, or as far as the boxes go.
nanoseconds window_of(const Trace& trace, std::uint64_t records) {
  nanoseconds end = trace.began;
  const auto first = first_handled(trace);
  for (std::size_t n = 0; n < std::min<std::size_t>(records, first.size()); ++n) {
    if (first[n]) end = std::max(end, *first[n]);
  }
  if (trace.takes.size() > kBoxesMax) end = std::min(end, trace.takes[kBoxesMax].taken);
  return end - trace.began;
}

std::string tip_of(const Trace& trace, const Take& take) {
  const Published& record = trace.records[take.record];
  const std::string what =
      take.dropped ? "the worker crashed"
                   : fmt::format("worked on for {}", time_text(take.ended - take.begun));
  return fmt::format("record {}, key-{}, partition {}: {}", take.record, record.key,
                     record.partition, what);
}

class Rows {
 public:
  Rows(const Comparison& comparison, const Trace& trace, const Scale& scale)
      : plan_(comparison.plan),
        trace_(trace),
        scale_(scale),
        name_(trace.model == Model::queue ? "queue" : "log"),
        row_(trace.workers > kWideRowsMax ? 7 : 20),
        records_(first_records(plan_)),
        seen_(trace.records.size()) {}

  double height() const { return 24 + row_ * static_cast<double>(trace_.workers); }

  Drawing draw() {
    const std::string title = trace_.model == Model::queue ? "As a queue" : "As a log";
    drawing_.text(kLeft, 14, "head " + name_, title);
    for (std::size_t worker = 0; worker < trace_.workers; ++worker) {
      if (row_ > 10) {
        drawing_.text_to(kLeft - 10, top(worker) + row_ * 0.62, "small",
                         fmt::format("worker {}", worker + 1));
      }
      drawing_.line(kLeft, top(worker) + row_ - 1, kRight, top(worker) + row_ - 1);
    }
    for (const Idle& idle : trace_.idle) draw_idle(idle);
    for (const Take& take : trace_.takes) draw_take(take);
    return drawing_;
  }

 private:
  double top(std::size_t worker) const { return 22 + row_ * static_cast<double>(worker); }

  void draw_idle(const Idle& idle) {
    const nanoseconds from = idle.from - trace_.began;
    if (from >= scale_.lasts) return;
    const double x = scale_.x(from);
    drawing_.box(x, top(idle.worker) + 1, scale_.x(idle.to - trace_.began) - x, row_ - 4, "idle");
  }

  void draw_take(const Take& take) {
    const bool again = take.record < seen_.size() && seen_[take.record];
    if (take.record < seen_.size()) seen_[take.record] = true;
    const nanoseconds from = take.begun - trace_.began;
    if (from >= scale_.lasts || take.record >= trace_.records.size()) return;
    std::string look = take.record < records_ ? name_ : name_ + "-later";
    if (is_slow(plan_, take.record)) look += " slow";
    if (again) look += " again";
    const double x = scale_.x(from);
    double width = std::max(0.8, scale_.x(take.ended - trace_.began) - x - 0.4);
    if (take.dropped) {
      look = "dropped";
      width = 3;
    }
    drawing_.box(x, top(take.worker) + 1, width, row_ - 4, look, tip_of(trace_, take));
  }

  const Plan& plan_;
  const Trace& trace_;
  const Scale& scale_;
  std::string name_;
  double row_;
  std::uint64_t records_;
  std::vector<bool> seen_;
  Drawing drawing_;
};

void draw_axis(Drawing& drawing, double y, const Scale& scale) {
  constexpr int kParts = 5;
  for (int part = 0; part <= kParts; ++part) {
    const nanoseconds at = scale.lasts * part / kParts;
    drawing.line(scale.x(at), y - 4, scale.x(at), y);
    const std::string words = time_text(at);
    if (part == kParts) {
      drawing.text_to(scale.x(at), y + 12, "small", words);
    } else {
      drawing.text(scale.x(at), y + 12, "small", words);
    }
  }
}

}  // namespace

std::uint64_t first_records(const Plan& plan) {
  const std::uint64_t wanted =
      std::max({kRecordsMin, plan.slow_every * 3, plan.crash_every * plan.workers * 3 / 2});
  return std::min(wanted, plan.records);
}

Figure timeline_figure(const Comparison& comparison) {
  const std::uint64_t records = first_records(comparison.plan);
  const Scale scale{std::max({window_of(comparison.traces.queue, records),
                              window_of(comparison.traces.log, records),
                              nanoseconds(std::chrono::milliseconds(1))})};
  Figure figure;
  figure.title =
      fmt::format("Who did what, until both had handled the first {} records", grouped(records));
  figure.caption =
      "One box is one record in one worker's hands, its length the work; of the first records in "
      "full "
      "colour, of later ones pale, slow ones framed. Hatched: the broker had told this worker that "
      "there is nothing for it. Red: the worker crashed, or the record came again.";
  for (const Trace* trace : {&comparison.traces.queue, &comparison.traces.log}) {
    Rows rows(comparison, *trace, scale);
    figure.drawing.inset(figure.height, rows.draw());
    figure.height += rows.height() + 10;
  }
  draw_axis(figure.drawing, figure.height, scale);
  figure.height += 18;
  return figure;
}

}  // namespace twofold::bench::compare
