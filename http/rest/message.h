#pragma once

#include <memory>

#include "http/message_page.h"
#include "http/rest/record_out.h"
#include "queue/queues.h"

namespace twofold::http {

/// The queue and the message that a call's path names.
struct NamedMessage {
  std::string queue;
  queue::MessageId id;
};
Try<NamedMessage> named_message(const Call& call);

/// One message as the broker knows it, and its record unless that is gone.
struct LookedUp {
  queue::Explained message;
  MessageRecords records;  ///< one, or none

  const engine::StoredRecord* record() const {
    return records.empty() ? nullptr : records.record(0);
  }
};
Task<Try<LookedUp>> look_up(Call& call, const NamedMessage& named);

/// Answers with the message as it is now.
Task<Try<>> answer_message(Call& call, const NamedMessage& named);

/// What looking says about a message besides its record.
MessagePart part_of(const Broker& broker, const queue::BrowseItem& item);
/// Broker time as the calendar shows it now.
engine::WallTime on_calendar(const Broker& broker, engine::Instant instant);

}  // namespace twofold::http
