#include "http/sqs/ordering.h"

#include <fmt/format.h>

#include "http/sqs/digest.h"
#include "http/sqs/message_attributes.h"
#include "queue/letter.h"

namespace twofold::http::sqs {
namespace {

Outcome<> check_token(const std::optional<std::string_view>& token, std::string_view parameter) {
  if (!token || is_token(*token)) return {};
  return invalid_value(
      *token, parameter,
      fmt::format("{} can only include alphanumeric and punctuation characters. 1 to 128 in "
                  "length.",
                  parameter));
}

}  // namespace

Outcome<> check_ordering(const Item& item, bool fifo) {
  if (!fifo && item.dedup_id) {
    return invalid_value(*item.dedup_id, "MessageDeduplicationId",
                         "The request includes a parameter that is not valid for this queue type.");
  }
  if (fifo && item.delay_seconds.value_or(0) != 0) {
    return invalid_value(std::to_string(*item.delay_seconds), "DelaySeconds",
                         "The request include parameter that is not valid for this queue type.");
  }
  if (auto id = check_token(item.dedup_id, "MessageDeduplicationId"); !id) return id;
  return check_token(item.group_id, "MessageGroupId");
}

Outcome<> check_groups(std::span<const Item> items, bool batch) {
  for (const Item& item : items) {
    if (item.group_id) continue;
    if (!batch) return missing_parameter("MessageGroupId");
    return Fault(Code::invalid_parameter_value, missing_parameter("MessageGroupId").message);
  }
  return {};
}

Outcome<> check_dedup_ids(std::span<const Item> items) {
  for (const Item& item : items) {
    if (item.dedup_id) continue;
    return Fault(Code::invalid_parameter_value,
                 "The queue should either have ContentBasedDeduplication enabled or "
                 "MessageDeduplicationId provided explicitly");
  }
  return {};
}

void complete_fifo(const engine::StoredRecord& record, StoredMessage& message) {
  if (message.dedup_id.empty()) message.dedup_id = message.texts.emplace_front(message.message_id);
  if (!message.group_id.empty()) return;
  const auto group = queue::group_of(record).value_or("");
  message.group_id =
      message.texts.emplace_front(group.empty() ? message.message_id : sha256_hex(group));
}

std::string sequence_number(engine::Offset offset) {
  return fmt::format("{:020}", offset.value() + 1);
}

}  // namespace twofold::http::sqs
