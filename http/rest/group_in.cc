#include "http/rest/group_in.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "http/rest/filter_in.h"
#include "http/rest/json_request.h"

namespace twofold::http {
namespace {

constexpr std::size_t kTopicsMax = 16;

Try<> read_assignor(JsonReader& json, log::Assignor& assignor) {
  const std::string_view name = json.string();
  if (!json.ok()) return json_problem(*json.error());
  const auto parsed = log::parse_assignor(name);
  if (!parsed) {
    return Problem(ProblemKind::invalid_request, "assignor is cooperative-sticky or range.");
  }
  assignor = *parsed;
  return {};
}

Try<std::vector<TopicCursor>> read_cursor(JsonReader& json) {
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  auto cursors = decode_group_cursor(text);
  if (cursors) return *std::move(cursors);
  return Problem(ProblemKind::invalid_cursor, "The cursor is not one of a poll.");
}

Try<std::vector<std::string>> read_topics(JsonReader& json) {
  std::vector<std::string> topics;
  json.enter_array();
  while (json.next_element()) {
    const std::string_view topic = json.string();
    if (!json.ok()) break;
    if (!is_name(topic)) return Problem(ProblemKind::invalid_request, "Not a topic's name.");
    if (std::find(topics.begin(), topics.end(), topic) != topics.end()) {
      return Problem(ProblemKind::invalid_request, "A topic is named twice.");
    }
    if (topics.size() == kTopicsMax)
      return Problem(ProblemKind::invalid_request, "A poll reads at most 16 topics.");
    topics.emplace_back(topic);
  }
  if (!json.ok()) return json_problem(*json.error());
  return topics;
}

Try<> read_partition(JsonReader& json, std::string_view name, const std::string& topic,
                     std::vector<log::CommittedOffset>& offsets) {
  std::int32_t partition = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), partition);
  if (error != std::errc{} || end != name.data() + name.size() || partition < 0 ||
      partition >= log::kPartitionsMax) {
    return Problem(ProblemKind::invalid_request, "Members here are partition numbers.");
  }
  auto offset = read_number(json, 0, INT64_MAX);
  if (!offset) return std::move(offset).problem();
  offsets.push_back({topic, engine::PartitionId{partition}, engine::Offset{*offset}});
  return {};
}

Try<> check_once_each(const std::vector<log::CommittedOffset>& offsets) {
  std::vector<std::pair<std::string_view, std::int32_t>> partitions;
  partitions.reserve(offsets.size());
  for (const log::CommittedOffset& one : offsets)
    partitions.emplace_back(one.topic, one.partition.value());
  std::sort(partitions.begin(), partitions.end());
  if (std::adjacent_find(partitions.begin(), partitions.end()) == partitions.end()) return {};
  return Problem(ProblemKind::invalid_request, "A partition is given twice.");
}

// {"2":42,"3":7}; `group` takes {"group":"other"} instead, where that is possible.
Try<> read_partitions(JsonReader& json, const std::string& topic, std::size_t most,
                      std::vector<log::CommittedOffset>& offsets, std::string* group = nullptr) {
  json.enter_object();
  std::string_view name;
  while (json.next_member(name)) {
    if (group && name == "group") {
      *group = json.string();
      if (json.ok() && !is_name(*group)) {
        return Problem(ProblemKind::invalid_request, "Not a group's name.");
      }
      continue;
    }
    if (offsets.size() == most)
      return Problem(ProblemKind::invalid_request, fmt::format("At most {} offsets.", most));
    if (auto read = read_partition(json, name, topic, offsets); !read) return read;
  }
  if (!json.ok()) return json_problem(*json.error());
  if (!group) return {};
  if (group->empty() || offsets.empty()) return check_once_each(offsets);
  return Problem(ProblemKind::invalid_request, "A seek goes to a group or to offsets, not both.");
}

}  // namespace

Try<> check_session(engine::Duration session) {
  if (session >= log::kSessionMin && session <= log::kSessionMax) return {};
  return Problem(ProblemKind::invalid_request, "session must be from 1s to 30m.", "session");
}

Try<std::string> read_member(JsonReader& json) {
  const std::string_view member = json.string();
  if (!json.ok()) return json_problem(*json.error());
  if (!member.empty() && member.size() <= kMemberBytesMax) return std::string(member);
  return Problem(ProblemKind::invalid_request, "A member's name has 1 to 255 bytes.");
}

Try<std::vector<log::CommittedOffset>> read_offsets_by_topic(JsonReader& json, std::size_t most) {
  std::vector<log::CommittedOffset> offsets;
  json.enter_object();
  std::string_view topic;
  while (json.next_member(topic)) {
    auto read = read_partitions(json, std::string(topic), most, offsets);
    if (!read) return std::move(read).problem();
  }
  if (!json.ok()) return json_problem(*json.error());
  if (auto once = check_once_each(offsets); !once) return std::move(once).problem();
  return offsets;
}

