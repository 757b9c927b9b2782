// Reading a topic without a group, and looking at single records and offsets.
#include <algorithm>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/fetched.h"
#include "http/rest/filter_in.h"
#include "http/rest/handlers.h"
#include "http/rest/not_found.h"
#include "http/rest/page.h"
#include "http/rest/page_answer.h"
#include "http/rest/position_in.h"

namespace twofold::http {
namespace {

constexpr std::int64_t kPageBytesMax = 4 << 20;
constexpr std::int64_t kPageBytes = 1 << 20;
constexpr std::int32_t kTotalOrderPartitionsMax = 64;
constexpr int kLooksMax = 64;

struct ReadQuery {
  PageLimits limits;
  std::shared_ptr<const queue::RecordFilter> filter;  // that limits points to
  engine::Duration wait{0};
  std::optional<engine::PartitionId> partition;
  RecordWriter::Values values = RecordWriter::Values::as_stored;
  bool skip_trimmed = false;
};

Try<PageLimits> parse_limits(Call& call) {
  PageLimits limits;
  auto bytes = call.number("bytes", 1, kPageBytesMax, kPageBytes);
  if (!bytes) return std::move(bytes).problem();
  auto limit = call.number("limit", 1, 1'000, 100);
  if (!limit) return std::move(limit).problem();
  limits.bytes_max = static_cast<std::size_t>(*bytes);
  limits.records_max = static_cast<std::size_t>(*limit);
  // Who asks for bytes and no count wants the bytes filled.
  if (call.query("bytes") && !call.query("limit")) limits.records_max = SIZE_MAX;
  const std::string_view order = call.query("order").value_or("partition");
  if (order != "partition" && order != "total") {
    return Problem(ProblemKind::invalid_request, "order is partition or total.", "order");
  }
  limits.total_order = order == "total";
  return limits;
}

Try<ReadQuery> parse_query(Call& call) {
  ReadQuery query;
  if (call.answer_in == Media::events) {
    return Problem(ProblemKind::invalid_request,
                   "Server-sent events are not available in this version.", "Accept")
        .with_hint("Ask again with wait=20s and the cursor of the last answer.");
  }
  if (call.query("from") && call.query("cursor")) {
    return Problem(ProblemKind::invalid_request, "A read begins at from or at cursor, not both.",
                   "cursor");
  }
  auto limits = parse_limits(call);
  if (!limits) return std::move(limits).problem();
  query.limits = *limits;
  auto filter = read_filter(call.broker, call.query("filter").value_or(""), "filter");
  if (!filter) return std::move(filter).problem();
  query.filter = *std::move(filter);
  query.limits.filter = query.filter.get();
  auto wait = call.duration("wait", std::chrono::seconds{60}, engine::Duration{0});
  if (!wait) return std::move(wait).problem();
  query.wait = *wait;
  auto partition = call.number("partition", 0, INT32_MAX, -1);
  if (!partition) return std::move(partition).problem();
  if (*partition >= 0) query.partition = engine::PartitionId{static_cast<std::int32_t>(*partition)};
  auto values = parse_encoding(call);
  if (!values) return std::move(values).problem();
  query.values = *values;
  const std::string_view on_trim = call.query("on_trim").value_or("error");
  if (on_trim != "skip" && on_trim != "error") {
    return Problem(ProblemKind::invalid_request, "on_trim is skip or error.", "on_trim");
  }
  query.skip_trimmed = on_trim == "skip";
  return query;
}

bool same_place(const log::PartitionPosition& a, const log::PartitionPosition& b) {
  return a.partition == b.partition && a.offset == b.offset;
}

Task<Try<Places>> begin(Call& call, std::string topic) {
  if (const auto cursor = call.query("cursor")) {
    co_return co_await places_of_cursor(call, std::move(topic), std::string(*cursor));
  }
  const std::string_view from = call.query("from").value_or("earliest");
  co_return co_await find_places(call, std::move(topic), std::string(from), "from");
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
  auto query = parse_query(call);
  if (!query) co_return std::move(query).problem();
  auto places = co_await begin(call, *topic);
  if (!places) co_return std::move(places).problem();
  if (query->partition) {
    if (auto kept = keep_partition(*places, *query->partition); !kept) co_return kept;
  }
  std::size_t bytes_max = query->limits.bytes_max;
  if (query->limits.total_order) {
    const std::int32_t partitions = places->topic.config.partitions;
    if (partitions > kTotalOrderPartitionsMax) {
      co_return Problem(ProblemKind::invalid_request,
                        "order=total is for topics of up to 64 partitions.", "order");
    }
    // Enough for a batch of each: a partition that was left out could hide an earlier seq.
    bytes_max = std::max(bytes_max, engine::kCoalescedBytesMax * static_cast<std::size_t>(partitions));
  }
  const engine::Instant deadline = call.broker.clock.now() + query->wait;
  PageAnswer answer(call, places->topic, query->values);
  answer.begin();
  for (int looks = 1;; ++looks) {
    log::Read read{*topic, places->positions, bytes_max, query->skip_trimmed};
    auto readable = co_await wait_for_records(call, std::move(read), deadline);
    if (!readable) co_return co_await explained(call, readable.error(), *topic);
    auto page = co_await make_page(call, *readable, query->limits, answer.sink());
    if (!page) co_return std::move(page).problem();
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
  const auto at =
      log::parse_record_id(std::string(call.args[1]).append("-").append(call.args[2]));
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
  } else {
    JsonWriter json(call.reply.body);
    writer.json(json, at->partition, **record);
  }
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
  auto ask = [&topics = call.broker.topics, &topic] { return topics.offsets(*topic); };
  auto offsets = co_await ask_core(call.broker.core, std::move(ask));
  if (!offsets) co_return co_await explained(call, offsets.error(), *topic);
  JsonWriter json(call.reply.body);
  json.begin_object().name("topic").string(*topic).name("partitions").begin_array();
  for (const log::PartitionOffsets& partition : *offsets) {
    const engine::LogStatus& status = partition.status;
    json.begin_object().name("partition").number(partition.partition.value());
    json.name("start").number(status.start.value());
    json.name("end").number(status.visible_end.value());
    json.name("bytes").number(status.bytes);
    if (at) {
      for (const log::PartitionPosition& position : at->positions) {
        if (position.partition != partition.partition) continue;
        json.name("at").number(position.offset.value());
      }
    }
    json.end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
