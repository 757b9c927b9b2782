#include "http/rest/read_query.h"

#include <algorithm>

#include "engine/record_batch.h"
#include "http/rest/filter_in.h"
#include "http/rest/page_answer.h"
#include "http/rest/total_order.h"

namespace twofold::http {
namespace {

constexpr std::int64_t kPageBytesMax = 4 << 20;
constexpr std::int64_t kPageBytes = 1 << 20;
constexpr std::size_t kPageRecordsMax = 10'000;  // for who asks for bytes and no count

Try<PageLimits> parse_limits(Call& call) {
  PageLimits limits;
  auto bytes = call.number("bytes", 1, kPageBytesMax, kPageBytes);
  if (!bytes) return std::move(bytes).problem();
  auto limit = call.number("limit", 1, 1'000, 100);
  if (!limit) return std::move(limit).problem();
  limits.bytes_max = static_cast<std::size_t>(*bytes);
  limits.records_max = static_cast<std::size_t>(*limit);
  // Who asks for bytes and no count wants the bytes filled.
  if (call.query("bytes") && !call.query("limit")) limits.records_max = kPageRecordsMax;
  const std::string_view order = call.query("order").value_or("partition");
  if (order != "partition" && order != "total") {
    return Problem(ProblemKind::invalid_request, "order is partition or total.", "order");
  }
  limits.total_order = order == "total";
  return limits;
}

// EventSource sends the field by itself; the parameter is for those that can set no fields.
std::string_view last_event_id(const Call& call) {
  const std::string_view field = call.head.field("Last-Event-ID");
  return field.empty() ? call.query("lastEventId").value_or("") : field;
}

Try<bool> parse_follow(Call& call) {
  auto follow = call.flag("follow");
  if (!follow) return std::move(follow).problem();
  if (call.answer_in == Media::events) return true;
  if (!*follow || call.answer_in == Media::ndjson) return *follow;
  return Problem(ProblemKind::invalid_request,
                 "An answer that follows the log comes as events or as lines.", "follow")
      .with_hint("Send Accept: text/event-stream, or Accept: application/x-ndjson.");
}

}  // namespace

Try<ReadQuery> parse_read_query(Call& call) {
  ReadQuery query;
  auto follow = parse_follow(call);
  if (!follow) return std::move(follow).problem();
  query.follow = *follow;
  if (call.query("from") && call.query("cursor")) {
    return Problem(ProblemKind::invalid_request, "A read begins at from or at cursor, not both.",
                   "cursor");
  }
  auto limits = parse_limits(call);
  if (!limits) return std::move(limits).problem();
  query.limits = *limits;
  auto filter = read_filter(call.broker(), call.query("filter").value_or(""), "filter");
  if (!filter) return std::move(filter).problem();
  query.filter = *std::move(filter);
  query.limits.filter = query.filter.get();
  auto wait = call.duration("wait", std::chrono::seconds{60}, engine::Duration{0});
  if (!wait) return std::move(wait).problem();
  query.wait = *wait;
  auto bytes_min = call.number("min_bytes", 1, kPageBytesMax, 1);
  if (!bytes_min) return std::move(bytes_min).problem();
  query.bytes_min = static_cast<std::size_t>(*bytes_min);
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

Task<Try<Places>> find_beginning(Call& call, std::string topic,
                                 std::optional<engine::PartitionId> partition) {
  std::string_view cursor = call.query("cursor").value_or("");
  if (call.answer_in == Media::events && !last_event_id(call).empty()) cursor = last_event_id(call);
  if (!cursor.empty()) {
    co_return co_await places_of_cursor(call, std::move(topic), std::string(cursor));
  }
  const std::string_view from = call.query("from").value_or("earliest");
  co_return co_await find_places(call, std::move(topic), std::string(from), "from", partition);
}

Try<> check_order(const ReadQuery& query, const Places& places) {
  return query.limits.total_order ? check_total_order(places.positions.size()) : Try<>();
}

log::Read to_read(const ReadQuery& query, const Places& places) {
  log::Read read{places.topic.name, places.positions, query.limits.bytes_max, query.skip_trimmed};
  read.total_order = query.limits.total_order;
  return read;
}

}  // namespace twofold::http
