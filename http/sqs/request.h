#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace twofold::http::sqs {

/// A message (user or system) attribute of a request. Views into the request.
struct MessageAttribute {
  std::string_view name;
  std::string_view type;                  ///< DataType, with its label: "Number.int"
  std::optional<std::string_view> text;   ///< StringValue
  std::optional<std::string_view> bytes;  ///< BinaryValue, decoded
  bool lists = false;                     ///< StringListValues or BinaryListValues: reserved by AWS

  bool binary() const { return bytes.has_value(); }
  std::string_view value() const { return bytes ? *bytes : text.value_or(std::string_view()); }
};

using NameAndValue = std::pair<std::string_view, std::string_view>;

struct Tag {
  std::string_view key;
  std::optional<std::string_view> value;  ///< absent: null, which is no value

  friend bool operator==(const Tag&, const Tag&) = default;
};

/// What concerns one message: a call's own parameters, or one entry of a batch.
struct Item {
  std::optional<std::string_view> id;
  std::optional<std::string_view> body;
  std::optional<std::int64_t> delay_seconds;
  std::vector<MessageAttribute> attributes;
  std::vector<MessageAttribute> system_attributes;
  std::optional<std::string_view> group_id;
  std::optional<std::string_view> dedup_id;
  std::optional<std::string_view> receipt_handle;
  std::optional<std::int64_t> visibility_timeout;
};

/// The parameters of any action, whichever protocol they came in. Absent ones stay empty; views
/// last as long as the request.
struct Request : Item {
  std::optional<std::string_view> queue_url;
  std::optional<std::string_view> queue_name;
  std::optional<std::string_view> queue_name_prefix;
  std::optional<std::string_view> owner_account;
  std::optional<std::string_view> next_token;
  std::optional<std::string_view> label;
  std::optional<std::string_view> source_arn;
  std::optional<std::string_view> destination_arn;
  std::optional<std::string_view> task_handle;
  std::optional<std::string_view> attempt_id;
  std::optional<std::int64_t> max_messages;
  std::optional<std::int64_t> wait_seconds;
  std::optional<std::int64_t> max_results;
  std::optional<std::int64_t> messages_per_second;
  std::vector<std::string_view> attribute_names;  ///< of queues; in ReceiveMessage of messages
  std::vector<std::string_view> system_attribute_names;
  std::vector<std::string_view> message_attribute_names;
  std::vector<std::string_view> tag_keys;
  std::vector<std::string_view> account_ids;
  std::vector<std::string_view> actions;
  std::vector<NameAndValue> queue_attributes;
  std::vector<Tag> tags;
  std::vector<Item> entries;
};

}  // namespace twofold::http::sqs
