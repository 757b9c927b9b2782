// Polling as a group: alone from what was committed, or as one of several members.
#include <algorithm>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "http/rest/group_in.h"
#include "http/rest/group_out.h"
#include "http/rest/group_read.h"
#include "http/rest/handlers.h"
#include "http/rest/lag_out.h"
#include "http/rest/multi_read.h"
#include "http/rest/not_found.h"
#include "http/rest/total_order.h"

namespace twofold::http {
namespace {

constexpr std::size_t kPollBytesMax = 1 << 20;
constexpr int kLooksMax = 64;

// One topic of a poll: where it reads on, in the partitions that are the reader's.
struct Topic {
  Places places;
  /// What of each partition is done with: behind it, everything is in the reader's hands.
  std::vector<engine::Offset> done_before;
};

struct Poll {
  PollRequest request;
  log::GroupJoin join;                  // of a member
  std::optional<log::Holding> holding;  // likewise
  std::vector<Topic> topics;
};

struct Standing {
  log::TopicInfo topic;
  std::vector<std::optional<engine::Offset>> committed;  // by partition, as are the
  std::vector<std::uint64_t> seeks;
};

engine::Result<Standing> standing_of(const Broker& broker, const std::string& group,
                                     const std::string& topic) {
  auto found = broker.topics.find(topic);
  if (!found) return found.error();
  Standing standing{*std::move(found), {}, {}};
  for (std::int32_t p = 0; p < standing.topic.config.partitions; ++p) {
    standing.committed.push_back(broker.groups.committed(group, topic, engine::PartitionId{p}));
    standing.seeks.push_back(broker.groups.seeks(group, topic, engine::PartitionId{p}));
  }
  return standing;
}

// The partitions that are to be read: all, or those that the member holds.
std::vector<std::int32_t> wanted_of(const Poll& poll, const log::TopicInfo& topic) {
  std::vector<std::int32_t> wanted;
  if (!poll.holding) {
    for (std::int32_t p = 0; p < topic.config.partitions; ++p) wanted.push_back(p);
    return wanted;
  }
  for (const log::HeldPartition& held : poll.holding->assigned) {
    if (held.key.topic_id == topic.id) wanted.push_back(held.key.partition.value());
  }
  return wanted;
}

Problem sought_since(const std::string& topic, std::size_t partition) {
  return Problem(ProblemKind::cursor_stale,
                 fmt::format("A seek has moved the group in partition {} of {} since this cursor.",
                             partition, topic),
                 "cursor")
      .with_hint("Poll without the cursor: the answer begins where the seek went.");
}

Try<std::vector<log::PartitionPosition>> cursor_for(const PollRequest& request,
                                                    const Standing& standing) {
  for (const TopicCursor& cursor : request.cursors) {
    if (cursor.topic != standing.topic.name) continue;
    auto positions = read_cursor(standing.topic, cursor.cursor);
    if (!positions) return positions;
    for (const log::PartitionPosition& position : *positions) {
      const auto p = static_cast<std::size_t>(position.partition.value());
      if (position.seeks != standing.seeks[p]) return sought_since(cursor.topic, p);
    }
    return positions;
  }
  return std::vector<log::PartitionPosition>();
}

// Where a partition is read on: behind the cursor or the commit, whichever is later.
std::optional<engine::Offset> reads_on(const Standing& standing,
                                       const std::vector<log::PartitionPosition>& cursor,
                                       std::int32_t partition) {
  auto at = standing.committed[static_cast<std::size_t>(partition)];
  const auto* const position = place_in(cursor, engine::PartitionId{partition});
  if (position) at = at ? std::max(*at, position->offset) : position->offset;
  return at;
}

// A partition that was never committed begins where the poll says; that is decided once for a group
// with members, whichever of them comes by.
Task<Try<>> begin_at(Call& call, const Poll& poll, Topic& topic,
                     const std::vector<std::size_t>& open) {
  auto starts = co_await find_places(call, topic.places.topic.name, poll.request.from, "from");
  if (!starts) co_return std::move(starts).problem();
  std::vector<log::CommittedOffset> decided;
  for (const std::size_t i : open) {
    log::PartitionPosition& position = topic.places.positions[i];
    const auto* const start = place_in(starts->positions, position.partition);
    if (!start) continue;
    position.offset = topic.done_before[i] = start->offset;
    decided.push_back({topic.places.topic.name, start->partition, start->offset});
  }
  if (!poll.holding || poll.request.from == "earliest") co_return Try<>();
  auto decide = [&groups = call.broker.groups, &poll, &decided] {
    groups.begin_at(poll.request.group, decided);
    return true;
  };
  co_await ask_core(call.broker.core, std::move(decide));
  co_return Try<>();
}

Task<Try<>> add_topic(Call& call, Poll& poll, std::string name) {
  auto ask = [&broker = call.broker, &poll, &name] {
    return standing_of(broker, poll.request.group, name);
  };
  auto standing = co_await ask_core(call.broker.core, std::move(ask));
  if (!standing) co_return co_await explained(call, standing.error(), std::move(name));
  auto cursor = cursor_for(poll.request, *standing);
  if (!cursor) co_return std::move(cursor).problem();
  Topic topic;
  topic.places.topic = standing->topic;
  std::vector<std::size_t> open;
  for (const std::int32_t p : wanted_of(poll, standing->topic)) {
    const auto at = reads_on(*standing, *cursor, p);
    if (!at) open.push_back(topic.places.positions.size());
    const auto i = static_cast<std::size_t>(p);
    topic.places.positions.push_back(
        {engine::PartitionId{p}, at.value_or(engine::Offset{0}), standing->seeks[i]});
    topic.done_before.push_back(standing->committed[i].value_or(engine::Offset{0}));
  }
  if (topic.places.positions.empty()) co_return Try<>();
  if (poll.request.total_order) {
    if (auto few = check_total_order(topic.places.positions.size()); !few) co_return few;
  }
  if (!open.empty()) {
    if (auto begun = co_await begin_at(call, poll, topic, open); !begun) co_return begun;
  }
  poll.topics.push_back(std::move(topic));
  co_return Try<>();
}

std::vector<log::Read> reads_of(const Poll& poll) {
  std::vector<log::Read> reads;
  for (const Topic& topic : poll.topics) {
    reads.push_back({topic.places.topic.name, topic.places.positions,
                     kPollBytesMax / poll.topics.size(), /*skip_trimmed=*/true,
                     poll.request.bytes_min, poll.request.total_order});
  }
  return reads;
}

using Found = std::optional<Result<GroupRead::Found>>;

// Nullopt: the wait was cut short.
Task<Found> read_alone(Call& call, const Poll& poll, engine::Instant deadline) {
  auto multi = std::make_shared<MultiRead>(call.broker.topics, reads_of(poll));
  auto start = [multi, deadline](engine::Completion<GroupRead::Found> done) {
    multi->start(deadline,
                 [done = std::move(done)](Result<std::vector<log::Readable>> readables) mutable {
                   if (!readables) return done(readables.error());
                   done(GroupRead::Found{*std::move(readables), false});
                 });
    return std::uint64_t{0};
  };
  auto cancel = [multi](std::uint64_t) { multi->cancel(); };
  co_return co_await wait_on_core<GroupRead::Found>(call.watch, call.broker.core, std::move(start),
                                                    std::move(cancel));
}

Task<Found> read_as_member(Call& call, const Poll& poll, engine::Instant deadline) {
  auto read = std::make_shared<GroupRead>(call.broker, poll.join, *poll.holding, reads_of(poll));
  auto start = [read, deadline](engine::Completion<GroupRead::Found> done) {
    read->start(deadline, std::move(done));
    return std::uint64_t{0};
  };
  auto cancel = [read](std::uint64_t) { read->cancel(); };
  co_return co_await wait_on_core<GroupRead::Found>(call.watch, call.broker.core, std::move(start),
                                                    std::move(cancel));
}

// A poll without a cursor begins again from what was committed: nothing is in the member's hands.
Task<Try<>> join_group(Call& call, Poll& poll, bool lets_go) {
  auto ask = [&groups = call.broker.groups, &poll, lets_go] {
    if (lets_go) groups.let_go(poll.join.group, poll.join.member);
    return groups.join(poll.join);
  };
  auto holding = co_await ask_core(call.broker.core, std::move(ask));
  if (!holding) co_return co_await explained(call, holding.error(), poll.request.topics.front());
  poll.holding = *std::move(holding);
  co_return Try<>();
}

// How much was really handed out is known now. Answers what is left.
log::Lag settle(const Broker& broker, const Poll& poll) {
  log::Lag lag;
  for (const Topic& topic : poll.topics) {
    for (std::size_t i = 0; i < topic.places.positions.size(); ++i) {
      const log::PartitionPosition& next = topic.places.positions[i];
      lag.add(broker.groups.lag(topic.places.topic.name, next.partition, next.offset));
      if (!poll.holding) continue;
      std::optional<engine::Offset> handed_out;
      if (next.offset > topic.done_before[i]) handed_out = next.offset;
      broker.groups.handed_out(poll.join.group, poll.join.member,
                               {topic.places.topic.id, next.partition}, handed_out);
    }
  }
  return lag;
}

void append_member(JsonWriter& json, const Broker& broker, const Poll& poll) {
  if (!poll.holding) return;
  json.name("member").string(poll.join.member);
  json.name("generation").number(poll.holding->generation);
  json.name("session").string(engine::format_duration(poll.join.session));
  if (poll.holding->revoked.empty()) return;
  std::vector<TopicPartition> revoked;
  engine::Instant commit_by = poll.holding->revoked.front().commit_by;
  for (const log::RevokedPartition& one : poll.holding->revoked) {
    revoked.push_back({one.topic, one.key.partition.value()});
    commit_by = std::min(commit_by, one.commit_by);
  }
  json.name("revoked");
  append_partitions(json, revoked);
  json.name("commit_by").string(wall_text(broker.clock, commit_by));
}

void append_tail(JsonWriter& json, const Broker& broker, const Poll& poll,
                 const std::vector<Gap>& gaps, bool caught_up, const log::Lag& lag) {
  std::vector<TopicCursor> cursors;
  std::vector<TopicPartition> assigned;
  for (const Topic& topic : poll.topics) {
    const log::TopicInfo& info = topic.places.topic;
    cursors.push_back({info.name, log::encode_cursor({info.id, topic.places.positions})});
    for (const auto& position : topic.places.positions) {
      assigned.push_back({info.name, position.partition.value()});
    }
  }
  if (!cursors.empty()) json.name("cursor").string(encode_group_cursor(cursors));
  json.name("assigned");
  append_partitions(json, assigned);
  append_member(json, broker, poll);
  append_gaps(json, gaps);
  json.name("caught_up").boolean(caught_up);
  append_lag(json, lag, broker.clock.wall());
}

// Finds out where to read, and waits there; again whenever what the member holds has changed.
Task<Try<std::vector<log::Readable>>> read_on(Call& call, Poll& poll) {
  const engine::Duration wait = poll.request.wait;
  engine::Instant deadline{0};
  if (wait.count() > 0) deadline = call.broker.clock.now() + wait;
  for (int looks = 1;; ++looks) {
    poll.topics.clear();
    if (poll.request.member) {
      const bool lets_go = looks == 1 && poll.request.cursors.empty();
      auto joined = co_await join_group(call, poll, lets_go);
      if (!joined) co_return std::move(joined).problem();
      // Whoever has to commit in time is told at once.
      if (!poll.holding->revoked.empty()) deadline = engine::Instant{0};
    }
    for (const std::string& name : poll.request.topics) {
      auto added = co_await add_topic(call, poll, name);
      if (!added) co_return std::move(added).problem();
    }
    Found found;
    if (poll.request.member) {
      found = co_await read_as_member(call, poll, deadline);
    } else {
      found = co_await read_alone(call, poll, deadline);
    }
    if (!found) co_return std::vector<log::Readable>();
    if (!*found) co_return co_await explained(call, found->error(), poll.request.topics.front());
    if ((*found)->changed && looks < kLooksMax) continue;
    co_return std::move((**found).readables);
  }
}

}  // namespace

Task<Try<>> poll_group(Call& call) {
  auto request = read_poll(call);
  if (!request) co_return std::move(request).problem();
  Poll poll{*std::move(request), {}, {}, {}};
  if (poll.request.member) {
    poll.join = {poll.request.group,  *poll.request.member, "rest",
                 poll.request.topics, poll.request.session, poll.request.assignor};
  }
  auto readables = co_await read_on(call, poll);
  if (!readables) co_return std::move(readables).problem();

  JsonWriter json(call.reply.body);
  json.begin_object().name("records").begin_array();
  std::size_t records = 0;
  std::vector<Gap> gaps;
  for (std::size_t i = 0; i < readables->size(); ++i) {
    Places& places = poll.topics[i].places;
    const log::Readable& readable = (*readables)[i];
    note_gaps(places, readable, gaps);
    RecordWriter writer(places.topic.name);
    PageSink sink = [&](engine::PartitionId partition, const engine::StoredRecord& record) {
      writer.json(json, partition, record);
    };
    PageLimits limits;
    limits.records_max = poll.request.max - records;
    limits.bytes_max = kPollBytesMax;
    limits.total_order = poll.request.total_order;
    limits.step_over = true;
    limits.filter = poll.request.filter.get();
    auto page = co_await make_page(call, readable, limits, std::move(sink));
    if (!page) co_return std::move(page).problem();
    for (const PageGap& gap : page->gaps)
      gaps.push_back({places.topic.name, gap.partition, gap.from, gap.to});
    for (std::size_t p = 0; p < places.positions.size(); ++p)
      places.positions[p].offset = page->next[p].offset;
    records += page->records;
  }
  json.end_array();
  auto ask = [&broker = call.broker, &poll] { return settle(broker, poll); };
  const log::Lag lag = co_await ask_core(call.broker.core, std::move(ask));
  append_tail(json, call.broker, poll, gaps, lag.count == 0, lag);
  json.end_object();
  co_return Try<>();
}

}  // namespace twofold::http
