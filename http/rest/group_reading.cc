// Commit, seek and leave: where a group stands.
#include <algorithm>

#include <fmt/format.h>

#include "http/once.h"
#include "http/permit.h"
#include "http/rest/group_in.h"
#include "http/rest/group_out.h"
#include "http/rest/handlers.h"
#include "http/rest/not_found.h"
#include "http/rest/position_in.h"

namespace twofold::http {
namespace {

using Offsets = std::vector<log::CommittedOffset>;

// What is kept for a request that comes again is where the group stood then.
engine::Completion<log::Committed> stands_of(engine::Completion<Offsets> done) {
  return [done = std::move(done)](Result<log::Committed> committed) mutable {
    if (!committed) return done(committed.error());
    done(std::move(committed->stands));
  };
}
engine::Decided<log::Committed> stands_of(engine::Decided<Offsets> decided) {
  if (!decided) return {};
  return [decided = std::move(decided)](const log::Committed& committed) mutable {
    decided(committed.stands);
  };
}

Task<Try<Offsets>> offsets_of(Call& call, const CommitRequest& request) {
  Offsets offsets = request.offsets;
  for (const TopicCursor& cursor : request.cursors) {
    auto ask = [&topics = call.broker().topics, &cursor] { return topics.find(cursor.topic); };
    const auto topic = co_await ask_core(call.broker().core, std::move(ask));
    if (!topic) co_return co_await explained(call, topic.error(), cursor.topic);
    auto positions = read_cursor(*topic, cursor.cursor);
    if (!positions) co_return std::move(positions).problem();
    for (const log::PartitionPosition& position : *positions) {
      log::CommittedOffset offset{cursor.topic, position.partition, position.offset};
      offset.seeks = position.seeks;
      offsets.push_back(std::move(offset));
    }
  }
  co_return offsets;
}

// Where another group stands in the topic, and the start for what it has not committed.
Task<Try<Offsets>> where_stands(Call& call, const SeekRequest& request) {
  auto ask = [&broker = call.broker(), &request]() -> engine::Result<Offsets> {
    const auto found = broker.groups.find(request.to_group);
    if (!found) return found.error();
    const auto partitions = broker.topics.offsets(request.topic);
    if (!partitions) return partitions.error();
    Offsets offsets;
    for (const log::PartitionOffsets& one : *partitions) {
      const auto stands = broker.groups.committed(request.to_group, request.topic, one.partition);
      offsets.push_back({request.topic, one.partition, stands.value_or(one.status.start)});
    }
    return offsets;
  };
  const auto offsets = co_await ask_core(call.broker().core, std::move(ask));
  if (offsets) co_return *offsets;
  const bool no_group = offsets.error().code == engine::Errc::group_not_found;
  co_return co_await explained(call, offsets.error(), no_group ? request.to_group : request.topic);
}

Task<Try<Offsets>> target_of(Call& call, const SeekRequest& request) {
  if (!request.to_group.empty()) co_return co_await where_stands(call, request);
  if (request.to.empty()) co_return request.offsets;
  auto places = co_await find_places(call, request.topic, request.to, "to");
  if (!places) co_return std::move(places).problem();
  Offsets offsets;
  for (const log::PartitionPosition& position : places->positions) {
    offsets.push_back({request.topic, position.partition, position.offset});
  }
  co_return offsets;
}

std::optional<Problem> permit_topics(const Call& call, const CommitRequest& request) {
  for (const TopicCursor& cursor : request.cursors) {
    auto refused = permit(call, Permission::consume, access::topic(cursor.topic));
    if (refused) return refused;
  }
  for (const log::CommittedOffset& offset : request.offsets) {
    auto refused = permit(call, Permission::consume, access::topic(offset.topic));
    if (refused) return refused;
  }
  return std::nullopt;
}

// Where another group stands is told by its place.
std::optional<Problem> permit_places(const Call& call, const SeekRequest& request) {
  auto refused = permit(call, Permission::consume, access::topic(request.topic));
  if (refused || request.to_group.empty()) return refused;
  return permit(call, Permission::inspect, access::group(request.to_group));
}

}  // namespace

Task<Try<>> commit_group(Call& call) {
  auto request = read_commit(call);
  if (!request) co_return std::move(request).problem();
  if (auto refused = permit_topics(call, *request)) co_return *std::move(refused);
  auto offsets = co_await offsets_of(call, *request);
  if (!offsets) co_return std::move(offsets).problem();
  const std::string about = offsets->empty() ? request->group : offsets->front().topic;
  log::Commit commit{request->group, *std::move(offsets)};
  if (request->member) commit.by = *request->member;
  auto start = [&groups = call.broker().groups, &commit](engine::Completion<Offsets> done,
                                                         engine::Decided<Offsets> decided) {
    groups.commit(std::move(commit), stands_of(std::move(done)), stands_of(std::move(decided)));
  };
  auto committed = co_await write_once<Offsets>(call, std::move(start));
  if (!committed) co_return co_await explained(call, committed.error(), about);
  JsonWriter json(call.reply.body);
  json.begin_object().name("group").string(request->group).name("committed");
  append_offsets(json, *std::move(committed));
  json.end_object();
  co_return Try<>();
}

Task<Try<>> seek_group(Call& call) {
  auto request = read_seek(call);
  if (!request) co_return std::move(request).problem();
  if (auto refused = permit_places(call, *request)) co_return *std::move(refused);
  auto offsets = co_await target_of(call, *request);
  if (!offsets) co_return std::move(offsets).problem();
  JsonWriter json(call.reply.body);
  json.begin_object().name("group").string(request->group);
  if (request->dry_run) {
    json.name("dry_run").boolean(true).name("would_commit");
    append_offsets(json, *std::move(offsets));
    json.end_object();
    co_return Try<>();
  }
  auto start = [&groups = call.broker().groups, &request, &offsets](
                   engine::Completion<Offsets> done, engine::Decided<Offsets> decided) {
    groups.seek(request->group, *offsets, stands_of(std::move(done)),
                stands_of(std::move(decided)));
  };
  auto sought = co_await write_once<Offsets>(call, std::move(start));
  if (!sought) co_return co_await explained(call, sought.error(), request->topic);
  json.name("committed");
  append_offsets(json, *std::move(sought));
  json.end_object();
  co_return Try<>();
}

Task<Try<>> leave_group(Call& call) {
  auto request = read_leave(call);
  if (!request) co_return std::move(request).problem();
  auto ask = [&groups = call.broker().groups, &request] {
    return groups.leave(request->group, request->member);
  };
  const auto left = co_await ask_core(call.broker().core, std::move(ask));
  // Whoever is gone already has what it wanted.
  if (!left && left.error().code != engine::Errc::member_unknown) co_return left.error();
  JsonWriter json(call.reply.body);
  json.begin_object().name("group").string(request->group);
  json.name("member").string(request->member);
  json.name("left").boolean(left.has_value()).end_object();
  co_return Try<>();
}

}  // namespace twofold::http
