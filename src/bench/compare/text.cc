#include "src/bench/compare/text.h"

#include <algorithm>

#include <fmt/format.h>

#include "src/bench/compare/buckets.h"
#include "src/bench/report.h"

namespace twofold::bench::compare {
namespace {

constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
constexpr std::string_view kQueueColour = "\x1b[33m";
constexpr std::string_view kLogColour = "\x1b[34m";
constexpr std::string_view kPlain = "\x1b[0m";

constexpr std::size_t kWhatColumns = 22;
constexpr std::size_t kCountColumns = 8;

std::string painted(std::string_view colour, const std::string& text, const Canvas& canvas) {
  return canvas.colour ? fmt::format("{}{}{}", colour, text, kPlain) : text;
}

// How many columns a text takes: bars are the only thing beyond ASCII here.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string padded(const std::string& text, std::size_t columns) {
  const std::size_t taken = columns_of(text);
  return taken >= columns ? text + "  " : text + std::string(columns - taken, ' ');
}

std::string histogram_text(const Comparison& comparison, const Canvas& canvas) {
  const auto buckets = buckets_of(comparison.queue.latency, comparison.log.latency);
  std::uint64_t most = 1;
  for (const Bucket& bucket : buckets) most = std::max({most, bucket.queue, bucket.log});
  std::string text = comparison.plan.rate ? "\nlatency, due to handled\n"
                                          : "\nlatency, reading begun to handled\n";
  const auto side = [&](std::uint64_t count, std::string_view colour) {
    const std::string drawn = padded(bar(count, most, canvas), canvas.bar_columns);
    return fmt::format("{} {:>{}}", painted(colour, drawn, canvas), grouped(count), kCountColumns);
  };
  for (const Bucket& bucket : buckets) {
    text += fmt::format("{:<{}}{}  {}\n", "  to " + bound_text(bucket.upto), kWhatColumns,
                        side(bucket.queue, kQueueColour), side(bucket.log, kLogColour));
  }
  return text;
}

}  // namespace

std::string bar(std::uint64_t value, std::uint64_t max, const Canvas& canvas) {
  if (value == 0 || max == 0) return {};
  const std::uint64_t eighths =
      std::max<std::uint64_t>(1, std::min(value, max) * canvas.bar_columns * 8 / max);
  if (!canvas.unicode) return std::string(std::max<std::uint64_t>(1, eighths / 8), '#');
  std::string drawn;
  for (std::uint64_t i = 0; i < eighths / 8; ++i) drawn += "█";
  return drawn += kEighths[eighths % 8];
}

std::string comparison_text(const Comparison& comparison, const Canvas& canvas) {
  const std::size_t column = canvas.bar_columns + 1 + kCountColumns + 2;
  std::string text = std::string(kWhatColumns, ' ') +
                     painted(kQueueColour, padded("AS A QUEUE", column), canvas) +
                     painted(kLogColour, "AS A LOG", canvas) + "\n";
  for (const Row& row : rows_of(comparison)) {
    text += fmt::format("{:<{}}{}{}\n", row.what, kWhatColumns, padded(row.queue, column), row.log);
  }
  text += histogram_text(comparison, canvas) + "\n";
  for (const std::string& sentence : sentences_of(comparison)) text += sentence + "\n";
  return text + device_text(comparison) + "\n";
}

}  // namespace twofold::bench::compare
