#include "http/sqs/stored.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "http/base64.h"
#include "http/sqs/message_attributes.h"
#include "http/sqs/uuid.h"
#include "queue/letter.h"

namespace twofold::http::sqs {
namespace {

constexpr std::string_view kType = "twofold-sqs-type";
constexpr std::string_view kEncoding = "twofold.encoding";
constexpr std::string_view kString = "String";
constexpr std::string_view kBinary = "Binary";
constexpr std::size_t kNameMax = 256;

bool is_text(std::string_view bytes) { return is_utf8(bytes) && is_message_text(bytes); }

// A header's name with everything that SQS does not allow replaced.
std::string_view attribute_name(std::string_view header, TextStore& texts) {
  if (!header.empty() && header.size() <= kNameMax && is_attribute_text(header)) return header;
  std::string name(header.substr(0, kNameMax));
  for (char& c : name) {
    if (!is_attribute_text({&c, 1})) c = '_';
  }
  if (name.empty()) name = "_";
  return texts.emplace_front(std::move(name));
}

bool has(const std::vector<MessageAttribute>& attributes, std::string_view name) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const MessageAttribute& one) { return one.name == name; });
}

// Several headers may have one name, or come to have it: "a b" and "a_b".
std::string_view unique_name(std::string_view header, const std::vector<MessageAttribute>& others,
                             TextStore& texts) {
  const std::string_view name = attribute_name(header, texts);
  if (!has(others, name)) return name;
  for (std::size_t n = 2;; ++n) {
    const std::string suffix = "_" + std::to_string(n);
    std::string numbered(name.substr(0, kNameMax - suffix.size()));
    // Not half a character.
    while (!is_attribute_text(numbered)) numbered.pop_back();
    numbered += suffix;
    if (!has(others, numbered)) return texts.emplace_front(std::move(numbered));
  }
}

// The DataType that a "twofold-sqs-type" header notes for an attribute; empty when none does.
std::string_view noted_type(const engine::StoredRecord& record, std::string_view attribute) {
  for (const engine::Header& header : record.headers) {
    if (header.name != kType || !header.value) continue;
    const std::string_view note = *header.value;
    if (note.size() > attribute.size() && note.starts_with(attribute) &&
        note[attribute.size()] == ':') {
      const std::string_view type = note.substr(attribute.size() + 1);
      return is_utf8(type) && is_data_type(type) ? type : std::string_view();
    }
  }
  return {};
}

MessageAttribute to_attribute(const engine::StoredRecord& record, const engine::Header& header,
                              const std::vector<MessageAttribute>& others, TextStore& texts) {
  MessageAttribute attribute;
  attribute.type = noted_type(record, header.name);
  const bool as_text = is_text(*header.value) && !attribute.type.starts_with(kBinary);
  if (as_text) {
    attribute.text = header.value;
    if (attribute.type.empty()) attribute.type = kString;
  } else {
    attribute.bytes = header.value;
    if (!attribute.type.starts_with(kBinary)) attribute.type = kBinary;
  }
  attribute.name = unique_name(header.name, others, texts);
  return attribute;
}

// What queues and this front end note beside a message.
void take_ours(const engine::Header& header, StoredMessage& message) {
  const std::string_view value = *header.value;
  if (header.name == queue::kMessageId && is_text(value)) message.message_id = value;
  if (header.name == kTraceHeader && is_text(value)) message.trace = value;
  if (header.name == queue::kDedupId && is_token(value)) message.dedup_id = value;
  if (header.name == queue::kOrigin && is_name(value.substr(0, value.find(':')))) {
    message.origin_queue = value.substr(0, value.find(':'));
  }
  if (header.name == queue::kReceives) {
    std::from_chars(value.data(), value.data() + value.size(), message.receives_before);
  }
}

// Of a message that has none: wherever it goes, the one that it had where it was first.
std::string id_of(const engine::StoredRecord& record, std::string_view place) {
  const std::string_view first = queue::first_place(record);
  if (first.empty()) return uuid_of(place);
  const std::size_t colon = std::min(first.find(':'), first.size());
  const std::size_t dash = std::min(first.find('-', colon), first.size());
  const auto part = [&first](std::size_t from, std::size_t end) {
    return first.substr(std::min(from, first.size()), end - std::min(from, end));
  };
  return uuid_of(fmt::format("{}/{}/{}/{}", first.substr(0, colon), part(colon + 1, dash),
                             part(dash + 1, first.size()), record.timestamp.value()));
}

// JSON can say every character, XML not.
void take_body(std::string_view value, Protocol protocol, StoredMessage& message) {
  message.body = value;
  const bool fits = protocol == Protocol::json ? is_utf8(value) : is_text(value);
  if (fits) return;
  std::string& text = message.texts.emplace_front();
  append_base64(text, value);
  message.body = text;
  message.encoded = true;
}

}  // namespace

std::string record_place(std::string_view queue, engine::PartitionId partition, engine::Offset offset,
                     engine::WallTime time) {
  return fmt::format("{}/{}/{}/{}", queue, partition.value(), offset.value(), time.value());
}

std::size_t headers_needed(const Item& item) { return 2 * item.attributes.size() + 3; }

engine::NewRecord to_record(const Item& item, const Notes& notes, engine::WallTime now,
                            Scratch& scratch) {
  const std::size_t first = scratch.headers.size();
  for (const MessageAttribute& attribute : item.attributes) {
    scratch.headers.push_back({attribute.name, attribute.value()});
  }
  for (const MessageAttribute& attribute : item.attributes) {
    if (attribute.type == kString) continue;
    std::string note(attribute.name);
    note.append(":").append(attribute.type);
    scratch.headers.push_back({kType, scratch.keep(std::move(note))});
  }
  scratch.headers.push_back({queue::kMessageId, notes.message_id});
  if (!notes.trace.empty()) scratch.headers.push_back({kTraceHeader, notes.trace});
  if (!notes.dedup_id.empty()) scratch.headers.push_back({queue::kDedupId, notes.dedup_id});
  const std::span<const engine::Header> headers(scratch.headers);
  return {item.group_id, item.body, headers.subspan(first), now};
}

StoredMessage to_message(const engine::StoredRecord& record, std::string_view place,
                         Protocol protocol) {
  StoredMessage message;
  take_body(record.value.value_or(""), protocol, message);
  for (const engine::Header& header : record.headers) {
    if (!header.value || header.value->empty()) continue;
    if (header.name.starts_with(queue::kOurHeaders)) {
      take_ours(header, message);
    } else if (message.attributes.size() < kAttributesMax) {
      message.attributes.push_back(to_attribute(record, header, message.attributes, message.texts));
    }
  }
  const auto group = queue::group_of(record);
  if (group && is_token(*group)) message.group_id = *group;
  if (message.message_id.empty()) message.message_id = id_of(record, place);
  // In a dead letter queue, where nothing may be taken for a duplicate.
  if (!message.dedup_id.empty() && !message.origin_queue.empty())
    message.dedup_id = message.texts.emplace_front(message.message_id);
  if (message.encoded) {
    std::erase_if(message.attributes, [](const auto& one) { return one.name == kEncoding; });
    MessageAttribute& note = message.attributes.emplace_back();
    note.name = kEncoding;
    note.type = kString;
    note.text = "base64";
  }
  return message;
}

}  // namespace twofold::http::sqs
