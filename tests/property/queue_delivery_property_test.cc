#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "queue/delivery.h"

// Random operations on Delivery beside a model that keeps one plain struct per message. Restarts
// come in between: from a snapshot, and from a snapshot with the operations after it, which must
// give the same bytes. TWOFOLD_SEED replays one episode.

namespace twofold::queue {
namespace {

constexpr std::uint32_t kReceivesLimit = 4;

struct ModelMessage {
  enum class Is { fresh, held, delayed, dead, acked } is = Is::fresh;
  Instant due{0};
  std::uint32_t nonce = 0;
  std::uint32_t receives = 0;
  std::string reason;
};
using Is = ModelMessage::Is;

ModelMessage acked() { return {Is::acked, Instant{0}, 0, 0, {}}; }

class Episode {
 public:
  explicit Episode(std::uint64_t seed)
      : random_(seed), first_(random_.below(200)), end_(first_), delivery_(Offset{first()}) {
    base_ = snapshot(delivery_);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      step();
      settle();
      if (random_.below(25) == 0) compare();
    }
    compare();
  }

  // Some operations are lost (their journal blocks were damaged): messages may come back, but none
  // that was not done with may be missing.
  void lose_operations() {
    Delivery restored(Offset{0});
    engine::ByteReader in(base_);
    ASSERT_TRUE(restored.read(in));
    for (const Op& op : noted_)
      if (random_.below(10) != 0) restored.apply(op);
    for (Offset o{first()}; o < Offset{end()}; o = engine::advance(o, 1))
      EXPECT_TRUE(restored.is_live(o) || at(o).is == Is::acked) << "offset " << o.value();
    restored.set_visible_end(visible_end_);
    EXPECT_TRUE(restored.counters_are_right());
  }

 private:
  std::int64_t first() const { return static_cast<std::int64_t>(first_); }
  std::int64_t end() const { return static_cast<std::int64_t>(end_); }
  ModelMessage& at(Offset o) { return messages_[static_cast<std::size_t>(o.value() - first())]; }
  bool visible(Offset o) const { return o < visible_end_; }
  bool ready(Offset o) {
    const ModelMessage& m = at(o);
    if (!visible(o) || m.is == Is::dead || m.is == Is::acked) return false;
    return m.is == Is::fresh || m.due <= now_;
  }
  bool touchable(Offset o) { return at(o).is == Is::held || at(o).is == Is::delayed; }

  static std::string snapshot(const Delivery& delivery) {
    std::string bytes;
    engine::ByteWriter out(bytes);
    delivery.write(out);
    return bytes;
  }

  void step() {
    switch (random_.below(12)) {
      case 0: return send();
      case 1: return show();
      case 2:
      case 3:
      case 4: return receive();
      case 5:
      case 6: return ack();
      case 7: return nack();
      case 8: return extend();
      case 9: return release_or_kill();
      case 10: return pass_time();
      case 11: return rarely();
    }
  }

  void rarely() {
    const auto what = random_.below(40);
    if (what < 3) skip();
    if (what >= 3 && what < 8) restart();
  }

  void apply(const Op& op) {
    // Through bytes, as the journal does.
    const auto decoded = decode_op(encode_op(7, op));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->partition, 7u);
    delivery_.apply(decoded->op);
    noted_.push_back(decoded->op);
  }

  void send() {
    const auto count = 1 + random_.below(40);
    const Offset from{end()};
    end_ += count;
    messages_.resize(end_ - first_);
    if (random_.below(3) != 0) return;
    const Instant due = now_ + Duration(random_.below(300));
    Runs runs;
    for (Offset o = from; o < Offset{end()}; o = engine::advance(o, 1)) {
      if (random_.below(3) == 0) continue;
      append_run(runs, o, 1);
      at(o).is = Is::delayed;
      at(o).due = due;
    }
    if (!runs.empty()) apply(DelayOp{due, runs});
  }

  void show() {
    visible_end_ = Offset{end()};
    delivery_.set_visible_end(visible_end_);
  }