namespace {

template <class T>
Try<> store(Try<T> value, T& place) {
  if (!value) return std::move(value).problem();
  place = *std::move(value);
  return {};
}

std::string_view body_of(const Call& call) {
  return call.body.empty() ? std::string_view("{}") : call.body;
}

Try<> take_poll_member(const Call& call, JsonReader& json, std::size_t member,
                       PollRequest& request) {
  switch (member) {
    case 0: return store(read_topics(json), request.topics);
    case 1: {
      auto max = read_number(json, 1, 1'000);
      if (!max) return std::move(max).problem();
      request.max = static_cast<std::size_t>(*max);
      return {};
    }
    case 2: {
      if (auto wait = store(read_duration(json), request.wait); !wait) return wait;
      if (request.wait <= std::chrono::seconds{60}) return {};
      return Problem(ProblemKind::invalid_request, "wait must be from 0s to 60s.");
    }
    case 3: request.from = json.string(); return {};
    case 4: return store(read_cursor(json), request.cursors);
    case 5: {
      auto named = read_member(json);
      if (!named) return std::move(named).problem();
      request.member = *std::move(named);
      return {};
    }
    case 6: {
      auto session = store(read_duration(json), request.session);
      return session ? check_session(request.session) : std::move(session);
    }
    case 7: return read_assignor(json, request.assignor);
    case 8: return store(read_filter(call.broker(), json.string(), "filter"), request.filter);
    case 9: {
      auto bytes = read_number(json, 1, INT32_MAX);
      if (!bytes) return std::move(bytes).problem();
      request.bytes_min = static_cast<std::size_t>(*bytes);
      return {};
    }
    default: {
      const std::string_view order = json.string();
      request.total_order = order == "total";
      if (request.total_order || order == "partition") return {};
      return Problem(ProblemKind::invalid_request, "order is partition or total.");
    }
  }
}

}  // namespace

Try<PollRequest> read_poll(Call& call) {
  auto group = call.name(0);
  if (!group) return std::move(group).problem();
  PollRequest request;
  request.session = call.broker().shared.session_default;
  request.group = *std::move(group);
  static constexpr std::string_view kNames[] = {"topics", "max",       "wait",    "from",
                                                "cursor", "member",    "session", "assignor",
                                                "filter", "min_bytes", "order"};
  JsonReader json(body_of(call), call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    auto taken = take_poll_member(call, json, *member, request);
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  if (!request.topics.empty()) return request;
  for (const TopicCursor& cursor : request.cursors) request.topics.push_back(cursor.topic);
  if (!request.topics.empty()) return request;
  return Problem(ProblemKind::invalid_request, "A poll names the topics to read.", "topics");
}

Try<CommitRequest> read_commit(Call& call) {
  auto group = call.name(0);
  if (!group) return std::move(group).problem();
  CommitRequest request;
  request.group = *std::move(group);
  static constexpr std::string_view kNames[] = {"cursor", "offsets", "member"};
  JsonReader json(body_of(call), call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    if (*member == 0) taken = store(read_cursor(json), request.cursors);
    if (*member == 1) taken = store(read_offsets_by_topic(json, kGroupOffsetsMax), request.offsets);
    if (*member == 2) {
      auto named = read_member(json);
      taken = named ? Try<>() : Try<>(std::move(named).problem());
      if (taken) request.member = *std::move(named);
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  if (request.cursors.empty() != request.offsets.empty()) return request;
  return Problem(ProblemKind::invalid_request, "A commit has a cursor or offsets.", "cursor");
}

Try<SeekRequest> read_seek(Call& call) {
  auto group = call.name(0);
  if (!group) return std::move(group).problem();
  SeekRequest request;
  request.group = *std::move(group);
  static constexpr std::string_view kNames[] = {"topic", "to", "dry_run"};
  JsonReader json(body_of(call), call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    if (*member == 0) request.topic = json.string();
    if (*member == 2) request.dry_run = json.boolean();
    if (*member == 1) {
      const auto type = json.peek();
      if (type == JsonType::object) {
        taken = read_partitions(json, "", log::kPartitionsMax, request.offsets, &request.to_group);
      } else {
        request.to = type == JsonType::number ? json.number() : json.string();
      }
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  if (!is_name(request.topic)) {
    return Problem(ProblemKind::invalid_request, "A seek names a topic.", "topic");
  }
  for (log::CommittedOffset& offset : request.offsets) offset.topic = request.topic;
  if (request.to.empty() && request.offsets.empty() && request.to_group.empty()) {
    return Problem(ProblemKind::invalid_request, "A seek says where to.", "to")
        .with_hint(
            "Write earliest, latest, -15m, a time, an offset, {\"0\":12}, or "
            "{\"group\":\"other\"}.");
  }
  return request;
}

Try<LeaveRequest> read_leave(Call& call) {
  auto group = call.name(0);
  if (!group) return std::move(group).problem();
  LeaveRequest request;
  request.group = *std::move(group);
  static constexpr std::string_view kNames[] = {"member"};
  JsonReader json(body_of(call), call.scratch.texts);
  MemberLoop members(json, kNames);
  while (members.next()) {
    auto taken = store(read_member(json), request.member);
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  if (!request.member.empty()) return request;
  return Problem(ProblemKind::invalid_request, "Say which member leaves.", "member");
}

}  // namespace twofold::http
