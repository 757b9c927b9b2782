// Long polls that wait: what they cost while nothing comes, and how soon they answer when it does.
#include <algorithm>

#include <fmt/format.h>

#include "src/bench/numbered_queues.h"

namespace twofold::bench {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr int kWaitSeconds = 20;  // the longest poll of SQS
// Polls begin at this rate, and so they are renewed: not all at once.
constexpr std::uint64_t kBegunASecond = 1000;
constexpr std::size_t kSenders = 16;
constexpr std::size_t kReadBytes = 4 << 10;
constexpr nanoseconds kSettle = 1s;
constexpr nanoseconds kPatience = 5s;

/// Lanes before `polls` wait, the others send.
class Waiters final : public Driver {
 public:
  Waiters(Stage& stage, NumberedQueues& queues, Load& load)
      : stage_(stage),
        queues_(queues),
        load_(load),
        lanes_(stage.options().connections + kSenders) {}

  std::string_view next(std::size_t number) override {
    Lane& lane = lanes_[number];
    if (number >= polls()) return send(lane);
    if (!lane.receipt.empty())
      return queues_.remove(queue_of(number), std::exchange(lane.receipt, {}), lane.request);
    if (number >= begun_ || phase_ == Phase::over) return {};
    lane.polling = true;
    return queues_.poll(queue_of(number), kWaitSeconds, lane.request);
  }

  Outcome<Done> answered(std::size_t number, const Reply& reply) override {
    if (reply.status < 200 || reply.status > 299) return refused_by_broker(reply);
    Lane& lane = lanes_[number];
    if (number >= polls()) {
      Life& life = lives_[lane.sending];
      life.answered = clock_.elapsed();
      settle(life);
    } else if (std::exchange(lane.polling, false)) {
      return take(lane, reply);
    }
    return Done{};
  }

  /// What happens when; true when all is over.
  Outcome<bool> go_on() {
    const nanoseconds now = clock_.elapsed();
    const nanoseconds lasted = now - since_;
    const nanoseconds lasts = stage_.options().duration.value_or(20s);
    switch (phase_) {
      case Phase::beginning: return begin_polls(now, lasted);
      case Phase::idle:
        if (lasted < lasts) return false;
        idle_cpu_ = used(now);
        load_.pace(stage_.options().rate.value_or(100), polls());
        enter(Phase::waking, now);
        return false;
      case Phase::waking:
        if (lasted < lasts) return false;
        waking_ = lasted;
        waking_cpu_ = used(now);
        enter(Phase::over, now);
        return false;
      case Phase::over: return received_ == lives_.size() || lasted > kPatience;
    }
    __builtin_unreachable();
  }

  Report report(std::optional<std::uint64_t> resident_before) const {
    Report report;
    Result& idle = report.results.emplace_back();
    idle.name = fmt::format("{} long polls waiting, {} queues", polls(), queues_.count());
    idle.messages = polls();
    idle.resident_bytes = resident_;
    if (resident_ && resident_before) {
      const auto more = static_cast<double>(*resident_) - static_cast<double>(*resident_before);
      idle.notes.push_back(
          fmt::format("{:.1f} KiB for each poll", more / 1024 / static_cast<double>(polls())));
    }
    if (idle_cpu_) {
      idle.notes.push_back(fmt::format("{:.1f} % of a core, {:.0f} polls renewed a second",
                                       *idle_cpu_ * 100, renewed_a_second_));
    }
    Result& wake = report.results.emplace_back();
    wake.name = "wake: from the request to send to the answer to receive";
    wake.messages = wake.requests = received_;
    wake.elapsed = waking_;
    wake.latency = whole_;
    wake.message_bytes = stage_.options().shape.size;
    if (waking_cpu_)
      wake.server_cpu_seconds = *waking_cpu_ * std::chrono::duration<double>(waking_).count();
    wake.resident_bytes = stage_.resident_bytes();
    const auto millis = [this](double percent) {
      return std::chrono::duration<double, std::milli>(after_.percentile(percent)).count();
    };
    wake.notes.push_back(
        fmt::format("after the answer to send: p50 {:.2f} ms, p99 {:.2f} ms (0: not later than it)",
                    millis(50), millis(99)));
    report.verified = Verified{lives_.size(), received_, lives_.size() - received_, twice_};
    return report;
  }