  void receive() {
    std::size_t ready_count = 0;
    for (Offset o{first()}; o < Offset{end()}; o = engine::advance(o, 1)) ready_count += ready(o);
    const std::size_t max = 1 + random_.below(random_.below(4) == 0 ? 200 : 12);
    const Choice choice = delivery_.choose(max);
    EXPECT_EQ(static_cast<std::size_t>(count_of(choice.runs)), std::min(max, ready_count));
    EXPECT_EQ(delivery_.has_ready(), ready_count > 0);
    if (choice.empty()) return;
    const auto nonce = static_cast<std::uint32_t>(1 + random_.below(UINT32_MAX));
    const Instant visible_at = now_ + Duration(random_.below(200));
    for (const Run& run : choice.runs) {
      for (Offset o = run.base; o < run.end(); o = engine::advance(o, 1)) {
        EXPECT_TRUE(ready(o)) << "offset " << o.value() << " was handed out";
        at(o).is = Is::held;
        at(o).due = visible_at;
        at(o).nonce = nonce;
        ++at(o).receives;
        receipts_.emplace_back(o, nonce);
      }
    }
    const ReceiveOp op{visible_at, nonce, choice.next, choice.runs};
    delivery_.deliver(choice, op);
    noted_.push_back(op);
  }

  Verdict expected_verdict(Offset o, std::uint32_t nonce) {
    const ModelMessage& m = at(o);
    if (m.is == Is::acked) return Verdict::already;
    if (m.is == Is::fresh) return visible(o) ? Verdict::stale : Verdict::unknown;
    return m.nonce == nonce ? Verdict::current : Verdict::stale;
  }

  // Receipts as clients present them: mostly new, some old; only current ones pass.
  std::vector<Offset> presented(std::size_t max) {
    std::vector<Offset> current;
    for (std::size_t i = 0; i < max && !receipts_.empty(); ++i) {
      const auto recent = std::min<std::size_t>(receipts_.size(), 60);
      const auto pick = random_.below(5) == 0 ? random_.below(receipts_.size())
                                              : receipts_.size() - 1 - random_.below(recent);
      const auto [o, nonce] = receipts_[pick];
      const Verdict verdict = delivery_.verdict(o, nonce);
      EXPECT_EQ(verdict, expected_verdict(o, nonce)) << "offset " << o.value();
      if (verdict == Verdict::current) current.push_back(o);
    }
    std::sort(current.begin(), current.end());
    current.erase(std::unique(current.begin(), current.end()), current.end());
    return current;
  }

  void ack() {
    const auto offsets = presented(1 + random_.below(40));
    if (offsets.empty()) return;
    for (const Offset o : offsets) at(o) = acked();
    apply(AckOp{runs_of(offsets)});
  }

  void nack() {
    const Instant due = now_ + Duration(random_.below(2) * random_.below(400));
    Runs runs;
    for (const Offset o : presented(1 + random_.below(10))) {
      if (!touchable(o)) continue;
      at(o).is = Is::delayed;
      at(o).due = due;
      append_run(runs, o, 1);
    }
    if (!runs.empty()) apply(NackOp{due, runs});
  }

  void extend() {
    const Instant visible_at = now_ + Duration(random_.below(500));
    Runs runs;
    for (const Offset o : presented(1 + random_.below(10))) {
      EXPECT_EQ(delivery_.in_flight(o), at(o).is == Is::held && at(o).due > now_);
      if (!delivery_.in_flight(o)) continue;
      at(o).due = visible_at;
      append_run(runs, o, 1);
    }
    if (!runs.empty()) apply(ExtendOp{visible_at, runs});
  }

  void release_or_kill() {
    Runs runs;
    const bool kill = random_.below(3) == 0;
    const std::string reason = random_.below(2) == 0 ? "bad iban" : "";
    for (const Offset o : presented(1 + random_.below(6))) {
      if (at(o).is != Is::held) continue;
      append_run(runs, o, 1);
      if (kill) {
        at(o).is = Is::dead;
        at(o).reason = reason;
      } else {
        at(o) = {Is::delayed, Instant{0}, 0, at(o).receives - 1, {}};
      }
    }
    if (runs.empty()) return;
    if (kill) return apply(DeadOp{reason, runs});
    apply(ReleaseOp{runs});
  }

