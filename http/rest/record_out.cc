#include "http/rest/record_out.h"

#include "engine/base/time_text.h"
#include "http/base64.h"
#include "http/json_reader.h"
#include "http/rest/record_in.h"
#include "queue/letter.h"

namespace twofold::http {
namespace {

// The stored content type; empty when none was stored.
std::string_view content_type_of(const engine::StoredRecord& record) {
  for (const engine::Header& header : record.headers) {
    if (header.name == kContentTypeHeader && header.value) return *header.value;
  }
  return {};
}

bool is_content_type(const engine::Header& header) {
  return header.name == kContentTypeHeader && header.value;
}

// How a value is shown. What claims to be JSON, or claims nothing, must prove it.
ValueShape shown_as(std::string_view value, std::string_view content_type) {
  ValueShape shape = shape_of(content_type);
  if (shape == ValueShape::json && !is_json(value)) shape = ValueShape::text;
  if (shape == ValueShape::text && !is_utf8(value)) shape = ValueShape::bytes;
  return shape;
}

// What the broker keeps of a record in headers has members of its own, or is for SQS alone.
struct Notes {
  std::optional<std::string_view> group;
  std::optional<std::string_view> dedup_id;
  std::optional<engine::WallTime> expires;
};

bool is_note(const engine::Header& header) {
  if (!header.name.starts_with(queue::kOurHeaders) || !header.value) return false;
  if (header.name == queue::kGroup || header.name == queue::kDedupId) return is_utf8(*header.value);
  return header.name == queue::kFirst || queue::expiry_in(header).has_value();
}

Notes notes_of(const engine::StoredRecord& record) {
  Notes notes;
  for (const engine::Header& header : record.headers) {
    if (!is_note(header)) continue;
    if (header.name == queue::kGroup) notes.group = header.value;
    if (header.name == queue::kDedupId) notes.dedup_id = header.value;
    if (header.name == queue::kExpires) notes.expires = queue::expiry_in(header);
  }
  return notes;
}

constexpr std::uint32_t kMapKey = 1;
constexpr std::uint32_t kMapValue = 2;

std::size_t map_entry_size(const engine::Header& header) {
  return ProtoWriter::bytes_size(kMapKey, header.name.size()) +
         ProtoWriter::bytes_size(kMapValue, header.value.value_or("").size());
}

}  // namespace

void append_text_or_base64(JsonWriter& out, std::string_view text) {
  if (is_utf8(text)) {
    out.string(text);
  } else {
    out.begin_object().name("base64").base64(text).end_object();
  }
}

void TimeWriter::append(std::string& out, engine::WallTime time) {
  std::int64_t second = time.value() / 1'000;
  std::int64_t millis = time.value() % 1'000;
  if (millis < 0) {
    --second;
    millis += 1'000;
  }
  if (second_ != second) {
    second_ = second;
    text_ = engine::format_time(engine::WallTime{second * 1'000});
    text_.resize(text_.size() - 4);  // "000Z"
  }
  out.push_back('"');
  out.append(text_);
  const char digits[] = {static_cast<char>('0' + millis / 100),
                         static_cast<char>('0' + millis / 10 % 10),
                         static_cast<char>('0' + millis % 10), 'Z', '"'};
  out.append(digits, sizeof digits);
}

void RecordWriter::json(JsonWriter& out, engine::PartitionId partition,
                        const engine::StoredRecord& record, const MessagePart* message) {
  out.begin_object();
  out.name("id").raw("\"");
  append_number(out.out(), partition.value());
  out.out().push_back('-');
  append_number(out.out(), record.offset.value());
  out.out().push_back('"');
  if (message) {
    if (!message->receipt.empty()) out.name("receipt").string(message->receipt);
    if (!message->state.empty())
      out.name("state").raw("\"").out().append(message->state).append("\"");
    out.name("receive_count").number(message->receive_count);
    if (message->visible_at) {
      out.name("visible_at").raw("");
      time_.append(out.out(), *message->visible_at);
    }
    if (!message->reason.empty()) out.name("reason").string(message->reason);
  }
  if (!topic_.empty()) out.name("topic").raw("\"").out().append(topic_).append("\"");
  out.name("partition").number(partition.value());
  out.name("offset").number(record.offset.value());
  out.name("seq").number(record.seq.value());
  if (record.key) {
    out.name("key");
    append_text_or_base64(out, *record.key);
  }
  const std::string_view content_type = content_type_of(record);
  json_value(out, record, content_type);
  json_headers(out, record);
  json_notes(out, record);
  out.name("timestamp").raw("");
  time_.append(out.out(), record.timestamp);
  out.end_object();
}

void RecordWriter::json_value(JsonWriter& out, const engine::StoredRecord& record,
                              std::string_view content_type) {
  if (!record.value) {
    out.name("value").null();
  } else if (values_ == Values::base64) {
    out.name("bytes").base64(*record.value);
  } else {
    switch (shown_as(*record.value, content_type)) {
      case ValueShape::json:
        out.name("value").raw(*record.value);
        if (content_type.empty()) content_type = kJson;
        break;
      case ValueShape::text: out.name("text").string(*record.value); break;
      case ValueShape::bytes: out.name("bytes").base64(*record.value); break;
    }
  }
  if (content_type.empty()) return;
  out.name("content_type");
  append_text_or_base64(out, content_type);
}

void RecordWriter::json_headers(JsonWriter& out, const engine::StoredRecord& record) {
  bool any = false;
  for (const engine::Header& header : record.headers) {
    if (is_content_type(header) || is_note(header)) continue;
    if (!std::exchange(any, true)) out.name("headers").begin_object();
    if (is_utf8(header.name)) {
      out.any_name(header.name);
    } else {
      std::string name = "base64:";  // no JSON name can hold it as it is
      append_base64(name, header.name);
      out.name(name);
    }
    if (header.value) {
      append_text_or_base64(out, *header.value);
    } else {
      out.null();
    }
  }
  if (any) out.end_object();
}

void RecordWriter::json_notes(JsonWriter& out, const engine::StoredRecord& record) {
  const Notes notes = notes_of(record);
  if (notes.group) out.name("group").string(*notes.group);
  if (notes.dedup_id) out.name("dedup_id").string(*notes.dedup_id);
  if (!notes.expires) return;
  out.name("expires_at").raw("");
  time_.append(out.out(), *notes.expires);
}

std::size_t RecordWriter::record_size(engine::PartitionId partition,
                                      const engine::StoredRecord& record,
                                      std::string_view content_type) const {
  std::size_t size = 0;
  if (record.key) size += ProtoWriter::nested_size(1, record.key->size());
  size += ProtoWriter::bytes_size(3, record.value.value_or("").size());
  size += ProtoWriter::bytes_size(4, content_type.size());
  for (const engine::Header& header : record.headers) {
    if (!is_content_type(header) && !is_note(header))
      size += ProtoWriter::nested_size(5, map_entry_size(header));
  }
  const auto number = [](std::uint32_t field, std::int64_t value) {
    return ProtoWriter::number_size(field, static_cast<std::uint64_t>(value));
  };
  size += number(6, record.timestamp.value());
  size += 1 + engine::uvarint_size(static_cast<std::uint64_t>(partition.value()));  // always there
  size += number(8, record.offset.value());
  size += ProtoWriter::number_size(9, record.seq.value());
  const Notes notes = notes_of(record);
  size += ProtoWriter::bytes_size(10, notes.dedup_id.value_or("").size());
  size += ProtoWriter::bytes_size(11, notes.group.value_or("").size());
  if (!record.value) size += 2;
  size += number(16, notes.expires.value_or(engine::WallTime{0}).value());
  return size;
}

void RecordWriter::record_fields(ProtoWriter& proto, engine::PartitionId partition,
                                 const engine::StoredRecord& record,
                                 std::string_view content_type) const {
  if (record.key) proto.present_bytes(is_utf8(*record.key) ? 1 : 2, *record.key);
  proto.bytes(3, record.value.value_or(""));
  proto.bytes(4, content_type);
  for (const engine::Header& header : record.headers) {
    if (is_content_type(header) || is_note(header)) continue;
    proto.begin(5, map_entry_size(header));
    proto.bytes(kMapKey, header.name);
    proto.bytes(kMapValue, header.value.value_or(""));
  }
  proto.number(6, static_cast<std::uint64_t>(record.timestamp.value()));
  proto.present_number(7, static_cast<std::uint64_t>(partition.value()));
  proto.number(8, static_cast<std::uint64_t>(record.offset.value()));
  proto.number(9, record.seq.value());
  const Notes notes = notes_of(record);
  proto.bytes(10, notes.dedup_id.value_or(""));
  proto.bytes(11, notes.group.value_or(""));
  if (!record.value) proto.present_number(14, 1);
  proto.number(16, static_cast<std::uint64_t>(notes.expires.value_or(engine::WallTime{0}).value()));
}

void RecordWriter::protobuf(std::string& out, engine::PartitionId partition,
                            const engine::StoredRecord& record) {
  ProtoWriter proto(out);
  record_fields(proto, partition, record, content_type_of(record));
}

void RecordWriter::protobuf(std::string& out, std::uint32_t field, engine::PartitionId partition,
                            const engine::StoredRecord& record, const MessagePart* message) {
  ProtoWriter proto(out);
  std::string_view content_type = content_type_of(record);
  const std::size_t size = record_size(partition, record, content_type);
  if (!message) {
    proto.begin(field, size);
    return record_fields(proto, partition, record, content_type);
  }
  std::string id;
  append_number(id, partition.value());
  id.push_back('-');
  append_number(id, record.offset.value());
  const auto visible_ms =
      static_cast<std::uint64_t>(message->visible_at.value_or(engine::WallTime{0}).value());
  proto.begin(field, ProtoWriter::nested_size(1, size) + ProtoWriter::bytes_size(2, id.size()) +
                         ProtoWriter::bytes_size(3, message->receipt.size()) +
                         ProtoWriter::number_size(4, message->receive_count) +
                         ProtoWriter::number_size(5, visible_ms));
  proto.begin(1, size);
  record_fields(proto, partition, record, content_type);
  proto.bytes(2, id);
  proto.bytes(3, message->receipt);
  proto.number(4, message->receive_count);
  proto.number(5, visible_ms);
}

}  // namespace twofold::http
