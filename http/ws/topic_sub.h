#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/ws/feed.h"
#include "http/ws/subscription.h"
#include "http/ws/topic_reader.h"

namespace twofold::http::ws {

/// A subscription to a topic. While it keeps up it hangs on the lane's feed and gets what the feed
/// has encoded; when its socket or its credit cannot take a flight it leaves with nothing but its
/// place, reads the log on its own as it can, and joins again where it meets the feed. Without a
/// partition it waits to be given one.
class TopicSub : public Subscription, public FeedReader {
 public:
  TopicSub(std::shared_ptr<Connection> connection, std::uint32_t sub, const Subscribe& request);

  /// Begins to send: the place was found.
  void open(std::shared_ptr<const StreamSpec> spec, Positions positions);
  /// Goes on from another place. Requires open().
  void seek(Positions positions);
  bool is_open() const { return reader_.has_value(); }
  const std::string& topic() const { return topic_; }
  std::string cursor() const;

  // Subscription
  std::size_t on_turn(std::size_t quantum) override;
  void pause() override;
  void end(bool release) override;
  SubState state() const override;
  std::string about() const override { return "topic " + topic_; }
  engine::UniqueFunction<std::int64_t()> lag() const override;
  void tick(engine::Instant now) override;

  // FeedReader
  void take(const Flight& flight) override;
  void missed(const Gap& gap) override;
  void feed_moved() override;
  void feed_failed(const engine::Error& error) override;

 protected:
  /// Where the next message is read. Requires open().
  const Positions& here() const;
  std::uint32_t topic_id() const { return reader_->spec().topic_id; }
  /// What goes out next moves here() to where it is now. Said before the client can have it: what it
  /// asks for then comes later.
  virtual void sending() {}
  /// What is told of it, besides the topic.
  virtual void name(trace::Span&) const {}

 private:
  enum class Place { alone, on_feed, ahead_of_feed };

  static Task<> fetch(std::shared_ptr<TopicSub> self);
  void fetched(const TopicReader::Filled& filled);
  /// Joins the feed if it stands where we stand; true when there is nothing to read alone.
  bool meet_feed();
  void open_feed();
  void leave_feed();
  bool has_nothing_to_read() const { return reader_->positions().empty(); }
  void say_caught_up();
  void trace(const Batch& batch) const;
  void fail(const engine::Error& error);

  const std::string topic_;
  std::optional<TopicReader> reader_;  // empty until the place is found
  std::string key_;
  std::shared_ptr<Feed> feed_;
  Place place_ = Place::alone;
  bool fetching_ = false;
  bool behind_ = true;  // since caught_up was said last
  bool paused_ = false;
  bool starved_ = false;  // there was no memory for what is to be read: until the next tick
};

}  // namespace twofold::http::ws
