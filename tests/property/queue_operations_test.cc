#include <cstdlib>

#include "tests/property/queue_episode.h"

// A million random operations on the public face of queues beside a plain model, in episodes of
// a few hundred. TWOFOLD_SEED replays one episode of each kind.

namespace twofold::queue {
namespace {

constexpr int kSteps = 1'000;
constexpr std::uint64_t kEpisodes = 290;  // some steps do nothing

void run(Order order) {
  const char* const only = std::getenv("TWOFOLD_SEED");
  const std::uint64_t first = only ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only ? first : kEpisodes;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const std::string wrong = QueueEpisode(seed, order).run(kSteps);
    if (!wrong.empty()) FAIL() << "TWOFOLD_SEED=" << seed << ", " << wrong;
  }
}

TEST(QueueOperationsProperty, StandardQueues) { run(Order::none); }
TEST(QueueOperationsProperty, FairQueues) { run(Order::fair); }
TEST(QueueOperationsProperty, FifoQueues) { run(Order::key); }
TEST(QueueOperationsProperty, StrictQueues) { run(Order::strict); }

}  // namespace
}  // namespace twofold::queue
