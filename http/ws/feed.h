#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "http/ws/topic_reader.h"

namespace twofold::http::ws {

class Hub;

/// Batches that a feed sends in one go, and where they begin.
struct Flight {
  Positions from;
  std::vector<Batch> batches;
  std::vector<OutMessage> messages;  ///< of the batches
  /// The same deflated, since somebody has asked for it.
  mutable std::vector<OutMessage> messages_deflated{};

  /// Where batch `i` begins.
  const Positions& before(std::size_t i) const { return i == 0 ? from : batches[i - 1].next; }
};

/// Whoever hangs on a feed.
class FeedReader {
 public:
  virtual ~FeedReader() = default;
  /// Takes the flight as a whole, or leaves the feed at one of its batches (Feed::leave()).
  virtual void take(const Flight& flight) = 0;
  virtual void missed(const Gap& gap) = 0;
  /// The feed has moved: who waited ahead of it may go on.
  virtual void feed_moved() = 0;
  /// The feed has ended, with every reader off it.
  virtual void feed_failed(const engine::Error& error) = 0;

 private:
  friend class Feed;
  std::size_t slot_ = 0;
};

/// One topic's tail for all who read the same stream on one lane. Every batch is read and encoded
/// once, and written to each reader in turn by reference. Readers that stand where the feed stands
/// hang on it; the others read on their own until they do.
///
/// However fast records come, a feed sends them in rounds: what comes while it is busy goes out
/// together in the next round, so that its cost is one write a reader and round. Between a few
/// dozen readers it lets others use the thread.
/// Threads  the lane's.
class Feed : public std::enable_shared_from_this<Feed> {
 public:
  Feed(Hub& hub, std::string key, std::shared_ptr<const StreamSpec> spec, Positions positions);

  /// Follows the tail until nobody hangs on it any more, or it fails.
  static Task<> run(std::shared_ptr<Feed> self);

  /// Where the feed stands: who joins gets what comes behind.
  const Positions& positions() const { return reader_.positions(); }
  /// Behind what this reader, who hangs on the feed, has got: a round may not have come to it yet.
  const Positions& place_of(const FeedReader& reader) const;

  /// The reader stands at positions().
  void join(FeedReader& reader);
  void leave(FeedReader& reader);
  /// The reader stands ahead: feed_moved() is called once, when the feed has moved.
  void await(FeedReader& reader);
  void leave_waiting(FeedReader& reader);

 private:
  bool idle() const { return joined_ == 0 && waiting_.empty(); }
  Task<> rest();
  bool load_flight();
  bool send_slice();
  void pass_on(const std::vector<Gap>& gaps);
  void wake_waiting();
  void tidy();
  void fail(const engine::Error& error);

  Hub& hub_;
  const std::string key_;
  TopicReader reader_;
  Flight flight_;
  std::vector<FeedReader*> readers_;  // null: left
  std::vector<FeedReader*> waiting_;
  std::size_t joined_ = 0;
  std::size_t served_ = 0;  // of a round: who comes before has got it,
  std::size_t round_ = 0;   // who comes before this is yet to
};

}  // namespace twofold::http::ws
