#include "http/rest/operation_in.h"

#include "http/rest/filter_in.h"
#include "http/rest/json_request.h"
#include "http/rest/message_id.h"
#include "http/rest/queue_out.h"
#include "log/position.h"

namespace twofold::http {
namespace {

using queue::SweepAction;
using queue::SweepRequest;

constexpr std::size_t kIdsMax = 1'000;
constexpr std::int64_t kRateMax = 1'000'000;

// A time, or one that counts from now: "-15m".
Try<engine::WallTime> read_moment(JsonReader& json, engine::WallTime now) {
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  const auto position = log::parse_position(text, now);
  if (position && std::holds_alternative<engine::WallTime>(*position)) {
    return std::get<engine::WallTime>(*position);
  }
  return to_time(text);
}

Try<> read_ids(JsonReader& json, SweepRequest& request) {
  if (!json.enter_array()) return json_problem(*json.error());
  while (json.next_element()) {
    if (request.ids.size() == kIdsMax) {
      return Problem(ProblemKind::batch_too_large, "A request names at most 1000 messages.");
    }
    auto id = read_message_id(json.string());
    if (!json.ok()) break;
    if (!id) {
      Problem problem = std::move(id).problem();
      problem.kind = ProblemKind::invalid_request;
      problem.param = "ids";
      problem.index = request.ids.size();
      return problem;
    }
    request.ids.push_back(*id);
  }
  if (!json.ok()) return json_problem(*json.error());
  if (!request.ids.empty()) return {};
  return Problem(ProblemKind::invalid_request, "The list of ids is empty.");
}

Try<> read_state(JsonReader& json, SweepRequest& request) {
  const auto state = parse_state(json.string());
  if (!json.ok()) return json_problem(*json.error());
  if (!state) {
    return Problem(ProblemKind::invalid_request,
                   "state is ready, in_flight, delayed, blocked, dead or acked.");
  }
  request.states = {*state};
  return {};
}

enum Member : std::size_t { kFrom, kTo, kFilter, kIds, kState, kRate, kDryRun, kDestination };
constexpr std::string_view kNames[] = {"from",  "to",   "filter",  "ids",
                                       "state", "rate", "dry_run", "destination"};

Try<> read_member(Call& call, JsonReader& json, std::size_t member, SweepRequest& request) {
  switch (member) {
    case kFrom:
    case kTo: {
      auto time = read_moment(json, call.broker().clock.wall());
      if (!time) return std::move(time).problem();
      (member == kFrom ? request.from : request.upto) = *time;
      return {};
    }
    case kFilter: {
      const std::string_view text = json.string();
      if (json.ok() && text.empty()) {  // a variable that was not set must not mean everything
        return Problem(ProblemKind::invalid_filter, "The filter is empty.", "filter");
      }
      auto filter = read_filter(call.broker(), text, "filter");
      if (!filter) return std::move(filter).problem();
      request.filter = *std::move(filter);
      return {};
    }
    case kIds: return read_ids(json, request);
    case kState: return read_state(json, request);
    case kRate: {
      auto rate = read_number(json, 1, kRateMax);
      if (!rate) return std::move(rate).problem();
      request.per_second = static_cast<std::uint32_t>(*rate);
      return {};
    }
    case kDryRun: request.dry_run = json.boolean(); return {};
    default: request.destination = json.string(); return {};
  }
}

}  // namespace

Try<SweepRequest> read_operation(Call& call, SweepAction action) {
  auto queue = call.name(0);
  if (!queue) return std::move(queue).problem();
  SweepRequest request;
  request.action = action;
  request.queue = *std::move(queue);
  if (call.body.empty()) return request;
  JsonReader json(call.body, call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    auto taken = read_member(call, json, *member, request);
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  if (action != SweepAction::move && members.has(kDestination)) {
    return Problem(ProblemKind::invalid_request, "Only a move has a destination.", "destination");
  }
  return request;
}

bool is_everything(const SweepRequest& request) {
  return request.states.empty() && request.ids.empty() && !request.from && !request.upto &&
         !request.filter && !request.per_second && !request.dry_run;
}

}  // namespace twofold::http
