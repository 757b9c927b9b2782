#include "src/bench/compare/plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/random.h"
#include "src/config/units.h"

namespace twofold::bench::compare {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::uint64_t kRecordsMax = 1'000'000;
constexpr std::size_t kWorkersMax = 256;
constexpr std::uint64_t kPartitionsMax = 1000;
constexpr std::size_t kBatchMax = 1000;
constexpr milliseconds kVisibilityMin{1000};

std::string text_of(nanoseconds time) {
  return format_duration(std::chrono::duration_cast<milliseconds>(time));
}

}  // namespace

Outcome<Done> check(const Plan& plan) {
  const auto within = [](std::uint64_t value, std::uint64_t max) {
    return value >= 1 && value <= max;
  };
  if (!within(plan.records, kRecordsMax)) {
    return Refused(fmt::format("--msgs: there must be 1 to {}", kRecordsMax));
  }
  if (plan.keys == 0) return Refused("--keys: there must be at least one");
  if (!within(plan.workers, kWorkersMax)) {
    return Refused(fmt::format("--workers: there must be 1 to {}", kWorkersMax));
  }
  if (!within(plan.partitions, kPartitionsMax)) {
    return Refused(fmt::format("--partitions: there must be 1 to {}", kPartitionsMax));
  }
  if (!within(plan.batch, kBatchMax)) {
    return Refused(fmt::format("--batch: there must be 1 to {} records", kBatchMax));
  }
  // A reader begins again where it committed: who crashes before the end of a page never gets on.
  if (plan.crash_every != 0 && plan.crash_every <= plan.batch) {
    return Refused("--crash-every: must be more than --batch, or nobody would ever get on");
  }
  if (plan.visibility && plan.visibility->count() == 0) {
    return Refused("--visibility: zero hides nothing from the other workers");
  }
  if (plan.rate && *plan.rate <= 0) return Refused("--rate: must be more than zero");
  return Done{};
}

std::vector<Event> events_of(const Plan& plan) {
  engine::SeededRandom random(plan.seed);
  std::vector<Event> events(plan.records);
  for (std::uint64_t n = 0; n < plan.records; ++n) {
    events[n] = Event{random.below(plan.keys), is_slow(plan, n) ? plan.slow : plan.service};
  }
  return events;
}

bool is_slow(const Plan& plan, std::uint64_t record) {
  return plan.slow_every != 0 && (record + 1) % plan.slow_every == 0;
}

nanoseconds longest_work(const Plan& plan) {
  return plan.slow_every == 0 ? plan.service : std::max(plan.service, plan.slow);
}

milliseconds visibility_of(const Plan& plan) {
  if (plan.visibility) return *plan.visibility;
  const auto held =
      std::chrono::duration_cast<milliseconds>(longest_work(plan)) * plan.batch * 3;
  return std::max<milliseconds>(kVisibilityMin, held);
}

std::string plan_text(const Plan& plan) {
  std::string text =
      fmt::format("msgs={} keys={} partitions={} size={}B workers={} batch={} service={}",
                  plan.records, plan.keys, plan.partitions, plan.value_bytes, plan.workers,
                  plan.batch, text_of(plan.service));
  if (plan.slow_every != 0) {
    text += fmt::format(" slow-every={} slow={}", plan.slow_every, text_of(plan.slow));
  }
  if (plan.crash_every != 0) text += fmt::format(" crash-every={}", plan.crash_every);
  text += fmt::format(" order={} visibility={}", plan.order_by_key ? "key" : "none",
                      format_duration(visibility_of(plan)));
  text += plan.rate ? fmt::format(" rate={}/s", *plan.rate) : std::string(" everything-first");
  text += fmt::format(" durability={} seed={}",
                      plan.durability.empty() ? "default" : plan.durability, plan.seed);
  return text;
}

}  // namespace twofold::bench::compare
