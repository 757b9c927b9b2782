// Reading as a group without membership: poll from what was committed, commit, seek.
#include <algorithm>

#include <fmt/format.h>

#include "http/once.h"
#include "http/rest/group_in.h"
#include "http/rest/handlers.h"
#include "http/rest/multi_read.h"
#include "http/rest/not_found.h"
#include "http/rest/page_answer.h"
#include "http/rest/position_in.h"

namespace twofold::http {
namespace {

constexpr std::size_t kPollBytesMax = 1 << 20;

// Where the group reads on in one topic: what it committed, and for the rest where it wants to
// begin.
Task<Try<Places>> place_group(Call& call, const PollRequest& request, std::string topic) {
  for (const TopicCursor& cursor : request.cursors) {
    if (cursor.topic == topic) {
      co_return co_await places_of_cursor(call, std::move(topic), cursor.cursor);
    }
  }
  auto places = co_await find_places(call, topic, request.from, "from");
  if (!places) co_return std::move(places).problem();
  auto take_committed = [&groups = call.broker.groups, &request, &topic, &places] {
    for (log::PartitionPosition& position : places->positions) {
      const auto offset = groups.committed(request.group, topic, position.partition);
      if (offset) position.offset = *offset;
    }
    return true;
  };
  co_await ask_core(call.broker.core, std::move(take_committed));
  co_return places;
}

Task<std::optional<Result<std::vector<log::Readable>>>> read_topics(
    Call& call, const std::vector<Places>& places, engine::Duration wait) {
  std::vector<log::Read> reads;
  for (const Places& place : places) {
    reads.push_back({place.topic.name, place.positions, kPollBytesMax / places.size(), true});
  }
  auto multi = std::make_shared<MultiRead>(call.broker.topics, std::move(reads));
  const engine::Instant deadline =
      wait.count() > 0 ? call.broker.clock.now() + wait : engine::Instant{0};
  auto start = [multi, deadline](MultiRead::Done done) {
    multi->start(deadline, std::move(done));
    return std::uint64_t{0};
  };
  auto cancel = [multi](std::uint64_t) { multi->cancel(); };
  using Readables = std::vector<log::Readable>;
  co_return co_await wait_on_core<Readables>(call.watch, call.broker.core, std::move(start),
                                             std::move(cancel));
}

// What retention took before the group came by: said, never passed over in silence.
struct Gap {
  std::string topic;
  engine::PartitionId partition;
  engine::Offset from;
  engine::Offset to;
};

void note_gaps(const Places& places, const log::Readable& readable, std::vector<Gap>& gaps) {
  for (std::size_t i = 0; i < readable.partitions.size(); ++i) {
    const engine::Offset asked = places.positions[i].offset;
    const log::ReadablePartition& partition = readable.partitions[i];
    if (partition.from > asked) {
      gaps.push_back({places.topic.name, partition.partition, asked, partition.from});
    }
  }
}

void append_poll_tail(JsonWriter& json, const std::vector<Places>& places,
                      const std::vector<Gap>& gaps, const Page& sum, engine::WallTime now) {
  std::vector<TopicCursor> cursors;
  for (const Places& place : places) {
    cursors.push_back(
        {place.topic.name, log::encode_cursor({place.topic.id, place.positions})});
  }
  json.name("cursor").string(encode_group_cursor(cursors));
  json.name("assigned").begin_object();
  for (const Places& place : places) {
    json.name(place.topic.name).begin_array();
    for (const auto& position : place.positions) json.number(position.partition.value());
    json.end_array();
  }
  json.end_object();
  if (!gaps.empty()) {
    json.name("gaps").begin_array();
    for (const Gap& gap : gaps) {
      json.begin_object().name("topic").string(gap.topic);
      json.name("partition").number(gap.partition.value());
      json.name("from").number(gap.from.value()).name("to").number(gap.to.value()).end_object();
    }
    json.end_array();
  }
  json.name("caught_up").boolean(sum.caught_up);
  append_lag(json, sum, now);
}

void add_page(Page& sum, const Page& page) {
  sum.records += page.records;
  sum.caught_up = sum.caught_up && page.caught_up;
  sum.lag_count += page.lag_count;
  if (page.newest && (!sum.newest || *page.newest > *sum.newest)) sum.newest = page.newest;
}

void render_committed(std::string& out, const std::string& group,
                      const std::vector<log::CommittedOffset>& offsets) {
  JsonWriter json(out);
  json.begin_object().name("group").string(group).name("committed").begin_object();
  const std::string* topic = nullptr;
  for (const log::CommittedOffset& offset : offsets) {
    if (!topic || *topic != offset.topic) {
      if (topic) json.end_object();
      topic = &offset.topic;
      json.name(offset.topic).begin_object();
    }
    json.name(fmt::format("{}", offset.partition.value())).number(offset.offset.value());
  }
  if (topic) json.end_object();
  json.end_object().end_object();
}

Task<Try<>> commit(Call& call, std::string group, std::vector<log::CommittedOffset> offsets) {
  const std::string about = offsets.empty() ? group : offsets.front().topic;
  std::sort(offsets.begin(), offsets.end(), [](const auto& a, const auto& b) {
    return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
  });
  using Offsets = std::vector<log::CommittedOffset>;
  auto start = [&groups = call.broker.groups, &group, &offsets](
                   engine::Completion<Offsets> done, engine::Decided<Offsets> decided) {
    auto durable = [&offsets, done = std::move(done)](Result<engine::Durability> reached) mutable {
      if (!reached) return done(reached.error());
      done(offsets);
    };
    auto written = [&offsets, decided = std::move(decided)](engine::Durability) mutable {
      if (decided) decided(offsets);
    };
    groups.commit(group, offsets, std::move(durable), std::move(written));
  };
  auto committed = co_await write_once<Offsets>(call, std::move(start));
  if (!committed) co_return co_await explained(call, committed.error(), about);
  render_committed(call.reply.body, group, *committed);
  co_return Try<>();
}

}  // namespace

Task<Try<>> poll_group(Call& call) {
  auto request = read_poll(call);
  if (!request) co_return std::move(request).problem();
  std::vector<Places> places;
  for (const std::string& topic : request->topics) {
    auto place = co_await place_group(call, *request, topic);
    if (!place) co_return std::move(place).problem();
    places.push_back(*std::move(place));
  }
  const auto read = co_await read_topics(call, places, request->wait);
  if (read && !*read) co_return co_await explained(call, read->error(), request->topics.front());

  JsonWriter json(call.reply.body);
  json.begin_object().name("records").begin_array();
  Page sum;
  std::vector<Gap> gaps;
  for (std::size_t i = 0; read && i < places.size(); ++i) {
    const log::Readable& readable = (**read)[i];
    note_gaps(places[i], readable, gaps);
    RecordWriter writer(places[i].topic.name);
    PageSink sink = [&](engine::PartitionId partition, const engine::StoredRecord& record) {
      writer.json(json, partition, record);
    };
    PageLimits limits;
    limits.records_max = request->max - sum.records;
    limits.bytes_max = kPollBytesMax;
    auto page = co_await make_page(call, readable, limits, std::move(sink));
    if (!page) co_return std::move(page).problem();
    places[i].positions = page->next;
    add_page(sum, *page);
  }
  json.end_array();
  append_poll_tail(json, places, gaps, sum, call.broker.clock.wall());
  json.end_object();
  co_return Try<>();
}

Task<Try<>> commit_group(Call& call) {
  auto request = read_commit(call);
  if (!request) co_return std::move(request).problem();
  std::vector<log::CommittedOffset> offsets = request->offsets;
  for (const TopicCursor& cursor : request->cursors) {
    auto places = co_await places_of_cursor(call, cursor.topic, cursor.cursor);
    if (!places) co_return std::move(places).problem();
    for (const log::PartitionPosition& position : places->positions) {
      offsets.push_back({cursor.topic, position.partition, position.offset});
    }
  }
  co_return co_await commit(call, request->group, std::move(offsets));
}

Task<Try<>> seek_group(Call& call) {
  auto request = read_seek(call);
  if (!request) co_return std::move(request).problem();
  std::vector<log::CommittedOffset> offsets = request->offsets;
  if (!request->to.empty()) {
    auto places = co_await find_places(call, request->topic, request->to, "to");
    if (!places) co_return std::move(places).problem();
    for (const log::PartitionPosition& position : places->positions) {
      offsets.push_back({request->topic, position.partition, position.offset});
    }
  }
  if (!request->dry_run) co_return co_await commit(call, request->group, std::move(offsets));
  JsonWriter json(call.reply.body);
  json.begin_object().name("group").string(request->group).name("dry_run").boolean(true);
  json.name("would_commit").begin_object().name(request->topic).begin_object();
  for (const log::CommittedOffset& offset : offsets) {
    json.name(fmt::format("{}", offset.partition.value())).number(offset.offset.value());
  }
  json.end_object().end_object().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
