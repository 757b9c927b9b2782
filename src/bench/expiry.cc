// A storm of expiry: many messages in flight whose visibility ends in the same second. How fast
// they come free and go out again, and what somebody in another queue notices of it.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "schemas/api.pb.h"
#include "src/bench/own_queue.h"

namespace twofold::bench {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr std::size_t kBatch = 1000;
constexpr std::size_t kTakers = 4;
constexpr std::size_t kBystanders = 8;
constexpr std::uint64_t kTakenASecond = 250'000;  // at least, while they are received first
constexpr nanoseconds kQuietMin = 3s;
constexpr nanoseconds kPatience = 120s;
constexpr std::uint64_t kWaitMs = 60'000;
constexpr std::uint64_t kHourMs = 3'600'000;

std::string receive_request(const Target& target, const std::string& queue_path,
                            std::uint64_t visibility_ms) {
  v1::ReceiveRequest request;
  request.set_max(kBatch);
  request.set_wait_ms(kWaitMs);
  request.set_visibility_timeout_ms(static_cast<std::int64_t>(visibility_ms));
  return render_request(target, "POST", queue_path + "/receive", content_type(Encoding::protobuf),
                        request.SerializeAsString());
}

/// Receives everything, so that all of it comes free at one moment.
class TakeAll final : public Workload {
 public:
  TakeAll(const Stage& stage, std::string queue_path, std::uint64_t total, nanoseconds until)
      : target_(stage.world().target), path_(std::move(queue_path)), total_(total), until_(until) {
    requests_.resize(stage.options().connections);
  }

  std::string_view next(std::size_t lane) override {
    if (taken_ + asked_ >= total_) return {};
    asked_ += kBatch;
    const auto left = std::max(until_ - clock_.elapsed(), nanoseconds(0));
    requests_[lane] = receive_request(target_, path_, static_cast<std::uint64_t>(left / 1ms));
    return requests_[lane];
  }
  Outcome<Done> answered(std::size_t, const Reply& reply) override {
    if (reply.status < 200 || reply.status > 299) return refused_by_broker(reply);
    const auto messages = count_handed(reply.body);
    if (!messages) return Refused("an answer to receive is not understood");
    asked_ -= kBatch;
    taken_ += *messages;
    count_request();
    count(*messages, reply.latency);
    return Done{};
  }

  std::uint64_t taken() const { return taken_; }
  nanoseconds left() const { return until_ - clock_.elapsed(); }

 private:
  const Target& target_;
  std::string path_;
  std::uint64_t total_;
  nanoseconds until_;
  engine::Stopwatch clock_;
  std::vector<std::string> requests_;
  std::uint64_t asked_ = 0;
  std::uint64_t taken_ = 0;
};

/// The first lane looks at the queue, the next ones take what came free once all of it has, the
/// others send, receive and ack in a queue of their own all the time.
class Storm final : public Driver {
 public:
  Storm(const Stage& stage, Load& load, const std::string& queue_path,
        const std::string& bystander_path, std::uint64_t messages, nanoseconds until)
      : load_(load),
        rate_(stage.options().rate.value_or(600)),
        messages_(messages),
        until_(until),
        bystander_path_(bystander_path),
        target_(stage.world().target),
        look_(render_request(target_, "GET", queue_path, "", "")),
        take_(receive_request(target_, queue_path, kHourMs)) {
    Shape one = stage.options().shape;
    one.encoding = Encoding::json;
    one.batch = 1;
    const auto type = content_type(one.encoding);
    send_ = render_request(target_, "POST", bystander_path + "/messages", type, send_body(one));
    receive_ = render_request(target_, "POST", bystander_path + "/receive", type,
                              receive_body(one, kHourMs / 1000));
    lanes_.resize(kFirstBystander + kBystanders);
  }

  std::string_view next(std::size_t number) override {
    if (number == 0) return std::exchange(look_now_, false) ? look_ : std::string_view();
    if (number < kFirstBystander)
      return phase_ == Phase::taking && taken_ < messages_ ? take_ : std::string_view();
    if (!paced_) return {};
    Lane& lane = lanes_[number];
    switch (lane.step) {
      case Step::send: return send_;
      case Step::receive: return receive_;
      case Step::ack: {
        lane.ack =
            render_request(target_, "POST", bystander_path_ + "/ack", content_type(Encoding::json),
                           ack_body(Encoding::json, {lane.handed.front().receipt}));
        return lane.ack;
      }
    }
    __builtin_unreachable();
  }

  Outcome<Done> answered(std::size_t number, const Reply& reply) override {
    if (reply.status < 200 || reply.status > 299) return refused_by_broker(reply);
    if (number == 0) return see(reply);
    return number < kFirstBystander ? take(reply) : step(lanes_[number], reply);
  }

  Outcome<bool> go_on() {
    if (!std::exchange(paced_, true)) load_.pace(rate_, kFirstBystander);
    if (phase_ == Phase::quiet && clock_.elapsed() >= until_) enter(Phase::storm);
    if (phase_ == Phase::storm && !looking_) {
      looking_ = look_now_ = true;
      if (auto begun = load_.resume(0); !begun) return begun.error();
    }
    if (phase_ == Phase::taking && !taking_) {
      taking_ = true;
      for (std::size_t lane = 1; lane < kFirstBystander; ++lane)
        if (auto begun = load_.resume(lane); !begun) return begun.error();
    }
    return (taking_ && taken_ >= messages_) || since_ > kPatience + until_;
  }

  std::uint64_t taken() const { return taken_; }
  /// Of the three phases: how long, and what another queue's cycles took.
  nanoseconds lasted(std::size_t phase) const { return lasted_.at(phase); }
  const Histogram& others(std::size_t phase) const { return others_.at(phase); }

