// Looking at a queue's messages without touching them.
#include <fmt/format.h>

#include "http/message_page.h"
#include "http/rest/handlers.h"
#include "http/rest/not_found.h"
#include "http/rest/page_answer.h"
#include "http/rest/queue_out.h"
#include "http/rest/record_out.h"
#include "log/cursor.h"
#include "log/position.h"

namespace twofold::http {
namespace {

// A browse's cursor is a topic's, with the queue's id in the topic's place.
log::TopicInfo as_topic(const queue::QueueInfo& queue) {
  log::TopicInfo topic;
  topic.name = queue.name;
  topic.id = queue.id;
  topic.config.partitions = queue.source ? static_cast<std::int32_t>(queue.source->logs.size()) : 1;
  return topic;
}

Try<std::vector<engine::Offset>> offsets_of_cursor(std::string_view cursor,
                                                   const log::TopicInfo& topic) {
  auto decoded = log::decode_cursor(cursor, topic);
  const auto* sound = std::get_if<log::Cursor>(&decoded);
  if (!sound || sound->positions.size() != static_cast<std::size_t>(topic.config.partitions)) {
    return Problem(ProblemKind::invalid_cursor, "The cursor is not one of this queue.", "cursor");
  }
  std::vector<engine::Offset> offsets;
  for (const auto& position : sound->positions) offsets.push_back(position.offset);
  return offsets;
}

// An offset speaks about every partition; a message's id about one, and then the others are left
// out by beginning past any end.
Try<std::vector<engine::Offset>> offsets_of_position(std::string_view text, engine::WallTime now,
                                                     const log::TopicInfo& topic) {
  const auto partitions = static_cast<std::size_t>(topic.config.partitions);
  const auto position = log::parse_position(text, now);
  if (position && std::holds_alternative<log::Earliest>(*position)) {
    return std::vector<engine::Offset>(partitions, engine::Offset{0});
  }
  if (position && std::holds_alternative<engine::Offset>(*position)) {
    return std::vector<engine::Offset>(partitions, std::get<engine::Offset>(*position));
  }
  if (position && std::holds_alternative<log::PartitionPosition>(*position)) {
    const auto at = std::get<log::PartitionPosition>(*position);
    if (at.partition.value() < topic.config.partitions) {
      std::vector<engine::Offset> offsets(partitions, engine::Offset{INT64_MAX});
      offsets[static_cast<std::size_t>(at.partition.value())] = at.offset;
      return offsets;
    }
  }
  return Problem(ProblemKind::invalid_request,
                 "A browse begins at earliest, an offset, or a message's id.", "from");
}

Try<std::vector<engine::Offset>> begin(const Call& call, const log::TopicInfo& topic) {
  if (const auto cursor = call.query("cursor")) return offsets_of_cursor(*cursor, topic);
  if (const auto from = call.query("from")) {
    return offsets_of_position(*from, call.broker().clock.wall(), topic);
  }
  return std::vector<engine::Offset>();
}

void append_item(Call& call, JsonWriter& json, RecordWriter& writer, const queue::BrowseItem& item,
                 const engine::StoredRecord& record) {
  MessagePart part;
  part.state = state_text(item.state);
  part.receive_count = item.receive_count;
  part.reason = item.reason;
  if (item.visible_at) {
    part.visible_at = call.broker().clock.wall() + (*item.visible_at - call.broker().clock.now());
  }
  writer.json(json, item.partition, record, &part);
}

void end_items(JsonWriter& json, const log::TopicInfo& topic, std::vector<engine::Offset> next) {
  json.end_array();
  if (!next.empty()) {
    next.resize(static_cast<std::size_t>(topic.config.partitions), engine::Offset{0});
    log::Cursor cursor{topic.id, {}};
    for (std::size_t i = 0; i < next.size(); ++i)
      cursor.positions.push_back({engine::PartitionId{static_cast<std::int32_t>(i)}, next[i]});
    json.name("next").string(log::encode_cursor(cursor));
  }
  json.end_object();
}

}  // namespace

Task<Try<>> browse_messages(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto limit = call.number("limit", 1, 1'000, 100);
  if (!limit) co_return std::move(limit).problem();
  auto values = parse_encoding(call);
  if (!values) co_return std::move(values).problem();
  queue::Browse browse{*name, std::nullopt, {}, static_cast<std::size_t>(*limit)};
  browse.bytes_max = answer_bytes(call, browse.bytes_max);
  if (const auto state = call.query("state")) {
    browse.state = parse_state(*state);
    if (!browse.state) {
      co_return Problem(ProblemKind::invalid_request,
                        "state is ready, in_flight, delayed, blocked, dead or acked.", "state");
    }
  }
  auto find = [&queues = call.broker().queues, &name] { return queues.find(*name); };
  const auto queue = co_await ask_core(call.broker().core, std::move(find));
  if (!queue) co_return co_await explained(call, queue.error(), *name);
  const log::TopicInfo topic = as_topic(*queue);
  auto from = begin(call, topic);
  if (!from) co_return std::move(from).problem();
  browse.from = *std::move(from);

  auto look = [&queues = call.broker().queues, &browse] { return queues.browse(browse); };
  const auto browsed = co_await ask_core(call.broker().core, std::move(look));
  if (!browsed) co_return co_await explained(call, browsed.error(), *name);
  auto places = places_of(browsed->items);
  const MessageRecords records = co_await MessageRecords::load(
      call, browsed->plans, browsed->plan_partitions, std::move(places));
  if (records.has_no_room()) co_return Problem(*records.trouble());
  JsonWriter json(call.reply.body);
  RecordWriter writer(browsed->topic, *values);
  json.begin_object().name("items").begin_array();
  for (std::size_t i = 0; i < browsed->items.size(); ++i) {
    if (!records.record(i)) continue;
    append_item(call, json, writer, browsed->items[i], *records.record(i));
  }
  end_items(json, topic, records.next_of(*browsed));
  co_return Try<>();
}

}  // namespace twofold::http
