// One topic over WebSockets: publishing through the window, reading everything back, and following
// at the same time.
#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "src/bench/followed.h"
#include "src/bench/stage.h"
#include "src/bench/stream_sockets.h"

namespace twofold::bench {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

// As `welcome` grants it (docs/streaming.md).
constexpr std::size_t kWindowFrames = 64;
constexpr std::size_t kWindowBytes = 8 << 20;
// What waits to be taken by the kernel, of one publisher: more would only be copied.
constexpr std::size_t kUnsentMax = 256 << 10;
constexpr nanoseconds kSilenceMax = 30s;
constexpr nanoseconds kPatience = 10ms;

class Streams {
 public:
  Streams(const Stage& stage, std::string topic_path)
      : stage_(stage),
        options_(stage.options()),
        path_(std::move(topic_path)),
        frame_(options_.shape, path_.substr(path_.rfind('/') + 1)) {}

  Outcome<Done> open_publishers() {
    for (std::size_t i = 0; i < options_.connections; ++i) {
      const auto socket = sockets_.open(stage_.world().target, "/v1/ws", options_.shape.encoding);
      if (!socket) return socket.error();
      const std::string hello = hello_frame(options_.shape.encoding);
      if (auto sent = sockets_.send(*socket, hello); !sent) return sent;
      unanswered_.emplace_back();
    }
    return Done{};
  }

  /// One pass: `messages` records, or as many as fit into `lasts`; 0 and nothing: none. Ends when
  /// all of it is published, and read by the follower if there is one.
  Outcome<Result> pass(const std::string& name, std::uint64_t messages,
                       std::optional<nanoseconds> lasts) {
    left_ = messages;
    lasts_ = lasts;
    begun_ = clock_.elapsed();
    published_latency_.clear();
    delivered_latency_.clear();
    frames_ = deliveries_ = frames_heard_ = 0;
    const std::uint64_t published_before = published_;
    const Meter meter(stage_);
    while (!finished()) {
      if (auto filled = fill(); !filled) return filled.error();
      if (auto turned = turn(name); !turned) return turned.error();
    }
    Result result;
    meter.read(result);
    result.name = name;
    result.message_bytes = options_.shape.size;
    const bool publishes = messages > 0 || lasts;
    result.messages = follower_ ? deliveries_ : published_ - published_before;
    result.requests = follower_ ? frames_heard_ : frames_;
    // What was stored long ago has an age, not a latency.
    if (!follower_) result.latency = published_latency_;
    if (follower_ && publishes) {
      result.latency = delivered_latency_;
      result.notes.push_back(
          fmt::format("latency from sending a record to reading it; published {}",
                      published_ - published_before));
    }
    return result;
  }

  /// From here on a subscriber reads too, from the start or from where the topic ends now.
  Outcome<Done> follow(std::string_view from) {
    expected_ = from == "earliest" ? 0 : published_;
    followed_ = Followed();
    subscribed_ = false;
    const auto socket =
        sockets_.open(stage_.world().target, fmt::format("{}/stream?from={}", path_, from),
                      options_.shape.encoding);
    if (!socket) return socket.error();
    follower_ = *socket;
    last_heard_ = clock_.elapsed();
    while (from != "earliest" && !subscribed_) {
      if (auto turned = turn("subscribing"); !turned) return turned;
    }
    return Done{};
  }
  void unfollow() {
    sockets_.mute(*follower_);
    follower_.reset();
    verified_.sent += published_ - expected_;
    verified_.received += followed_.received();
    verified_.lost += published_ - expected_ - followed_.received();
    verified_.duplicated += followed_.repeated();
  }

  const Verified& verified() const { return verified_; }

 private:
  bool publishing() {
    if (lasts_ && clock_.elapsed() - begun_ >= *lasts_) lasts_.reset();
    return left_ > 0 || lasts_;
  }
  bool finished() {
    if (publishing()) return false;
    for (const auto& frames : unanswered_)
      if (!frames.empty()) return false;
    return !follower_ || followed_.received() + expected_ >= published_;
  }

