#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/record.h"
#include "http/json_writer.h"
#include "http/media.h"
#include "http/proto_writer.h"
#include "queue/queues.h"

namespace twofold::http {

/// Writes RFC 3339 times. Keeps the last second's text: records that follow each other are seldom
/// a second apart.
class TimeWriter {
 public:
  /// "2026-11-21T10:30:00.123Z" with its quotes.
  void append(std::string& out, engine::WallTime time);

 private:
  std::optional<std::int64_t> second_;
  std::string text_;  // of that second, up to the point
};

/// What a receive adds to a record, or what browsing says about one.
struct MessagePart {
  std::string_view receipt;
  std::uint32_t receive_count = 0;
  std::optional<engine::WallTime> visible_at;
  std::string_view state;   ///< browsing
  std::string_view reason;  ///< browsing: why it is dead
};

/// A stored record as the API shows it. `value` goes out byte for byte when it is JSON; else as
/// `text` when it was stored as text and is UTF-8; else as `bytes`. JSON is checked before it is
/// spliced in: other protocols store what they like, under whatever label.
class RecordWriter {
 public:
  enum class Values { as_stored, base64 };

  explicit RecordWriter(std::string_view topic, Values values = Values::as_stored)
      : topic_(topic), values_(values) {}

  void json(JsonWriter& out, engine::PartitionId partition, const engine::StoredRecord& record,
            const MessagePart* message = nullptr);
  /// A whole message: Record.
  void protobuf(std::string& out, engine::PartitionId partition,
                const engine::StoredRecord& record);
  /// A nested message field of that number: Record, or Message when `message` is given.
  void protobuf(std::string& out, std::uint32_t field, engine::PartitionId partition,
                const engine::StoredRecord& record, const MessagePart* message = nullptr);

 private:
  void json_value(JsonWriter& out, const engine::StoredRecord& record,
                  std::string_view content_type);
  void json_notes(JsonWriter& out, const engine::StoredRecord& record);
  void json_headers(JsonWriter& out, const engine::StoredRecord& record);
  std::size_t record_size(engine::PartitionId partition, const engine::StoredRecord& record,
                          std::string_view content_type) const;
  void record_fields(ProtoWriter& proto, engine::PartitionId partition,
                     const engine::StoredRecord& record, std::string_view content_type) const;

  std::string_view topic_;
  Values values_;
  TimeWriter time_;
};

/// Writes `text`, or {"base64": ...} when it is not UTF-8.
void append_text_or_base64(JsonWriter& out, std::string_view text);

}  // namespace twofold::http
