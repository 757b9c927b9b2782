#include "http/inspect/frames.h"

#include <algorithm>

#include "engine/base/duration_text.h"
#include "http/rest/queue_out.h"
#include "http/shown.h"
#include "http/utf8.h"

namespace twofold::http::inspect {
namespace {

constexpr std::size_t kCharacterBytesMax = 4;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// The beginning that fits: of a text without half a character at its end.
std::string_view beginning(std::string_view text) {
  if (text.size() <= kPreviewBytesMax) return text;
  for (std::size_t cut = 0; cut < kCharacterBytesMax; ++cut)
    if (!is_continuation(text[kPreviewBytesMax - cut]))
      return text.substr(0, kPreviewBytesMax - cut);
  return text.substr(0, kPreviewBytesMax);  // no text has so many of these
}

bool about_queue(EventType type) {
  return (type >= EventType::delivered && type <= EventType::purged) ||
         type == EventType::attached || type == EventType::detached;
}

bool about_group(EventType type) {
  return type >= EventType::committed && type <= EventType::group_deleted;
}

void append_bounds(JsonWriter& json, const engine::LogStatus& log) {
  json.name("start_offset").number(log.start.value());
  json.name("end_offset").number(log.visible_end.value());
}

std::string_view nullable(const std::optional<std::string_view>& text) {
  return text.value_or(std::string_view());
}

}  // namespace

void FrameWriter::begin(JsonWriter& json, std::string_view type, std::uint64_t seq,
                        engine::WallTime at) {
  json.begin_object().name("seq").number(seq);
  time(json, "ts", at);
  json.name("type").string(type);
}

void FrameWriter::time(JsonWriter& json, std::string_view name, engine::WallTime at) {
  std::string text;
  time_.append(text, at);
  json.name(name).raw(text);
}

void FrameWriter::record_part(JsonWriter& json, const engine::StoredRecord* record) {
  if (!record) return;
  json.name("key");
  if (record->key) {
    append_text_or_base64(json, beginning(*record->key));
  } else {
    json.null();
  }
  const std::string_view value = nullable(record->value);
  json.name("size").number(value.size());
  const std::string_view preview = beginning(value);
  if (is_utf8(preview)) {
    json.name("preview").string(preview);
  } else {
    json.name("preview_base64").base64(value.substr(0, kPreviewBytesMax));
  }
}

// -- snapshot ------------------------------------------------------------------------------------

std::string FrameWriter::snapshot(const Snapshot& snapshot, const SnapshotRecords& records,
                                  std::string_view reason, std::uint64_t dropped) {
  std::string text;
  JsonWriter json(text);
  begin(json, "snapshot", snapshot.seq, snapshot.wall);
  json.name("reason").string(reason).name("dropped").number(dropped);
  topic(json, snapshot, records);
  queue(json, snapshot, records);
  groups(json, snapshot.groups, /*with_members=*/true);
  json.end_object();
  return text;
}

void FrameWriter::records(JsonWriter& json, const WantedRecords& wanted,
                          const MessageRecords& found, std::int32_t partition) {
  json.name("records").begin_array();
  // Not equal_range: clang 14 does not understand the subrange of this library.
  const engine::PartitionId wanted_id{partition};
  const auto first = std::ranges::lower_bound(wanted.places, wanted_id, {},
                                              &log::PartitionPosition::partition);
  for (auto at = first; at != wanted.places.end() && at->partition == wanted_id; ++at) {
    const engine::StoredRecord* const record =
        found.record(static_cast<std::size_t>(at - wanted.places.begin()));
    if (!record) continue;
    json.begin_object().name("offset").number(record->offset.value());
    time(json, "timestamp", record->timestamp);
    record_part(json, record);
    json.end_object();
  }
  json.end_array();
}

void FrameWriter::topic(JsonWriter& json, const Snapshot& snapshot,
                        const SnapshotRecords& records) {
  if (spec_.topic.empty()) return;
  json.name("topic").begin_object().name("name").string(spec_.topic);
  json.name("exists").boolean(snapshot.topic.has_value());
  if (snapshot.topic) {
    json.name("partitions").begin_array();
    for (const log::PartitionOffsets& partition : snapshot.topic->partitions) {
      json.begin_object().name("partition").number(partition.partition.value());
      append_bounds(json, partition.status);
      this->records(json, snapshot.topic->recent, records.topic, partition.partition.value());
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
}

void FrameWriter::queue(JsonWriter& json, const Snapshot& snapshot,
                        const SnapshotRecords& records) {
  if (spec_.queue.empty()) return;
  json.name("queue").begin_object().name("name").string(spec_.queue);
  json.name("exists").boolean(snapshot.queue.has_value());
  if (snapshot.queue) {
    const queue::QueueInfo& info = snapshot.queue->info;
    json.name("topic");
    info.source ? json.string(info.source->topic) : json.null();
    json.name("visibility_timeout").string(engine::format_duration(info.config.visibility_timeout));
    json.name("max_receives").number(info.config.max_receives);
    json.name("dead_letter");
    info.config.dead_letter.empty() ? json.null() : json.string(info.config.dead_letter);
    json.name("order").string(order_text(info.config.order));
    json.name("paused").boolean(info.config.paused);
    if (!info.config.filter.empty()) json.name("filter").string(info.config.filter);
    json.name("counts");
    append_counters(json, info.counters);
    queue_partitions(json, *snapshot.queue, records);
    messages(json, snapshot, records.messages);
  }
  json.end_object();
}

// Messages before `listed_upto` that are not listed are done with.
void FrameWriter::queue_partitions(JsonWriter& json, const Snapshot::Queue& queue,
                                   const SnapshotRecords& records) {
  json.name("partitions").begin_array();
  for (std::size_t i = 0; i < queue.logs.size(); ++i) {
    const engine::LogStatus& log = queue.logs[i];
    const auto& next = queue.browsed.next;
    const engine::Offset from =
        queue.info.source ? queue.info.source->start_offsets[i] : engine::Offset{0};
    json.begin_object().name("partition").number(i).name("from").number(from.value());
    append_bounds(json, log);
    json.name("listed_upto").number((next.empty() ? log.visible_end : next[i]).value());
    if (queue.recent) this->records(json, *queue.recent, records.own, static_cast<std::int32_t>(i));
    json.end_object();
  }
  json.end_array();
}

void FrameWriter::messages(JsonWriter& json, const Snapshot& snapshot,
                           const MessageRecords& records) {
  const Snapshot::Queue& queue = *snapshot.queue;
  json.name("messages").begin_array();
  for (std::size_t i = 0; i < queue.browsed.items.size(); ++i) {
    const queue::BrowseItem& item = queue.browsed.items[i];
    json.begin_object().name("partition").number(item.partition.value());
    json.name("offset").number(item.offset.value());
    json.name("state").string(state_text(item.state)).name("receives").number(item.receive_count);
    if (item.visible_at)
      time(json, "visible_at", snapshot.wall + (*item.visible_at - snapshot.now));
    if (item.state == queue::MessageState::in_flight)
      json.name("consumer").string(shown(queue.holders[i]));
    if (item.state == queue::MessageState::dead)
      json.name("reason").string(item.reason.empty() ? "max_receives" : shown(item.reason));
    record_part(json, records.record(i));
    json.end_object();
  }
  json.end_array();
}

void FrameWriter::groups(JsonWriter& json, const std::vector<std::optional<log::GroupInfo>>& groups,
                         bool with_members) {
  json.name("groups").begin_array();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    json.begin_object().name("name").string(spec_.groups[i]);
    json.name("exists").boolean(groups[i].has_value());
    if (groups[i]) {
      positions(json, *groups[i]);
      if (with_members) members(json, *groups[i]);
    }
    json.end_object();
  }
  json.end_array();
}

void FrameWriter::positions(JsonWriter& json, const log::GroupInfo& group) {
  json.name("positions").begin_array();
  for (const log::CommittedOffset& position : group.offsets) {
    if (!spec_.topic.empty() && position.topic != spec_.topic) continue;
    json.begin_object().name("topic").string(position.topic);
    json.name("partition").number(position.partition.value());
    json.name("offset").number(position.offset.value()).end_object();
  }
  json.end_array();
}

void FrameWriter::members(JsonWriter& json, const log::GroupInfo& group) {
  json.name("state").string(log::state_name(group.state));
  json.name("generation").number(group.generation).name("members").begin_array();
  for (const log::GroupMember& member : group.members) {
    json.begin_object()
        .name("member")
        .string(shown(member.id))
        .name("client")
        .string(shown(member.client));
    json.name("partitions").begin_array();
    for (const log::HeldPartition& held : member.assigned)
      if (spec_.topic.empty() || held.topic == spec_.topic) json.number(held.key.partition.value());
    json.end_array().end_object();
  }
  json.end_array();
}

// -- events --------------------------------------------------------------------------------------

std::string FrameWriter::event(std::uint64_t seq, const Event& event,
                               const engine::StoredRecord* record, bool sampled) {
  std::string text;
  JsonWriter json(text);
  begin(json, type_text(event.type), seq, event.at);
  if (sampled) json.name("sampled").boolean(true);
  subject(json, event);
  place(json, event);
  detail(json, event);
  record_part(json, record);
  json.end_object();
  return text;
}

void FrameWriter::subject(JsonWriter& json, const Event& event) {
  if (about_group(event.type)) {
    json.name("group").string(spec_.groups[event.group]);
    if (!event.to.empty()) json.name("topic").string(event.to);
  } else if (about_queue(event.type) || event.of_queue) {
    json.name("queue").string(spec_.queue);
  } else {
    json.name("topic").string(spec_.topic);
  }
}

void FrameWriter::place(JsonWriter& json, const Event& event) {
  switch (event.type) {
    case EventType::queue_trimmed:
    case EventType::retention:
      json.name("partition").number(event.partition);
      json.name("start_offset").number(event.offset.value());
      return;
    case EventType::purged: json.name("messages").number(event.offset.value()); return;
    case EventType::joined:
    case EventType::left:
    case EventType::rebalanced:
    case EventType::group_deleted:
    case EventType::attached:
    case EventType::detached:
    case EventType::configured:
    case EventType::topic_created:
    case EventType::topic_deleted:
    case EventType::resync: return;
    default:
      json.name("partition").number(event.partition);
      json.name("offset").number(event.offset.value());
  }
}

void FrameWriter::detail(JsonWriter& json, const Event& event) {
  switch (event.type) {
    case EventType::delivered:
      json.name("consumer").string(shown(event.who)).name("receives").number(event.receives);
      return time(json, "visible_at", event.due);
    case EventType::nacked:
    case EventType::extended:
    case EventType::delayed:
      json.name("receives").number(event.receives);
      return time(json, "visible_at", event.due);
    case EventType::expired:
    case EventType::ready:
    case EventType::released: json.name("receives").number(event.receives); return;
    case EventType::moved: json.name("to").string(event.to); return;
    case EventType::dead_lettered:
      json.name("receives")
          .number(event.receives)
          .name("reason")
          .string(shown(event.text))
          .name("to");
      event.to.empty() ? json.null() : json.string(event.to);
      return;
    case EventType::committed:
    case EventType::positioned:
      if (!event.who.empty()) json.name("member").string(shown(event.who));
      return;
    case EventType::joined:
    case EventType::left:
      json.name("member").string(shown(event.who)).name("client").string(shown(event.text));
      return;
    case EventType::rebalanced: return assignment(json, *event.assignment);
    case EventType::attached:
      json.name("topic");
      event.to.empty() ? json.null() : json.string(event.to);
      return;
    default: return;
  }
}

void FrameWriter::assignment(JsonWriter& json, const Assignment& assignment) {
  json.name("generation").number(assignment.generation).name("state").string(assignment.state);
  json.name("assignment").begin_object();
  for (const auto& [member, partitions] : assignment.members) {
    json.any_name(shown(member)).begin_array();
    for (const std::int32_t partition : partitions) json.number(partition);
    json.end_array();
  }
  json.end_object();
}

// -- numbers only --------------------------------------------------------------------------------

std::string FrameWriter::counters(std::uint64_t seq, engine::WallTime at, const Counts& coalesced,
                                  const Totals& totals) {
  std::string text;
  JsonWriter json(text);
  begin(json, "counters", seq, at);
  json.name("events").begin_object();
  for (std::size_t i = 0; i < coalesced.size(); ++i)
    if (coalesced[i] > 0) json.name(type_text(static_cast<EventType>(i))).number(coalesced[i]);
  json.end_object();
  if (!spec_.topic.empty()) {
    json.name("topic").begin_object().name("name").string(spec_.topic);
    json.name("partitions").begin_array();
    for (const log::PartitionOffsets& partition : totals.partitions) {
      json.begin_object().name("partition").number(partition.partition.value());
      append_bounds(json, partition.status);
      json.end_object();
    }
    json.end_array().end_object();
  }
  if (totals.queue) {
    json.name("queue").begin_object().name("name").string(spec_.queue).name("counts");
    append_counters(json, *totals.queue);
    json.end_object();
  }
  groups(json, totals.groups, /*with_members=*/false);
  json.end_object();
  return text;
}

}  // namespace twofold::http::inspect
