#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "http/sqs/fault.h"
#include "http/sqs/request.h"
#include "http/sqs/stored.h"

namespace twofold::http::sqs {

/// What group and deduplication ids may be, by the kind of queue. FIFO queues need a group, and an
/// id unless the body is one; standard queues take a group, which makes them fair, and no id.

/// What a message says of its order, as far as the queue's settings do not matter.
Outcome<> check_ordering(const Item& item, bool fifo);
/// That every message of a call to a FIFO queue has a group: one without fails the whole batch.
Outcome<> check_groups(std::span<const Item> items, bool batch);
/// Likewise an id, in queues where the body is none.
Outcome<> check_dedup_ids(std::span<const Item> items);

/// What a message of a FIFO queue shows where it came otherwise than over SQS: its MessageGroupId,
/// a digest of a group that is no legal one, or a group of its own; its MessageDeduplicationId, the
/// MessageId.
void complete_fifo(const engine::StoredRecord& record, StoredMessage& message);

/// What Amazon SQS calls a sequence number: 20 digits that grow within a queue.
std::string sequence_number(engine::Offset offset);

}  // namespace twofold::http::sqs
