#include "src/bench/cycle.h"

namespace twofold::bench {
namespace {

// Longer than any run: a message that came back would be counted as a duplicate.
constexpr std::uint64_t kVisibilitySeconds = 3600;

}  // namespace

Cycle::Cycle(const Stage& stage, const std::string& queue_path, std::uint64_t keep_every)
    : stage_(stage),
      queue_path_(queue_path),
      receive_(stage.options().shape.batch + 1),
      keep_every_(keep_every) {
  const Shape& shape = stage.options().shape;
  const std::string_view type = content_type(shape.encoding);
  send_ = render_request(stage.world().target, "POST", queue_path + "/messages", type,
                         send_body(shape));
  lanes_.resize(stage.options().connections);
}

std::string_view Cycle::next(std::size_t number) {
  Lane& lane = lanes_[number];
  switch (lane.step) {
    case Step::send:
      if (claim(stage_.options().shape.batch) == 0) return {};
      lane.cycle = std::chrono::nanoseconds(0);
      return send_;
    case Step::receive: return receive(lane.owed);
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

// Nobody asks for more than he is owed, or somebody else would wait for ever.
const std::string& Cycle::receive(std::size_t max) {
  std::string& request = receive_[max];
  if (!request.empty()) return request;
  Shape shape = stage_.options().shape;
  shape.batch = max;
  request = render_request(stage_.world().target, "POST", queue_path_ + "/receive",
                           content_type(shape.encoding), receive_body(shape, kVisibilitySeconds));
  return request;
}

Outcome<Done> Cycle::answered(std::size_t number, const Reply& reply) {
  if (reply.status < 200 || reply.status > 299) return refused_by_broker(reply);
  count_request();
  Lane& lane = lanes_[number];
  lane.cycle += reply.latency;
  switch (lane.step) {
    case Step::send:
      sent_ += stage_.options().shape.batch;
      lane.owed = stage_.options().shape.batch;
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
  if (lane.handed.size() > lane.owed) return Refused("more messages came than were asked for");
  for (const Handed& handed : lane.handed) {
    if (handed.offset >= seen_.size()) seen_.resize(handed.offset * 2 + 1024);
    if (seen_[handed.offset]) ++duplicated_;
    seen_[handed.offset] = true;
  }
  received_ += lane.handed.size();
  if (keep_every_ > 0) {
    const std::size_t kept = std::erase_if(
        lane.handed, [this](const Handed& handed) { return handed.offset % keep_every_ == 0; });
    kept_ += kept;
    pay(lane, kept);
  }
  // Nothing within the wait: somebody else has it in hand and will ack it; ask again.
  if (!lane.handed.empty()) lane.step = Step::ack;
  return Done{};
}

Outcome<Done> Cycle::take_acked(Lane& lane, std::string_view body) {
  const std::size_t acked = count_acked(stage_.options().shape.encoding, body);
  if (acked != lane.handed.size()) return Refused("the broker did not ack what it had handed out");
  acked_ += acked;
  pay(lane, acked);
  return Done{};
}

void Cycle::pay(Lane& lane, std::size_t messages) {
  lane.owed -= messages;
  lane.step = Step::receive;
  if (lane.owed > 0 || messages == 0) return;
  lane.step = Step::send;
  count(stage_.options().shape.batch, lane.cycle);
}

}  // namespace twofold::bench
