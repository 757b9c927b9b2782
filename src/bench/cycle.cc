#include "src/bench/cycle.h"

namespace twofold::bench {
namespace {

// Longer than any run: a message that came back would be counted as a duplicate.
constexpr std::uint64_t kVisibilitySeconds = 3600;

}  // namespace

Cycle::Cycle(const Stage& stage, const std::string& queue_path)
    : stage_(stage), queue_path_(queue_path) {
  const Shape& shape = stage.options().shape;
  const std::string_view type = content_type(shape.encoding);
  send_ = render_request(stage.world().target, "POST", queue_path + "/messages", type,
                         send_body(shape));
  receive_ = render_request(stage.world().target, "POST", queue_path + "/receive", type,
                            receive_body(shape, kVisibilitySeconds));
  lanes_.resize(stage.options().connections);
}

std::string_view Cycle::next(std::size_t number) {
  Lane& lane = lanes_[number];
  switch (lane.step) {
    case Step::send:
      if (claim(stage_.options().shape.batch) == 0) return {};
      lane.cycle = std::chrono::nanoseconds(0);
      return send_;
    case Step::receive: return receive_;
    case Step::ack: {
      std::vector<std::string> receipts;
      for (Handed& handed : lane.handed) receipts.push_back(std::move(handed.receipt));
      const Encoding encoding = stage_.options().shape.encoding;
      lane.ack = render_request(stage_.world().target, "POST", queue_path_ + "/ack",
                                content_type(encoding), ack_body(encoding, receipts));
      return lane.ack;
    }
  }
  __builtin_unreachable();
}

Outcome<Done> Cycle::answered(std::size_t number, const Reply& reply) {
  if (reply.status < 200 || reply.status > 299) return refused_by_broker(reply);
  count_request();
  Lane& lane = lanes_[number];
  lane.cycle += reply.latency;
  switch (lane.step) {
    case Step::send:
      sent_ += stage_.options().shape.batch;
      lane.owed += stage_.options().shape.batch;
      lane.step = Step::receive;
      return Done{};
    case Step::receive: return take_received(lane, reply.body);
    case Step::ack: return take_acked(lane, reply.body);
  }
  __builtin_unreachable();
}

Outcome<Done> Cycle::take_received(Lane& lane, std::string_view body) {
  lane.handed.clear();
  if (!scan_received(stage_.options().shape.encoding, body, lane.handed)) {
    return Refused("an answer to receive is not understood");
  }
  for (const Handed& handed : lane.handed) {
    if (handed.offset >= seen_.size()) seen_.resize(handed.offset * 2 + 1024);
    if (seen_[handed.offset]) ++duplicated_;
    seen_[handed.offset] = true;
  }
  received_ += lane.handed.size();
  // Nothing within the wait: somebody else has it in hand and will ack it; ask again.
  lane.step = lane.handed.empty() ? Step::receive : Step::ack;
  return Done{};
}

Outcome<Done> Cycle::take_acked(Lane& lane, std::string_view body) {
  const std::size_t acked = count_acked(stage_.options().shape.encoding, body);
  if (acked != lane.handed.size()) return Refused("the broker did not ack what it had handed out");
  acked_ += acked;
  lane.owed -= std::min<std::uint64_t>(lane.owed, acked);
  lane.step = lane.owed == 0 ? Step::send : Step::receive;
  if (lane.owed == 0) count(stage_.options().shape.batch, lane.cycle);
  return Done{};
}

}  // namespace twofold::bench
