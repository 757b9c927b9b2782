#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "http/call.h"
#include "http/json_reader.h"
#include "log/topics.h"
#include "queue/queues.h"

namespace twofold::http {

/// The header under which a record keeps its content type. Left out for application/json, which is
/// what a value without one is tried as.
inline constexpr std::string_view kContentTypeHeader = "content-type";

inline constexpr std::size_t kRecordsMax = 1'000;
inline constexpr std::size_t kHeadersMax = 64;
inline constexpr std::size_t kHeaderBytesMax = 16 << 10;

/// Where records go: what a topic takes and what a queue takes differ a little.
enum class Destination { topic, queue };

/// One record of a request, whatever it was written in. Views into the body or the scratch.
struct IncomingRecord {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  ///< absent: a tombstone
  std::size_t headers_begin = 0;          ///< in Scratch::headers
  std::size_t headers_count = 0;
  std::optional<engine::WallTime> timestamp;
  std::optional<engine::PartitionId> partition;
  std::optional<engine::Duration> delay;
  std::optional<engine::WallTime> deliver_at;
  std::optional<std::string_view> dedup_id;
  std::optional<std::string_view> group;
  std::optional<engine::Duration> ttl;
  std::optional<log::ProducedBy> producer;
};

/// What every record of a request is read by.
struct RecordRules {
  Destination destination;
  engine::WallTime now;  ///< what a ttl counts from
  /// Of the request: a record that has no traceparent of its own gets these and its baggage, byte
  /// for byte.
  std::string_view traceparent{};
  std::string_view tracestate{};
  std::string_view baggage{};
};
/// Those of a request: now, and the trace it belongs to if that can be read.
RecordRules rules_for(const Call& call, Destination destination);

/// A publish or send as it came.
struct IncomingBatch {
  std::vector<IncomingRecord> records;
  std::optional<engine::Durability> durability;
  bool single = false;  ///< the shorthand: the body itself was the record
  log::Expectation expect{};
};

/// Reads the body as JSON or Protobuf, by call.media. Everything is checked: at least one record,
/// at most kRecordsMax, each with exactly one value; members that are not known are refused.
Try<IncomingBatch> read_batch(Call& call, Destination destination);
/// Reads a list of records under the cursor, and adds them to the batch: 1 to kRecordsMax.
Try<> read_record_list(JsonReader& json, Scratch& scratch, const RecordRules& rules,
                       IncomingBatch& batch);
/// Reads one record object under the cursor, or one line of NDJSON.
Try<IncomingRecord> read_record(JsonReader& json, Scratch& scratch, const RecordRules& rules);
/// Stores what is kept of a record in headers of our own: group, deduplication id, time to live.
/// Ends the record's headers. Errors: a header that its sender named as one of ours, too long, a
/// ttl of no time.
Try<> finish_record(IncomingRecord& record, Scratch& scratch, const RecordRules& rules);

Try<engine::Durability> parse_durability(std::string_view text);

/// The broker's own forms. Records without a timestamp get `now`. Views stay those of the batch,
/// and into the scratch.
log::Publish to_publish(std::string topic, const IncomingBatch& batch, const Scratch& scratch,
                        engine::WallTime now);
queue::Send to_send(std::string queue, const IncomingBatch& batch, Scratch& scratch,
                    engine::WallTime now);

}  // namespace twofold::http
