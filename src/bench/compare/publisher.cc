#include "src/bench/compare/publisher.h"

#include <algorithm>

#include <fmt/format.h>

#include "src/bench/compare/answers.h"

namespace twofold::bench::compare {
namespace {

constexpr std::uint64_t kBatchRecordsMax = 500;
constexpr std::uint64_t kBatchBytesMax = 1 << 20;

}  // namespace

nanoseconds Publisher::due(std::uint64_t record) const {
  if (!plan_.rate) return began_;
  return began_ +
         nanoseconds(static_cast<std::int64_t>(static_cast<double>(record) * 1e9 / *plan_.rate));
}

Outcome<Done> Publisher::run(Reading& pace) {
  const Ask ask = world_.connect();
  const std::uint64_t together = std::clamp<std::uint64_t>(
      kBatchBytesMax / std::max<std::size_t>(plan_.value_bytes, 1), 1, kBatchRecordsMax);
  began_ = pace.now();
  while (published_.size() < events_.size()) {
    const std::uint64_t next = published_.size();
    const nanoseconds early = due(next) - pace.now();
    if (early.count() > 0 && !pace.work(early)) return Done{};
    if (pace.over()) return Done{};
    std::uint64_t upto = next + 1;
    const nanoseconds now = pace.now();
    while (upto < events_.size() && upto < next + together && due(upto) <= now) ++upto;
    if (auto posted = post(ask, upto, pace); !posted) return posted;
  }
  return Done{};
}

Outcome<Done> Publisher::post(const Ask& ask, std::uint64_t upto, Reading& pace) {
  const std::uint64_t first = published_.size();
  const auto answer = ask("POST", "/v1/topics/" + topic_ + "/records", body(first, upto));
  if (!answer) return answer.error();
  const auto places = read_places(*answer);
  if (!places) return places.error();
  if (places->size() != upto - first) return Refused("not every published record got a place");
  const nanoseconds available = pace.now();
  for (const Place& place : *places) {
    const std::uint64_t record = published_.size();
    published_.push_back(
        Published{events_[record].key, place.partition, place.offset, due(record), available});
  }
  return Done{};
}

// {"n":17,"work_us":5000,"fill":"..."}: whoever looks at a record sees what it costs.
std::string Publisher::body(std::uint64_t first, std::uint64_t upto) const {
  std::string text = "{\"records\":[";
  for (std::uint64_t n = first; n < upto; ++n) {
    std::string value =
        fmt::format(R"({{"n":{},"work_us":{},"fill":")", n,
                    std::chrono::duration_cast<std::chrono::microseconds>(events_[n].work).count());
    if (value.size() + 2 < plan_.value_bytes) {
      value.append(plan_.value_bytes - 2 - value.size(), 'x');
    }
    text += fmt::format(R"({}{{"key":"key-{}","value":{}"}}}})", n == first ? "" : ",",
                        events_[n].key, value);
  }
  text += "]";
  if (!plan_.durability.empty()) text += fmt::format(R"(,"durability":"{}")", plan_.durability);
  return text + "}";
}

}  // namespace twofold::bench::compare
