#include "http/hand_out.h"

#include <algorithm>
#include <utility>

#include "engine/base/diag.h"
#include "http/on_core.h"
#include "queue/letter.h"

namespace twofold::http {

void hand_out(Call& call, const std::string& queue, std::vector<queue::Delivered> messages) {
  if (messages.empty()) return;
  call.reply.messages_handed_out = messages.size();
  call.reply.undelivered = [&broker = call.broker(), queue,
                            messages = std::move(messages)]() mutable {
    std::vector<std::string> receipts;
    receipts.reserve(messages.size());
    for (queue::Delivered& message : messages) receipts.push_back(std::move(message.receipt));
    detail::enter_core(broker.core,
                       [&broker, queue = std::move(queue), receipts = std::move(receipts)] {
                         broker.queues.release(queue, receipts);
                       });
  };
}

bool sort_out(Call& call, const std::string& queue, queue::Received& received,
              MessageRecords& records) {
  const engine::WallTime now = call.broker().clock.wall();
  const auto expired = [&](std::size_t i) {
    const engine::StoredRecord* const record = records.record(i);
    const auto at = record ? queue::expiry_of(*record) : std::nullopt;
    return at && *at <= now;
  };
  std::vector<std::size_t> kept;
  std::vector<std::string> over;
  std::vector<std::string> unread;
  for (std::size_t i = 0; i < received.messages.size(); ++i) {
    if (records.is_unread(i)) {
      unread.push_back(std::move(received.messages[i].receipt));
    } else if (expired(i)) {
      over.push_back(std::move(received.messages[i].receipt));
    } else {
      kept.push_back(i);
    }
  }
  if (over.empty() && unread.empty()) return false;
  queue::QueueCounters& counters = received.counters;
  counters.in_flight -= std::min<std::uint64_t>(counters.in_flight, over.size() + unread.size());
  counters.ready += unread.size();
  std::vector<queue::Delivered> messages;
  for (const std::size_t i : kept) messages.push_back(std::move(received.messages[i]));
  received.messages = std::move(messages);
  records.keep(kept);
  detail::enter_core(call.broker().core, [&broker = call.broker(), queue, over = std::move(over),
                                          unread = std::move(unread)] {
    if (!over.empty()) broker.queues.drop(queue, over);
    if (!unread.empty()) broker.queues.release(queue, unread);
  });
  return kept.empty();
}

bool nothing_readable(const std::string& queue, const MessageRecords& records) {
  if (!records.trouble()) return false;
  engine::diag(engine::DiagLevel::error, "http", "messages could not be read",
               {
                   {"queue", queue                    },
                   {"error", records.trouble()->detail}
  });
  return records.none();
}

}  // namespace twofold::http
