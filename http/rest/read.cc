// Reading a topic without a group, and looking at single records and offsets.
#include <algorithm>

#include <fmt/format.h>

#include "http/fetched.h"
#include "http/rest/cloud_event_out.h"
#include "http/rest/handlers.h"
#include "http/rest/not_found.h"
#include "http/rest/page.h"
#include "http/rest/page_answer.h"
#include "http/rest/position_in.h"
#include "http/rest/read_query.h"
#include "http/rest/record_stream.h"

namespace twofold::http {
namespace {

constexpr int kLooksMax = 64;

bool same_place(const log::PartitionPosition& a, const log::PartitionPosition& b) {
  return a.partition == b.partition && a.offset == b.offset;
}

// With the cursor for whoever wants to go on behind what is damaged.
Problem behind_gap(Problem problem, const Places& places) {
  if (!problem.gap) return problem;
  log::Cursor cursor{places.topic.id, places.positions};
  for (log::PartitionPosition& position : cursor.positions) {
    if (position.partition.value() == problem.gap->partition)
      position.offset = engine::Offset{problem.gap->to};
  }
  problem.cursor = log::encode_cursor(cursor);
  return problem;
}

Problem no_record(const Call& call) {
  return {ProblemKind::message_not_found,
          fmt::format("There is no record {}-{} in {}.", call.args[1], call.args[2], call.args[0]),
          "offset"};
}

}  // namespace

Task<Try<>> read_records(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  auto query = parse_read_query(call);
  if (!query) co_return std::move(query).problem();
  auto places = co_await find_beginning(call, *topic, query->partition);
  if (!places) co_return std::move(places).problem();
  if (query->partition) {
    if (auto kept = keep_partition(*places, *query->partition); !kept) co_return kept;
  }
  if (auto order = check_order(*query, *places); !order) co_return order;
  if (query->follow) {
    co_return co_await stream_records(call, *std::move(places), *std::move(query));
  }
  query->limits.bytes_max = answer_bytes(call, query->limits.bytes_max);
  const engine::Instant deadline = call.broker().clock.now() + query->wait;
  PageAnswer answer(call, places->topic, query->values);
  answer.begin();
  for (int looks = 1;; ++looks) {
    log::Read read = to_read(*query, *places);
    if (looks == 1) read.bytes_min = query->bytes_min;
    auto readable = co_await wait_for_records(call, std::move(read), deadline);
    if (!readable) co_return co_await explained(call, readable.error(), *topic);
    auto page = co_await make_page(call, *readable, query->limits, answer.sink());
    if (!page) co_return behind_gap(std::move(page).problem(), *places);
    // What was left of a sparse stretch may be nothing: then the reader only moved on.
    const bool moved = !std::equal(page->next.begin(), page->next.end(), places->positions.begin(),
                                   places->positions.end(), same_place);
    places->positions = page->next;
    // A filter that matches little gets an empty page and a cursor now and then.
    if (page->records > 0 || !moved || looks == kLooksMax) {
      answer.end(*page);
      co_return Try<>();
    }
  }
}

Task<Try<>> get_record(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  const auto at = log::parse_record_id(std::string(call.args[1]).append("-").append(call.args[2]));
  if (!at) {
    co_return Problem(ProblemKind::invalid_request, "Partition and offset are whole numbers.",
                      "offset");
  }
  auto values = parse_encoding(call);
  if (!values) co_return std::move(values).problem();
  log::Read read{*topic, {*at}, 1, false};
  const engine::Instant at_once(0);
  auto readable = co_await wait_for_records(call, std::move(read), at_once);
  if (!readable && readable.error().code != engine::Errc::invalid_request) {
    co_return co_await explained(call, readable.error(), *topic);
  }
  if (!readable) co_return no_record(call);  // past the end
  const log::ReadablePartition& partition = readable->partitions.front();
  auto batches = co_await fetch(call, partition.plan);
  if (!batches) co_return batches.error();
  RecordCursor cursor(*std::move(batches), at->offset);
  auto record = cursor.next();
  if (!record) co_return record.error();
  if (!*record || (*record)->offset != at->offset) {
    co_return no_record(call);
  }
  RecordWriter writer(*topic, *values);
  if (call.answer_in == Media::protobuf) {
    call.reply.content_type = kProtobuf;
    writer.protobuf(call.reply.body, at->partition, **record);
  } else if (call.answer_in == Media::cloud_event) {
    call.reply.content_type = kCloudEvent;
    JsonWriter json(call.reply.body);
    append_cloud_event(json, *topic, at->partition, **record);
  } else {
    JsonWriter json(call.reply.body);
    writer.json(json, at->partition, **record);
  }
  call.reply.records_read = 1;
  call.reply.field("Cache-Control", "private, max-age=31536000, immutable");
  co_return Try<>();
}

Task<Try<>> topic_offsets(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  std::optional<Places> at;
  if (const auto time = call.query("at")) {
    auto places = co_await find_places(call, *topic, std::string(*time), "at");
    if (!places) co_return std::move(places).problem();
    at = *std::move(places);
  }
  auto ask = [&topics = call.broker().topics, &topic] { return topics.offsets(*topic); };
  auto offsets = co_await ask_core(call.broker().core, std::move(ask));
  if (!offsets) co_return co_await explained(call, offsets.error(), *topic);
  JsonWriter json(call.reply.body);
  json.begin_object().name("topic").string(*topic).name("partitions").begin_array();
  for (const log::PartitionOffsets& partition : *offsets) {
    const engine::LogStatus& status = partition.status;
    json.begin_object().name("partition").number(partition.partition.value());
    json.name("start").number(status.start.value());
    json.name("end").number(status.visible_end.value());
    json.name("records").number(partition.cleaning.records);
    json.name("bytes").number(status.bytes);
    if (partition.cleaning.cleaned_at.value() != 0)
      json.name("cleaned_upto").number(partition.cleaning.cleaned_upto.value());
    if (at) {
      const auto* const position = place_in(at->positions, partition.partition);
      if (position) json.name("at").number(position->offset.value());
    }
    json.end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
