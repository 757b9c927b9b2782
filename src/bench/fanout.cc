// One topic, many subscribers: each message to each of them over a WebSocket of its own, published
// at a rate whether or not anybody keeps up.
#include <fmt/format.h>

#include "src/bench/followed.h"
#include "src/bench/stage.h"
#include "src/bench/stream_sockets.h"

namespace twofold::bench {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr double kRate = 100;
constexpr nanoseconds kLasts = 10s;
constexpr nanoseconds kSilenceMax = 10s;
constexpr nanoseconds kSubscribedWithin = 30s;
constexpr nanoseconds kPatience = 5ms;

class Fanout {
 public:
  Fanout(const Stage& stage, std::string topic_path)
      : stage_(stage),
        options_(stage.options()),
        path_(std::move(topic_path)),
        frame_(options_.shape, path_.substr(path_.rfind('/') + 1)),
        gap_(static_cast<std::int64_t>(1e9 * static_cast<double>(options_.shape.batch) /
                                       options_.rate.value_or(kRate))) {}

  Outcome<Done> open() {
    const Encoding encoding = options_.shape.encoding;
    const auto publisher = sockets_.open(stage_.world().target, "/v1/ws", encoding);
    if (!publisher) return publisher.error();
    if (auto sent = sockets_.send(*publisher, hello_frame(encoding)); !sent) return sent;
    readers_.resize(options_.connections + 1);
    for (std::size_t i = 0; i < options_.connections; ++i) {
      const auto socket =
          sockets_.open(stage_.world().target, path_ + "/stream?from=latest", encoding);
      if (!socket) return socket.error();
    }
    const nanoseconds begun = clock_.elapsed();
    while (subscribed_ < options_.connections) {
      if (auto turned = turn(kPatience); !turned) return turned;
      if (clock_.elapsed() - begun > kSubscribedWithin)
        return Refused(fmt::format("{} subscribers had no answer for 30 s",
                                   options_.connections - subscribed_));
    }
    for (std::size_t i = 1; options_.slow_every != 0 && i <= options_.connections;
         i += options_.slow_every) {
      sockets_.mute(i);
      ++muted_;
    }
    return Done{};
  }

  /// Publishes at the rate for `lasts`, then waits until all of it has arrived.
  Outcome<Result> pass(nanoseconds lasts) {
    latency_.clear();
    deliveries_ = 0;
    const std::uint64_t frames_before = frames_;
    const Meter meter(stage_);
    const nanoseconds begun = clock_.elapsed();
    for (nanoseconds due = begun; due - begun < lasts;) {
      const nanoseconds now = clock_.elapsed();
      if (due <= now) {
        if (auto sent = publish(due); !sent) return sent.error();
        due += gap_;
        continue;
      }
      if (auto turned = turn(std::min(due - now, kPatience)); !turned) return turned.error();
    }
    Result result;
    meter.read(result);
    result.messages = deliveries_;
    while (received_ < expected() && clock_.elapsed() - last_heard_ < kSilenceMax) {
      if (auto turned = turn(kPatience); !turned) return turned.error();
    }
    result.name = fmt::format("fan-out to {} subscribers", options_.connections);
    result.message_bytes = options_.shape.size;
    result.requests = frames_ - frames_before;
    result.latency = latency_;
    if (muted_ > 0) result.notes.push_back(fmt::format("{} of them never read", muted_));
    result.notes.push_back("latency from when a message was due to be sent, to each subscriber");
    return result;
  }

  Verified verified() const {
    Verified verified;
    verified.sent = expected();
    verified.received = received_;
    verified.lost = expected() - received_;
    for (const Followed& reader : readers_) verified.duplicated += reader.repeated();
    return verified;
  }

 private:
  std::uint64_t expected() const { return sent_ * (options_.connections - muted_); }

  Outcome<Done> publish(nanoseconds due) {
    const auto frame = frame_.stamp(static_cast<std::uint64_t>(due.count()), sent_);
    sent_ += frame_.records();
    ++frames_;
    return sockets_.send(0, frame);
  }

  Outcome<Done> turn(nanoseconds patience) {
    const auto heard = [this](std::size_t socket, std::string_view payload) {
      return hear(socket, payload);
    };
    if (auto turned = sockets_.turn(patience, heard); !turned) return turned;
    return teller_.tell([this] { return fmt::format("fanout: {} deliveries", deliveries_); });
  }

  Outcome<Done> hear(std::size_t socket, std::string_view payload) {
    switch (kind_of(options_.shape.encoding, payload)) {
      case FrameKind::messages: {
        last_heard_ = clock_.elapsed();
        const std::uint64_t before = readers_[socket].received();
        deliveries_ += readers_[socket].saw(
            payload, static_cast<std::uint64_t>(last_heard_.count()), latency_);
        received_ += readers_[socket].received() - before;
        return Done{};
      }
      case FrameKind::subscribed: ++subscribed_; return Done{};
      case FrameKind::error:
        return Refused(fmt::format("the broker refused: {}", payload.substr(0, 500)));
      case FrameKind::published:
      case FrameKind::other: return Done{};
    }
    __builtin_unreachable();
  }

  const Stage& stage_;
  const Options& options_;
  std::string path_;
  PublishFrame frame_;
  nanoseconds gap_;
  StreamSockets sockets_;
  engine::Stopwatch clock_;
  std::vector<Followed> readers_;  // by socket; the publisher's is unused
  std::size_t subscribed_ = 0, muted_ = 0;
  std::uint64_t sent_ = 0, frames_ = 0, deliveries_ = 0, received_ = 0;
  Teller teller_{stage_};
  nanoseconds last_heard_{};
  Histogram latency_;
};

}  // namespace

Outcome<Report> run_fanout(Stage& stage) {
  const Options& options = stage.options();
  const auto topic = stage.create("topics", "{\"partitions\":1}");
  if (!topic) return topic.error();
  Fanout fanout(stage, *topic);
  if (auto opened = fanout.open(); !opened) return opened.error();
  if (options.warmup.count() > 0) {
    if (auto warm = fanout.pass(options.warmup); !warm) return warm.error();
  }
  auto result = fanout.pass(options.duration.value_or(kLasts));
  if (!result) return result.error();
  stage.world().progress("");
  Report report;
  report.results.push_back(*std::move(result));
  report.verified = fanout.verified();
  return report;
}

}  // namespace twofold::bench
