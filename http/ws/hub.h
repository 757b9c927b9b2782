#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/ws/inbox.h"
#include "http/ws/topic_reader.h"

namespace twofold::http {
class Lane;
}

namespace twofold::http::ws {

class Feed;
class FeedReader;

/// What the WebSocket connections of one lane share: the feeds that follow topics, and the memory
/// that sockets are read into.
/// Threads  the lane's.
class Hub {
 public:
  explicit Hub(Lane& lane);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// A block that nobody looks at any more.
  std::shared_ptr<ReadBlock> block();

  /// The feed of a stream, null when there is none.
  std::shared_ptr<Feed> find(const std::string& key) const;
  /// Opens one at `positions`, with its first reader; there is none yet.
  std::shared_ptr<Feed> open(std::shared_ptr<const StreamSpec> spec, const Positions& positions,
                             FeedReader& first);
  void close(const std::string& key);

  Lane& lane() { return lane_; }

 private:
  Lane& lane_;
  std::vector<std::shared_ptr<ReadBlock>> blocks_;
  std::unordered_map<std::string, std::shared_ptr<Feed>> feeds_;
};

}  // namespace twofold::http::ws
