// What the readers of a topic have made of its records, over a window.
#include "http/rest/coverage.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/json_writer.h"
#include "http/rest/handlers.h"
#include "http/rest/position_in.h"

namespace twofold::http {
namespace {

constexpr std::int64_t kRecordsMax = 100'000;  // of one request
constexpr std::int64_t kMarksMax = 1'000'000;  // records times readers

// A partition's part of the window, and how far it was looked at.
struct Stretch {
  engine::PartitionId partition;
  engine::Offset from;
  engine::Offset to;
  engine::Offset upto;
};

Task<Try<Places>> begin_of_window(Call& call, std::string topic) {
  if (const auto cursor = call.query("cursor")) {
    std::string text(*cursor);
    co_return co_await places_of_cursor(call, std::move(topic), std::move(text));
  }
  std::string position(call.query("from").value_or("earliest"));
  co_return co_await find_places(call, std::move(topic), std::move(position), "from");
}

// What is asked for: where each partition begins and ends.
Task<Try<std::vector<Stretch>>> read_window(Call& call, const std::string& topic,
                                            log::TopicInfo& info) {
  auto from = co_await begin_of_window(call, topic);
  if (!from) co_return std::move(from).problem();
  std::string until(call.query("to").value_or("latest"));
  auto to = co_await find_places(call, topic, std::move(until), "to");
  if (!to) co_return std::move(to).problem();
  auto partition = call.number("partition", 0, INT32_MAX, -1);
  if (!partition) co_return std::move(partition).problem();
  if (*partition >= 0) {
    const engine::PartitionId only{static_cast<std::int32_t>(*partition)};
    if (auto kept = keep_partition(*from, only); !kept) co_return std::move(kept).problem();
  }
  info = from->topic;
  std::vector<Stretch> stretches;
  for (const log::PartitionPosition& begin : from->positions) {
    const auto* const end = place_in(to->positions, begin.partition);
    if (!end) continue;
    stretches.push_back(
        {begin.partition, begin.offset, std::max(begin.offset, end->offset), begin.offset});
  }
  co_return stretches;
}

void append_reader(JsonWriter& json, const CoverageReader& reader) {
  json.begin_object().name(reader.is_queue ? "queue" : "group").string(reader.name);
  json.name("matched").number(reader.matched());
  json.name("filtered").number(reader.count(Mark::filtered));
  json.name("done").number(reader.count(Mark::done));
  json.name("dead").number(reader.count(Mark::dead));
  json.name("in_flight").number(reader.count(Mark::in_flight));
  json.name("waiting").number(reader.count(Mark::waiting));
  json.name("never_read").number(reader.count(Mark::never_read));
  json.name("before_start").number(reader.count(Mark::before_start)).end_object();
}

void append_sample(JsonWriter& json, std::string_view name, const std::vector<std::string>& ids) {
  json.name(name).begin_array();
  for (const std::string& id : ids) json.string(id);
  json.end_array();
}

void append_comparison(JsonWriter& json, const std::vector<CoverageReader>& readers,
                       const Comparison& comparison) {
  json.name("compare").begin_object().name("a").string(readers[0].name);
  json.name("b").string(readers[1].name).name("both_done").number(comparison.both);
  json.name("only_a_done").number(comparison.only_first);
  json.name("only_b_done").number(comparison.only_second);
  json.name("neither_done").number(comparison.neither).name("sample").begin_object();
  append_sample(json, "only_a_done", comparison.sample_first);
  append_sample(json, "only_b_done", comparison.sample_second);
  json.end_object().end_object();
}

struct Covered {
  std::uint64_t records = 0;
  bool damaged = false;
};

void append_window(JsonWriter& json, const std::vector<Stretch>& stretches, const Covered& covered,
                   const log::TopicInfo& topic) {
  json.name("partitions").begin_array();
  log::Cursor rest{topic.id, {}};
  bool complete = true;
  for (const Stretch& stretch : stretches) {
    json.begin_object().name("partition").number(stretch.partition.value());
    json.name("from").number(stretch.from.value()).name("to").number(stretch.to.value());
    json.name("covered_to").number(stretch.upto.value()).end_object();
    rest.positions.push_back({stretch.partition, stretch.upto});
    complete = complete && stretch.upto == stretch.to;
  }
  json.end_array().name("records").number(covered.records).name("complete").boolean(complete);
  if (covered.damaged) json.name("damaged").boolean(true);
  if (!complete) json.name("cursor").string(log::encode_cursor(rest));
}

}  // namespace

Task<Try<>> topic_coverage(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  auto limit = call.number("limit", 1, kRecordsMax, kRecordsMax);
  if (!limit) co_return std::move(limit).problem();
  std::optional<std::string> compare;
  if (const auto text = call.query("compare")) compare = std::string(*text);
  auto readers = co_await coverage_readers(call, *topic, compare);
  if (!readers) co_return std::move(readers).problem();
  log::TopicInfo info;
  auto stretches = co_await read_window(call, *topic, info);
  if (!stretches) co_return std::move(stretches).problem();

  Covered covered;
  Comparison comparison;
  const auto of_all = std::max<std::int64_t>(
      1'000, kMarksMax / std::max<std::int64_t>(1, static_cast<std::int64_t>(readers->size())));
  const auto most = static_cast<std::uint64_t>(std::min(*limit, of_all));
  for (Stretch& stretch : *stretches) {
    while (stretch.upto < stretch.to && covered.records < most) {
      const log::PartitionPosition at{stretch.partition, stretch.upto};
      const auto left = static_cast<std::size_t>(most - covered.records);
      auto chunk = co_await cover(call, *topic, at, stretch.to, left, *readers);
      if (!chunk) co_return std::move(chunk).problem();
      stretch.upto = chunk->next;
      covered.records += chunk->offsets.size();
      covered.damaged = covered.damaged || chunk->damaged;
      if (compare)
        comparison.add(stretch.partition, chunk->offsets, readers->front(), readers->back());
    }
  }
  JsonWriter json(call.reply.body);
  json.begin_object().name("topic").string(*topic);
  append_window(json, *stretches, covered, info);
  json.name("readers").begin_array();
  for (const CoverageReader& reader : *readers) append_reader(json, reader);
  json.end_array();
  if (compare) append_comparison(json, *readers, comparison);
  json.end_object();
  co_return Try<>();
}

}  // namespace twofold::http
