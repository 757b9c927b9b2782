#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record.h"
#include "http/call.h"
#include "http/sqs/answer.h"
#include "http/sqs/request.h"

namespace twofold::http::sqs {

/// The header that keeps a message's AWSTraceHeader.
inline constexpr std::string_view kTraceHeader = "twofold-sqs-trace";

/// How an SQS message is a record, and a record an SQS message.
///
///   body                the value
///   MessageGroupId      the key
///   message attribute   a header of the same name with the same bytes
///   DataType            unless it is String: a header "twofold-sqs-type" with "name:DataType"
///   MessageId           a header "twofold-message-id"
///   MessageDeduplicationId   a header "twofold-dedup-id"
///   AWSTraceHeader      a header "twofold-sqs-trace"
///
/// So a log reader sees what was sent, and what others wrote can be received: a value that is no
/// SQS text goes out as base64 and an attribute "twofold.encoding" says so; headers that are text
/// become String attributes and others Binary, ten of them, under names that SQS allows.

/// What is noted beside a message. Empty: nothing.
struct Notes {
  std::string_view message_id;
  std::string_view trace;
  std::string_view dedup_id;
};
/// Views into the item, the notes and `scratch`, whose headers must not have to grow: reserve
/// headers_needed() for all messages of a call first.
engine::NewRecord to_record(const Item& item, const Notes& notes, engine::WallTime now,
                            Scratch& scratch);
std::size_t headers_needed(const Item& item);

/// A record as it is received. Views into the record and into itself.
struct StoredMessage {
  std::string message_id;
  std::string_view body;
  std::vector<MessageAttribute> attributes;  ///< all of them
  std::string_view trace;
  std::string_view group_id;
  std::string_view dedup_id;
  std::string_view origin_queue;      ///< it died there
  std::uint64_t receives_before = 0;  ///< in the queues where it died
  bool encoded = false;               ///< the body is base64 of the value

  TextStore texts;  ///< what had to be made
};
/// What names a record that has no id, for uuid_of(). Its queue may be deleted and made again: the
/// time tells them apart.
std::string record_place(std::string_view queue, engine::PartitionId partition, engine::Offset offset,
                     engine::WallTime time);
/// `place` is where it is: its id, when it has none, comes from there or from where it was first.
StoredMessage to_message(const engine::StoredRecord& record, std::string_view place,
                         Protocol protocol);

}  // namespace twofold::http::sqs
