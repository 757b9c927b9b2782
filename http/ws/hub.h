#pragma once

#include <memory>
#include <optional>
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

/// What the WebSocket connections of one lane share: the feeds that follow topics, the memory that
/// sockets are read into, and what compresses.
/// Threads  the lane's.
class Hub {
 public:
  explicit Hub(Lane& lane);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// A block that nobody looks at any more.
  std::shared_ptr<ReadBlock> block();
  /// Whether the last one was none of those that are kept: what was read is looked at for long.
  bool is_short_of_blocks() const { return short_; }

  /// The feed of a stream, null when there is none.
  std::shared_ptr<Feed> find(const std::string& key) const;
  /// Opens one at `positions`, with its first reader; there is none yet.
  std::shared_ptr<Feed> open(std::shared_ptr<const StreamSpec> spec, const Positions& positions,
                             FeedReader& first);
  void close(const std::string& key);

  /// For connections that have agreed on RFC 7692; made when the first one needs it.
  Deflater& deflater();
  Inflater& inflater();

  Lane& lane() { return lane_; }

 private:
  Lane& lane_;
  std::vector<std::shared_ptr<ReadBlock>> blocks_;
  bool short_ = false;
  std::unordered_map<std::string, std::shared_ptr<Feed>> feeds_;
  std::optional<Deflater> deflater_;
  std::optional<Inflater> inflater_;
};

}  // namespace twofold::http::ws
