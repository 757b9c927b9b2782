// Much goes through a queue and a little stays: what the broker's disk holds meanwhile.
#include <algorithm>

#include <fmt/format.h>

#include "src/bench/cycle.h"
#include "src/bench/own_queue.h"

namespace twofold::bench {
namespace {

constexpr std::size_t kShownMax = 20;

std::string mib(double bytes) { return fmt::format("{:.0f}", bytes / (1 << 20)); }

/// What the disk held, second by second.
class DiskUse {
 public:
  explicit DiskUse(const World& world) : world_(world) { look(); }

  void look() {
    if (const auto bytes = world_.disk_bytes ? world_.disk_bytes() : std::nullopt)
      seen_.push_back(*bytes);
  }
  void describe(Result& result, std::uint64_t live) const {
    if (seen_.empty()) {
      result.notes.push_back("disk use is not known: --data says where the broker's files are");
      return;
    }
    const auto most = *std::max_element(seen_.begin(), seen_.end());
    result.notes.push_back(
        fmt::format("disk MiB: {} before, at most {}, {} in the end; live {}",
                    mib(static_cast<double>(seen_.front())), mib(static_cast<double>(most)),
                    mib(static_cast<double>(seen_.back())), mib(static_cast<double>(live))));
    const std::size_t step = (seen_.size() + kShownMax - 1) / kShownMax;
    std::string series = fmt::format("disk MiB every {} s:", step);
    for (std::size_t i = 0; i < seen_.size(); i += step)
      series += " " + mib(static_cast<double>(seen_[i]));
    result.notes.push_back(std::move(series));
  }

 private:
  const World& world_;
  std::vector<std::uint64_t> seen_;
};

}  // namespace

Outcome<Report> run_churn(Stage& stage) {
  const Options& options = stage.options();
  if (auto connected = stage.connect(options.connections); !connected) return connected.error();
  const auto queue = stage.create("queues", "{}");
  if (!queue) return queue.error();
  DiskUse disk(stage.world());
  stage.each_second([&disk] { disk.look(); });
  const auto filled = fill_queue(stage, *queue, options.backlog);
  if (!filled) return filled.error();
  Cycle cycle(stage, *queue, options.keep_every);
  auto result = stage.measure("send+receive+ack", cycle);
  if (!result) return result.error();
  disk.look();
  const auto left = left_in(stage, *queue);
  if (!left) return left.error();
  result->notes.push_back(
      fmt::format("{} messages were never deleted, {} wait", cycle.kept(), *filled));
  disk.describe(*result, *left * options.shape.size);

  Report report;
  report.results.push_back(*std::move(result));
  const std::uint64_t sent = *filled + cycle.sent();
  const std::uint64_t known = cycle.acked() + *left;
  report.verified = Verified{sent, cycle.received(), sent - std::min(sent, known),
                             cycle.duplicated() + known - std::min(sent, known)};
  return report;
}

}  // namespace twofold::bench
