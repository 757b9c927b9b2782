#include "src/bench/compare/findings.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace twofold::bench::compare {
namespace {

// What was taken, and taken again.
void count_takes(const Trace& trace, Findings& findings) {
  std::vector<bool> taken(trace.records.size());
  std::vector<bool> done(trace.records.size());
  nanoseconds work{};
  std::vector<nanoseconds> last_crash(trace.workers, nanoseconds(-1));
  for (const Take& take : trace.takes) {
    if (take.record >= taken.size()) continue;
    if (taken[take.record]) ++findings.redelivered;
    taken[take.record] = true;
    work += take.ended - take.begun;
    if (take.dropped) {
      // Everything that fell out of one hand at one moment is one crash.
      if (take.worker < last_crash.size() && last_crash[take.worker] != take.begun) {
        ++findings.crashes;
        last_crash[take.worker] = take.begun;
      }
      continue;
    }
    if (done[take.record]) ++findings.repeated;
    done[take.record] = true;
  }
  const double whole =
      static_cast<double>(findings.elapsed.count()) * static_cast<double>(trace.workers);
  findings.busy = whole > 0 ? std::min(1.0, static_cast<double>(work.count()) / whole) : 0;
}

}  // namespace

nanoseconds Findings::percentile(double percent) const {
  if (latency.empty()) return nanoseconds(0);
  const auto wanted =
      static_cast<std::size_t>(std::ceil(static_cast<double>(latency.size()) * percent / 100));
  return latency[std::clamp<std::size_t>(wanted, 1, latency.size()) - 1];
}

std::vector<std::optional<nanoseconds>> first_handled(const Trace& trace) {
  std::vector<std::optional<nanoseconds>> first(trace.records.size());
  for (const Take& take : trace.takes) {
    if (take.dropped || take.record >= first.size()) continue;
    std::optional<nanoseconds>& at = first[take.record];
    at = at ? std::min(*at, take.ended) : take.ended;
  }
  return first;
}

namespace {

// From the last record of each key to its first: who was handled later than the earliest of those
// behind it was overtaken. Records are numbered in the order in which they were published.
std::uint64_t violations_in(const Trace& trace,
                            const std::vector<std::optional<nanoseconds>>& first) {
  std::unordered_map<std::uint64_t, nanoseconds> earliest_behind;
  std::uint64_t violations = 0;
  for (std::size_t n = first.size(); n-- > 0;) {
    if (!first[n]) continue;
    const auto [known, is_last] = earliest_behind.try_emplace(trace.records[n].key, *first[n]);
    if (is_last) continue;
    if (*first[n] > known->second) ++violations;
    known->second = std::min(known->second, *first[n]);
  }
  return violations;
}

}  // namespace

std::uint64_t order_violations(const Trace& trace) {
  return violations_in(trace, first_handled(trace));
}

Findings find(const Trace& trace) {
  Findings findings;
  findings.published = trace.records.size();
  nanoseconds end = trace.began;
  const auto first = first_handled(trace);
  for (std::size_t n = 0; n < first.size(); ++n) {
    if (!first[n]) continue;
    ++findings.handled;
    findings.latency.push_back(std::max(*first[n] - trace.records[n].due, nanoseconds(0)));
    end = std::max(end, *first[n]);
  }
  std::sort(findings.latency.begin(), findings.latency.end());
  findings.lost = findings.published - findings.handled;
  findings.elapsed = end - trace.began;
  findings.per_second = findings.elapsed.count() == 0
                            ? 0
                            : static_cast<double>(findings.handled) * 1e9 /
                                  static_cast<double>(findings.elapsed.count());
  findings.order_violations = violations_in(trace, first);
  count_takes(trace, findings);
  findings.head_of_line = head_of_line(trace);
  return findings;
}

}  // namespace twofold::bench::compare
