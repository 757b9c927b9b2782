// Polling as a group: alone from what was committed, or as one of several members.
#include "http/rest/group_poll.h"

#include "http/fetched.h"
#include "http/permit.h"
#include "http/rest/group_read.h"
#include "http/rest/handlers.h"
#include "http/rest/multi_read.h"
#include "http/rest/not_found.h"
#include "http/rest/page.h"
#include "http/rest/record_out.h"
#include "http/rest/total_order.h"

namespace twofold::http {
namespace {

constexpr std::size_t kPollBytesMax = 1 << 20;
constexpr int kLooksMax = 64;

std::vector<log::Read> reads_of(const Call& call, const GroupPoll& poll) {
  const std::size_t bytes_max = answer_bytes(call, kPollBytesMax);
  std::vector<log::Read> reads;
  for (const PolledTopic& topic : poll.topics) {
    reads.push_back({topic.places.topic.name, topic.places.positions,
                     bytes_max / poll.topics.size(), /*skip_trimmed=*/true, poll.request.bytes_min,
                     poll.request.total_order});
  }
  return reads;
}

using Found = std::optional<Result<GroupRead::Found>>;

// Nullopt: the wait was cut short.
Task<Found> read_alone(Call& call, const GroupPoll& poll, engine::Instant deadline) {
  auto multi = std::make_shared<MultiRead>(call.broker().topics, reads_of(call, poll));
  auto start = [multi, deadline](engine::Completion<GroupRead::Found> done) {
    multi->start(deadline,
                 [done = std::move(done)](Result<std::vector<log::Readable>> readables) mutable {
                   if (!readables) return done(readables.error());
                   done(GroupRead::Found{*std::move(readables), false});
                 });
    return std::uint64_t{0};
  };
  auto cancel = [multi](std::uint64_t) { multi->cancel(); };
  co_return co_await wait_on_core<GroupRead::Found>(call.watch, call.broker().core,
                                                    std::move(start), std::move(cancel));
}

Task<Found> read_as_member(Call& call, const GroupPoll& poll, engine::Instant deadline) {
  auto read =
      std::make_shared<GroupRead>(call.broker(), poll.join, *poll.holding, reads_of(call, poll));
  auto start = [read, deadline](engine::Completion<GroupRead::Found> done) {
    read->start(deadline, std::move(done));
    return std::uint64_t{0};
  };
  auto cancel = [read](std::uint64_t) { read->cancel(); };
  co_return co_await wait_on_core<GroupRead::Found>(call.watch, call.broker().core,
                                                    std::move(start), std::move(cancel));
}

// A poll without a cursor begins again from what was committed: nothing is in the member's hands.
Task<Try<>> join_group(Call& call, GroupPoll& poll, bool lets_go) {
  auto ask = [&groups = call.broker().groups, &poll, lets_go] {
    if (lets_go) groups.let_go(poll.join.group, poll.join.member);
    return groups.join(poll.join);
  };
  auto holding = co_await ask_core(call.broker().core, std::move(ask));
  if (!holding) co_return co_await explained(call, holding.error(), poll.request.topics.front());
  poll.holding = *std::move(holding);
  co_return Try<>();
}

// Finds out where to read, and waits there; again whenever what the member holds has changed.
Task<Try<std::vector<log::Readable>>> read_on(Call& call, GroupPoll& poll) {
  const engine::Duration wait = poll.request.wait;
  engine::Instant deadline{0};
  if (wait.count() > 0) deadline = call.broker().clock.now() + wait;
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
  for (const std::string& topic : request->topics) {
    if (auto refused = permit(call, Permission::consume, access::topic(topic)))
      co_return *std::move(refused);
  }
  for (const TopicCursor& cursor : request->cursors) {
    if (auto refused = permit(call, Permission::consume, access::topic(cursor.topic)))
      co_return *std::move(refused);
  }
  GroupPoll poll{*std::move(request), {}, {}, {}};
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
  std::optional<Problem> no_room;
  for (std::size_t i = 0; i < readables->size(); ++i) {
    Places& places = poll.topics[i].places;
    const log::Readable& readable = (*readables)[i];
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
    if (!page) {
      Problem problem = std::move(page).problem();
      if (problem.kind != ProblemKind::overloaded) co_return problem;
      no_room = std::move(problem);
      continue;
    }
    note_gaps(places, readable, gaps);
    for (const PageGap& gap : page->gaps)
      gaps.push_back({places.topic.name, gap.partition, gap.from, gap.to});
    for (std::size_t p = 0; p < places.positions.size(); ++p)
      places.positions[p].offset = page->next[p].offset;
    records += page->records;
  }
  json.end_array();
  auto ask = [&broker = call.broker(), &poll] { return settle(broker, poll); };
  const log::Lag lag = co_await ask_core(call.broker().core, std::move(ask));
  // What there was room for is the answer; when that is nothing, nothing has moved.
  if (no_room && records == 0) co_return *std::move(no_room);
  append_tail(json, call.broker(), poll, gaps, lag);
  json.end_object();
  co_return Try<>();
}

}  // namespace twofold::http