  void pass_time() { now_ = now_ + Duration(random_.below(random_.below(10) == 0 ? 2'000 : 60)); }

  void skip() {
    const Offset upto{first() + static_cast<std::int64_t>(random_.below(end_ - first_ + 1))};
    for (Offset o{first()}; o < upto; o = engine::advance(o, 1)) at(o) = acked();
    apply(SkipOp{upto});
  }

  // What is due becomes ready or, its receives used up, dead.
  void settle() {
    Expired expired;
    while (const auto due = delivery_.next_due()) {
      if (*due > now_) break;
      delivery_.expire(now_, kReceivesLimit, 1 + random_.below(100), expired);
    }
    std::vector<Offset> expected;
    for (Offset o{first()}; o < visible_end_; o = engine::advance(o, 1))
      if (touchable(o) && at(o).due <= now_ && at(o).receives >= kReceivesLimit)
        expected.push_back(o);
    std::vector<Offset>& used_up = expired.used_up;
    std::sort(used_up.begin(), used_up.end());
    EXPECT_EQ(used_up, expected);
    if (used_up.empty()) return;
    for (const Offset o : used_up) at(o).is = Is::dead;
    apply(DeadOp{"", runs_of(used_up)});
  }

  void restart() {
    Delivery restored(Offset{0});
    engine::ByteReader in(base_);
    ASSERT_TRUE(restored.read(in));
    ASSERT_TRUE(in.done());
    for (const Op& op : noted_) restored.apply(op);
    EXPECT_EQ(snapshot(restored), snapshot(delivery_)) << "replay and life disagree";
    restored.set_visible_end(visible_end_);
    delivery_ = std::move(restored);
    if (random_.below(2) == 0) return;
    base_ = snapshot(delivery_);
    noted_.clear();
  }

  void compare() {
    QueueCounters expected;
    Offset floor{end()};
    for (Offset o{first()}; o < Offset{end()}; o = engine::advance(o, 1)) {
      const MessageView view = delivery_.view(o);
      const ModelMessage& m = at(o);
      ASSERT_EQ(view.state, expected_state(o)) << "offset " << o.value();
      EXPECT_EQ(delivery_.is_live(o), m.is != Is::acked);
      if (m.is != Is::acked) floor = std::min(floor, o);
      EXPECT_EQ(view.receives, m.receives);
      EXPECT_EQ(delivery_.reason(o), m.is == Is::dead ? m.reason : "");
      expected.ready += ready(o);
      expected.in_flight += view.state == MessageState::in_flight;
      expected.delayed += view.state == MessageState::delayed;
      expected.dead += m.is == Is::dead;
    }
    const QueueCounters counters = delivery_.counters();
    EXPECT_EQ(counters.ready, expected.ready);
    EXPECT_EQ(counters.in_flight, expected.in_flight);
    EXPECT_EQ(counters.delayed, expected.delayed);
    EXPECT_EQ(counters.dead, expected.dead);
    EXPECT_TRUE(delivery_.counters_are_right());
    EXPECT_EQ(delivery_.floor(),
              std::min(floor, Offset{std::max(end(), delivery_.next().value())}));
    compare_range();
  }

  void compare_range() {
    const Offset from{first() + static_cast<std::int64_t>(random_.below(end_ - first_ + 1))};
    const Offset upto{from.value() + static_cast<std::int64_t>(random_.below(
                                         static_cast<std::uint64_t>(end() - from.value()) + 1))};
    std::int64_t live = 0;
    for (Offset o = from; o < upto; o = engine::advance(o, 1)) live += at(o).is != Is::acked;
    EXPECT_EQ(delivery_.live_in(from, upto), live);
  }

  MessageState expected_state(Offset o) {
    const ModelMessage& m = at(o);
    switch (m.is) {
      case Is::fresh: return MessageState::ready;
      case Is::held: return ready(o) ? MessageState::ready : MessageState::in_flight;
      case Is::delayed: return ready(o) ? MessageState::ready : MessageState::delayed;
      case Is::dead: return MessageState::dead;
      case Is::acked: return MessageState::acked;
    }
    __builtin_unreachable();
  }

  engine::SeededRandom random_;
  std::uint64_t first_;
  std::uint64_t end_;
  Offset visible_end_{0};
  Instant now_{1'700'000'000'000};
  std::vector<ModelMessage> messages_;
  std::vector<std::pair<Offset, std::uint32_t>> receipts_;
  Delivery delivery_;
  std::string base_;
  std::vector<Op> noted_;
};

TEST(QueueDeliveryProperty, EveryMessageIsWhereAPlainModelSaysItIs) {
  if (const char* seed = std::getenv("TWOFOLD_SEED")) {
    Episode(std::strtoull(seed, nullptr, 10)).run(1'500);
    return;
  }
  for (std::uint64_t seed = 1; seed <= 250 && !HasFailure(); ++seed) {
    SCOPED_TRACE("TWOFOLD_SEED=" + std::to_string(seed));
    Episode(seed).run(1'500);
  }
}

TEST(QueueDeliveryProperty, AnOperationLostToDamageLosesNoMessage) {
  for (std::uint64_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Episode episode(seed);
    episode.run(300);
    episode.lose_operations();
  }
}

}  // namespace
}  // namespace twofold::queue
