#include "http/hand_out.h"

#include <utility>
#include <vector>

#include "http/on_core.h"

namespace twofold::http {

void arm_release(Call& call, const std::string& queue, const queue::Received& received) {
  std::vector<std::string> receipts;
  receipts.reserve(received.messages.size());
  for (const queue::Delivered& delivered : received.messages) receipts.push_back(delivered.receipt);
  call.reply.hands_out_messages = true;
  call.reply.undelivered = [&broker = call.broker, queue, receipts = std::move(receipts)] {
    detail::enter_core(broker.core,
                       [&broker, queue, receipts] { broker.queues.release(queue, receipts); });
  };
}

}  // namespace twofold::http
