#include "http/ws/hub.h"

#include <atomic>

#include "http/lane.h"
#include "http/ws/feed.h"

namespace twofold::http::ws {
namespace {

constexpr std::size_t kBlocksKept = 8;

}  // namespace

Hub::Hub(Lane& lane) : lane_(lane) {}

Hub::~Hub() = default;

std::shared_ptr<ReadBlock> Hub::block() {
  for (const auto& block : blocks_) {
    if (block.use_count() > 1) continue;
    // Whoever let go last may have done so on another thread: what it read comes before our writes.
    std::atomic_thread_fence(std::memory_order_acquire);
    short_ = false;
    return block;
  }
  auto block = std::make_shared<ReadBlock>();
  short_ = blocks_.size() == kBlocksKept;
  if (!short_) blocks_.push_back(block);
  return block;
}

std::shared_ptr<Feed> Hub::find(const std::string& key) const {
  const auto found = feeds_.find(key);
  return found == feeds_.end() ? nullptr : found->second;
}

std::shared_ptr<Feed> Hub::open(std::shared_ptr<const StreamSpec> spec, const Positions& positions,
                                FeedReader& first) {
  std::string key = spec->key(positions);
  auto feed = std::make_shared<Feed>(*this, key, std::move(spec), positions);
  feeds_.emplace(std::move(key), feed);
  feed->join(first);
  lane_.tasks.spawn(Feed::run(feed));
  return feed;
}

void Hub::close(const std::string& key) { feeds_.erase(key); }

Deflater& Hub::deflater() { return deflater_ ? *deflater_ : deflater_.emplace(); }

Inflater& Hub::inflater() { return inflater_ ? *inflater_ : inflater_.emplace(); }

}  // namespace twofold::http::ws