 private:
  enum class Phase : std::size_t { quiet, storm, taking };
  enum class Step { send, receive, ack };
  struct Lane {
    Step step = Step::send;
    nanoseconds cycle{};
    std::vector<Handed> handed;
    std::string ack;
  };
  static constexpr std::size_t kFirstBystander = 1 + kTakers;

  void enter(Phase phase) {
    const nanoseconds now = clock_.elapsed();
    lasted_[static_cast<std::size_t>(phase_)] = now - since_;
    since_ = now;
    phase_ = phase;
  }

  Outcome<Done> see(const Reply& reply) {
    looking_ = false;
    constexpr std::string_view kInFlight = "\"in_flight\":";
    const std::size_t at = reply.body.find(kInFlight);
    if (at == std::string_view::npos) return Refused("an answer about a queue is not understood");
    if (reply.body[at + kInFlight.size()] == '0') enter(Phase::taking);
    return Done{};
  }

  Outcome<Done> take(const Reply& reply) {
    const auto messages = count_handed(reply.body);
    if (!messages) return Refused("an answer to receive is not understood");
    taken_ += *messages;
    if (taken_ >= messages_)
      lasted_[static_cast<std::size_t>(Phase::taking)] = clock_.elapsed() - since_;
    return Done{};
  }

  Outcome<Done> step(Lane& lane, const Reply& reply) {
    lane.cycle += reply.latency;
    switch (lane.step) {
      case Step::send: lane.step = Step::receive; return Done{};
      case Step::receive:
        lane.handed.clear();
        if (!scan_received(Encoding::json, reply.body, lane.handed))
          return Refused("an answer to receive is not understood");
        if (!lane.handed.empty()) lane.step = Step::ack;
        return Done{};
      case Step::ack:
        lane.step = Step::send;
        others_[static_cast<std::size_t>(phase_)].record(std::exchange(lane.cycle, {}));
        return Done{};
    }
    __builtin_unreachable();
  }

  Load& load_;
  double rate_;
  std::uint64_t messages_;
  nanoseconds until_;
  std::string bystander_path_;
  const Target& target_;
  std::string look_;
  std::string take_;
  std::string send_;
  std::string receive_;
  engine::Stopwatch clock_;
  std::vector<Lane> lanes_;
  bool paced_ = false;
  bool look_now_ = false;
  bool looking_ = false;
  bool taking_ = false;
  Phase phase_ = Phase::quiet;
  nanoseconds since_{};
  std::uint64_t taken_ = 0;
  std::array<nanoseconds, 3> lasted_{};
  std::array<Histogram, 3> others_;
};

Result& add(Report& report, std::string name, std::uint64_t messages, nanoseconds elapsed) {
  Result& result = report.results.emplace_back();
  result.name = std::move(name);
  result.messages = messages;
  result.elapsed = elapsed;
  return result;
}

Report describe(const Stage& stage, const Storm& storm, std::uint64_t messages) {
  Report report;
  for (const auto& [name, phase] : {
           std::pair{"in flight, waiting for the deadline", 0u},
           std::pair{"all of them expire",                  1u},
           std::pair{"all of them are received again",      2u}
  }) {
    Result& whole = add(report, name, messages, storm.lasted(phase));
    const double seconds = std::chrono::duration<double>(whole.elapsed).count();
    if (phase > 0) {
      whole.notes.push_back(fmt::format("{:.2f} s: {:.0f} messages/s", seconds,
                                        static_cast<double>(messages) / seconds));
    }
    Result& other = add(report, "  another queue meanwhile: send+receive+ack",
                        storm.others(phase).count(), whole.elapsed);
    other.requests = 3 * other.messages;
    other.latency = storm.others(phase);
    other.message_bytes = stage.options().shape.size;
  }
  return report;
}

}  // namespace

Outcome<Report> run_expiry(Stage& stage) {
  const Options& options = stage.options();
  if (auto connected = stage.connect(options.connections); !connected) return connected.error();
  const auto queue = stage.create("queues", "{}");
  if (!queue) return queue.error();
  const auto bystander = stage.create("queues", "{}");
  if (!bystander) return bystander.error();
  const auto before = stage.resident_bytes();
  const auto filled = fill_queue(stage, *queue, options.backlog);
  if (!filled) return filled.error();

  const nanoseconds until = kQuietMin * 2 + std::chrono::seconds(*filled / kTakenASecond);
  TakeAll take_all(stage, *queue, *filled, until);
  if (auto done = stage.pass(take_all, UINT64_MAX, "receiving"); !done) return done.error();
  const nanoseconds left = take_all.left();
  if (left < kQuietMin || take_all.taken() != *filled)
    return Refused("receiving took too long: the first came free already");
  const auto in_flight = stage.resident_bytes();

  Load load;
  if (auto connected = load.connect(stage.world().target, 1 + kTakers + kBystanders); !connected)
    return connected.error();
  Storm storm(stage, load, *queue, *bystander, *filled, left);
  Load::Options running;
  running.stopped = stage.world().stopped;
  running.over = [&storm] { return storm.go_on(); };
  if (auto done = load.run(storm, running); !done) return done.error();
  if (stage.world().stopped && stage.world().stopped()) return Refused("interrupted");

  Report report = describe(stage, storm, *filled);
  report.results.front().resident_bytes = in_flight;
  if (before)
    report.results.front().notes.push_back(
        fmt::format("broker's memory before: {} MiB", *before >> 20));
  report.results.back().resident_bytes = stage.resident_bytes();
  report.verified = Verified{*filled, storm.taken(), *filled - std::min(*filled, storm.taken()),
                             storm.taken() - std::min(*filled, storm.taken())};
  return report;
}

}  // namespace twofold::bench
