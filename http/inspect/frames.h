#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/inspect/view.h"
#include "http/json_writer.h"
#include "http/message_page.h"
#include "http/rest/record_out.h"

namespace twofold::http::inspect {

inline constexpr std::size_t kPreviewBytesMax = 200;

/// The fetched records of a snapshot.
struct SnapshotRecords {
  MessageRecords topic;
  MessageRecords messages;
  MessageRecords own;
};

/// Writes what a listener is sent, one JSON text each. Positions, states and times are named as in
/// the rest of the API.
/// Threads  one at a time; times are cached.
class FrameWriter {
 public:
  explicit FrameWriter(const Spec& spec) : spec_(spec) {}

  /// `dropped`: events that the listener was neither sent nor told the number of.
  std::string snapshot(const Snapshot& snapshot, const SnapshotRecords& records,
                       std::string_view reason, std::uint64_t dropped);
  /// `record`: of an appended one, unless it is gone. `sampled`: others around it were left out.
  std::string event(std::uint64_t seq, const Event& event, const engine::StoredRecord* record,
                    bool sampled);
  /// `coalesced`: events before `seq` that were not sent one by one.
  std::string counters(std::uint64_t seq, engine::WallTime at, const Counts& coalesced,
                       const Totals& totals);

 private:
  void begin(JsonWriter& json, std::string_view type, std::uint64_t seq, engine::WallTime at);
  void time(JsonWriter& json, std::string_view name, engine::WallTime at);
  void record_part(JsonWriter& json, const engine::StoredRecord* record);
  void records(JsonWriter& json, const WantedRecords& wanted, const MessageRecords& records,
               std::int32_t partition);
  void topic(JsonWriter& json, const Snapshot& snapshot, const SnapshotRecords& records);
  void queue(JsonWriter& json, const Snapshot& snapshot, const SnapshotRecords& records);
  void messages(JsonWriter& json, const Snapshot& snapshot, const MessageRecords& records);
  void queue_partitions(JsonWriter& json, const Snapshot::Queue& queue,
                        const SnapshotRecords& records);
  void groups(JsonWriter& json, const std::vector<std::optional<log::GroupInfo>>& groups,
              bool with_members);
  void positions(JsonWriter& json, const log::GroupInfo& group);
  void members(JsonWriter& json, const log::GroupInfo& group);
  void subject(JsonWriter& json, const Event& event);
  void place(JsonWriter& json, const Event& event);
  void detail(JsonWriter& json, const Event& event);
  void assignment(JsonWriter& json, const Assignment& assignment);

  const Spec& spec_;
  TimeWriter time_;
};

}  // namespace twofold::http::inspect
