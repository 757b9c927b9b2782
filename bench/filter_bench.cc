// One filter over one record: what a filtered subscription or queue pays for each record it looks
// at.
#include <string>

#include <benchmark/benchmark.h>

#include "filter/filter.h"

namespace {

using namespace twofold;

const std::string kOrder =
    R"({"id":"ord-2026-0001234","customer":{"id":81723,"name":"Ada Lovelace","country":"UK"},)"
    R"("items":[{"sku":"A-100","qty":2,"price":19.99},{"sku":"B-7","qty":1,"price":5.5}],)"
    R"("amount":120.5,"paid":true,"at":1})";

void match(benchmark::State& state, const char* text, const char* region) {
  const auto filter = filter::Filter::compile(text);
  const engine::StoredRecord record{
      engine::Offset{7},
      engine::Seq{8},
      engine::WallTime{1'795'257'000'123},
      "bill_1",
      kOrder,
      {engine::Header{"trace", "00-4bf92f3577b34da6"}, engine::Header{"region", region}}};
  for (auto _ : state) benchmark::DoNotOptimize(filter->matches(record));
  state.SetLabel(std::to_string(kOrder.size()) + " bytes of JSON");
}

const char* const kBoth = "value.amount > 100 AND headers.region = 'EU'";
BENCHMARK_CAPTURE(match, value_and_header, kBoth, "EU");
BENCHMARK_CAPTURE(match, header_decides, kBoth, "US");
BENCHMARK_CAPTURE(match, header_alone, "headers.region = 'EU'", "EU");
BENCHMARK_CAPTURE(match, deep_field, "value.items[1].sku LIKE 'B-%'", "EU");
BENCHMARK_CAPTURE(match, like_over_the_value, "value LIKE '%\"B-7\"%'", "EU");
BENCHMARK_CAPTURE(match, time, "timestamp >= '2026-11-21T10:30:00Z'", "EU");

void compile(benchmark::State& state) {
  for (auto _ : state) {
    auto compiled = filter::Filter::compile(kBoth);
    benchmark::DoNotOptimize(compiled);
  }
}
BENCHMARK(compile);

}  // namespace
