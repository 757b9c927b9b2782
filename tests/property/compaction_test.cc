// Random puts, deletes, restarts and cleanings of one log with a tiny map of keys, against what its
// client was told.

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/compacted_log.h"

namespace twofold::test {
namespace {

using namespace std::chrono_literals;

RC_GTEST_PROP(Compaction, TheNewestOfEachKeyIsThereWhateverHappens, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint32_t>();
  engine::SeededRandom random(seed);
  engine::SimulatedFileSystem disk(random);
  CompactedLog log(disk, 24 * (2 + random.below(40)), random.below(2) == 0);
  RC_ASSERT(log.start().has_value());
  const std::uint64_t keys = 1 + random.below(30);
  std::uint64_t cleanings = 0;
  const auto steps = 20 + random.below(120);
  for (std::uint64_t step = 0; step < steps; ++step) {
    const auto dice = random.below(100);
    if (dice < 70) {
      for (auto n = 1 + random.below(8); n > 0; --n) {
        const bool big = random.below(6) == 0;
        const std::string key = std::to_string(random.below(keys));
        const bool tombstone = random.below(4) == 0;
        RC_ASSERT(log.put(key, tombstone, big ? 3'000 : 50));
      }
    } else if (dice < 74) {
      RC_ASSERT(log.put_keyless());
    } else if (dice < 85) {
      // Some tombstones go while others are still young.
      const engine::Duration tombstones{static_cast<long>(random.below(20'000))};
      const auto cleaned = log.clean(tombstones);
      RC_ASSERT(cleaned.has_value());
      ++cleanings;
    } else if (dice < 93) {
      log.pass(engine::Duration{static_cast<long>(random.below(15'000))});
    } else {
      log.kill();
      RC_ASSERT(log.start().has_value());
    }
    RC_ASSERT(log.broken_promise() == "");
  }
  // In the end one record of each key is left, but for tombstones and the newest of all.
  log.pass(30s);
  RC_ASSERT(log.put("last"));
  RC_ASSERT(log.clean(0s).has_value());
  RC_ASSERT(log.put("last"));
  RC_ASSERT(log.clean(0s).has_value());
  RC_ASSERT(log.broken_promise() == "");
  std::set<std::string> seen;
  const auto left = log.read();
  RC_ASSERT(left.has_value());
  for (const auto& found : *left) {
    RC_ASSERT(found.key.has_value());
    RC_ASSERT(seen.insert(*found.key).second);
    RC_ASSERT(!found.tombstone);
  }
  RC_CLASSIFY(cleanings > 3, "several cleanings");
}

}  // namespace
}  // namespace twofold::test