  Outcome<Done> fill() {
    for (std::size_t i = 0; i < unanswered_.size() && publishing(); ++i) {
      while (publishing() && has_room(i)) {
        const nanoseconds now = clock_.elapsed();
        const std::string_view bytes = frame_.stamp(static_cast<std::uint64_t>(now.count()), sent_);
        unanswered_[i].push_back(now);
        sent_ += frame_.records();
        left_ -= std::min<std::uint64_t>(left_, frame_.records());
        bytes_a_frame_ = bytes.size();
        if (auto sent = sockets_.send(i, bytes); !sent) return sent;
      }
    }
    return Done{};
  }
  bool has_room(std::size_t publisher) const {
    const std::size_t frames = unanswered_[publisher].size();
    return frames < kWindowFrames && (frames + 1) * bytes_a_frame_ <= kWindowBytes &&
           sockets_.unsent(publisher) < kUnsentMax;
  }

  Outcome<Done> turn(const std::string& doing) {
    const auto heard = [this](std::size_t socket, std::string_view payload) {
      return hear(socket, payload);
    };
    if (auto turned = sockets_.turn(kPatience, heard); !turned) return turned;
    if (clock_.elapsed() - last_heard_ > kSilenceMax)
      return Refused(fmt::format("{}: nothing came for 30 s", doing));
    return teller_.tell([&] {
      return fmt::format("{}: {} published, {} read", doing, published_, followed_.received());
    });
  }

  Outcome<Done> hear(std::size_t socket, std::string_view payload) {
    last_heard_ = clock_.elapsed();
    switch (kind_of(options_.shape.encoding, payload)) {
      case FrameKind::published: {
        if (socket >= unanswered_.size() || unanswered_[socket].empty())
          return Refused("an answer came that nobody asked for");
        published_latency_.record(last_heard_ - unanswered_[socket].front());
        unanswered_[socket].pop_front();
        published_ += frame_.records();
        ++frames_;
        return Done{};
      }
      case FrameKind::messages:
        ++frames_heard_;
        deliveries_ += followed_.saw(payload, static_cast<std::uint64_t>(last_heard_.count()),
                                     delivered_latency_);
        return Done{};
      case FrameKind::error:
        return Refused(fmt::format("the broker refused: {}", payload.substr(0, 500)));
      case FrameKind::subscribed: subscribed_ = true; return Done{};
      case FrameKind::other: return Done{};
    }
    __builtin_unreachable();
  }

  const Stage& stage_;
  const Options& options_;
  std::string path_;
  PublishFrame frame_;
  StreamSockets sockets_;
  engine::Stopwatch clock_;
  std::vector<std::deque<nanoseconds>> unanswered_;  // of each publisher: when it sent them
  std::optional<std::size_t> follower_;
  Followed followed_;
  bool subscribed_ = false;
  Teller teller_{stage_};
  nanoseconds begun_{}, last_heard_{};
  std::optional<nanoseconds> lasts_;
  std::size_t bytes_a_frame_ = 0;
  std::uint64_t left_ = 0, sent_ = 0, published_ = 0, expected_ = 0;
  std::uint64_t frames_ = 0, deliveries_ = 0, frames_heard_ = 0;
  Histogram published_latency_, delivered_latency_;
  Verified verified_;
};

}  // namespace

Outcome<Report> run_stream(Stage& stage) {
  const Options& options = stage.options();
  const auto topic = stage.create("topics", "{\"partitions\":1}");
  if (!topic) return topic.error();
  Streams streams(stage, *topic);
  if (auto opened = streams.open_publishers(); !opened) return opened.error();
  const std::uint64_t messages = options.duration ? 0 : options.msgs;
  if (options.warmup.count() > 0) {
    if (auto warm = streams.pass("warming up", 0, options.warmup); !warm) return warm.error();
  }
  Report report;
  const auto row = [&](const std::string& name, std::uint64_t count,
                       std::optional<nanoseconds> lasts) -> Outcome<Done> {
    auto result = streams.pass(name, count, lasts);
    if (!result) return result.error();
    report.results.push_back(*std::move(result));
    return Done{};
  };
  if (auto done = row("publish", messages, options.duration); !done) return done.error();
  if (auto done = streams.follow("earliest"); !done) return done.error();
  if (auto done = row("catch up", 0, std::nullopt); !done) return done.error();
  streams.unfollow();
  if (auto done = streams.follow("latest"); !done) return done.error();
  if (auto done = row("follow the tail", messages, options.duration); !done) return done.error();
  streams.unfollow();
  stage.world().progress("");
  report.verified = streams.verified();
  return report;
}

}  // namespace twofold::bench
