#include "http/hand_out.h"

#include <utility>

#include "engine/base/diag.h"
#include "http/on_core.h"

namespace twofold::http {

void hand_out(Call& call, const std::string& queue, std::vector<queue::Delivered> messages) {
  if (messages.empty()) return;
  call.reply.messages_handed_out = messages.size();
  call.reply.held_until = messages.front().visible_at;
  call.reply.undelivered = [&broker = call.broker, queue, messages = std::move(messages)]() mutable {
    std::vector<std::string> receipts;
    receipts.reserve(messages.size());
    for (queue::Delivered& message : messages) receipts.push_back(std::move(message.receipt));
    detail::enter_core(broker.core, [&broker, queue = std::move(queue),
                                     receipts = std::move(receipts)] {
      broker.queues.release(queue, receipts);
    });
  };
}

bool nothing_readable(const std::string& queue, const MessageRecords& records) {
  if (!records.trouble()) return false;
  engine::diag(engine::DiagLevel::error, "http", "messages could not be read",
               {{"queue", queue}, {"error", records.trouble()->detail}});
  return records.none();
}

}  // namespace twofold::http