 private:
  enum class Phase { beginning, idle, waking, over };
  struct Lane {
    std::string request;
    std::string receipt;   // to be deleted
    bool polling = false;  // else it deletes
    std::uint64_t sending = 0;
  };
  struct Life {
    nanoseconds sent;
    std::optional<nanoseconds> answered{};
    std::optional<nanoseconds> received{};
  };

  std::size_t polls() const { return stage_.options().connections; }
  std::uint64_t queue_of(std::uint64_t poll) const { return poll % queues_.count(); }

  Outcome<bool> begin_polls(nanoseconds now, nanoseconds lasted) {
    const auto due = static_cast<std::uint64_t>(lasted / 1ms) * kBegunASecond / 1000 + 1;
    while (begun_ < std::min<std::uint64_t>(due, polls())) {
      const std::size_t lane = begun_++;
      if (auto begun = load_.resume(lane); !begun) return begun.error();
      last_begun_ = now;
    }
    if (begun_ < polls() || now - last_begun_ < kSettle) return false;
    resident_ = stage_.resident_bytes();
    enter(Phase::idle, now);
    return false;
  }

  void enter(Phase phase, nanoseconds now) {
    phase_ = phase;
    since_ = now;
    renewed_ = 0;
    cpu_ = stage_.cpu_seconds();
  }

  // The share of one core since the phase began.
  std::optional<double> used(nanoseconds now) {
    const auto cpu = stage_.cpu_seconds();
    if (!cpu || !cpu_) return std::nullopt;
    const double seconds = std::chrono::duration<double>(now - since_).count();
    if (phase_ == Phase::idle) renewed_a_second_ = static_cast<double>(renewed_) / seconds;
    return (*cpu - *cpu_) / seconds;
  }

  std::string_view send(Lane& lane) {
    if (phase_ != Phase::waking) return {};
    lane.sending = lives_.size();
    const std::string_view request =
        queues_.send(queue_of(lane.sending % polls()), Numbered{0, lane.sending}, lane.request);
    lives_.push_back(Life{clock_.elapsed()});
    return request;
  }

  Outcome<Done> take(Lane& lane, const Reply& reply) {
    handed_.clear();
    if (!queues_.scan(reply.body, handed_) || handed_.size() > 1)
      return Refused("an answer to a long poll is not understood");
    if (handed_.empty()) {
      ++renewed_;
      return Done{};
    }
    const std::uint64_t number = handed_.front().message.number;
    if (number >= lives_.size()) return Refused("a message came that nobody sent");
    lane.receipt = std::move(handed_.front().receipt);
    Life& life = lives_[number];
    if (life.received) {
      ++twice_;
      return Done{};
    }
    life.received = clock_.elapsed();
    ++received_;
    settle(life);
    return Done{};
  }

  // Who waited may have the message before its sender knows that it is stored.
  void settle(const Life& life) {
    if (!life.answered || !life.received) return;
    after_.record(std::max(*life.received - *life.answered, nanoseconds(0)));
    whole_.record(*life.received - life.sent);
  }

  Stage& stage_;
  NumberedQueues& queues_;
  Load& load_;
  const engine::Stopwatch clock_{};
  std::vector<Lane> lanes_;
  std::vector<Life> lives_;  // of messages, by number
  std::vector<SqsHanded> handed_;
  Phase phase_ = Phase::beginning;
  nanoseconds since_{};
  nanoseconds last_begun_{};
  std::size_t begun_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t twice_ = 0;
  std::uint64_t renewed_ = 0;
  double renewed_a_second_ = 0;
  std::optional<double> cpu_;
  std::optional<double> idle_cpu_;
  std::optional<double> waking_cpu_;
  std::optional<std::uint64_t> resident_;
  nanoseconds waking_{};
  Histogram after_;
  Histogram whole_;
};

}  // namespace

Outcome<Report> run_waiters(Stage& stage) {
  const Options& options = stage.options();
  auto queues = NumberedQueues::create(options, stage.world(), options.count);
  if (!queues) return queues.error();
  const auto before = stage.resident_bytes();
  Load load;
  const std::size_t lanes = options.connections + kSenders;
  if (auto connected = load.connect(stage.world().target, lanes, kReadBytes); !connected)
    return connected.error();
  Waiters waiters(stage, *queues, load);
  Load::Options running;
  running.stopped = stage.world().stopped;
  running.over = [&waiters] { return waiters.go_on(); };
  if (auto done = load.run(waiters, running); !done) return done.error();
  if (stage.world().stopped && stage.world().stopped()) return Refused("interrupted");
  return waiters.report(before);
}

}  // namespace twofold::bench
