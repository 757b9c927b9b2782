// One message by its id: another time, other headers.
#include <fmt/format.h>

#include "http/rest/handlers.h"
#include "http/rest/json_request.h"
#include "http/rest/message.h"
#include "http/rest/message_id.h"
#include "http/rest/not_found.h"
#include "http/rest/queue_out.h"

namespace twofold::http {
namespace {

using queue::MessageState;

constexpr engine::Duration kDelayMax = std::chrono::hours{24 * 36500};

/// What is to be changed: the time or the headers.
struct Patch {
  std::optional<engine::Instant> due;
  std::vector<queue::HeaderChange> headers;
};

// null takes a header away.
Try<std::vector<queue::HeaderChange>> read_headers(JsonReader& json, TextStore& texts) {
  std::vector<queue::HeaderChange> changes;
  if (!json.enter_object()) return json_problem(*json.error());
  std::string_view name;
  while (json.next_member(name)) {
    queue::HeaderChange& change = changes.emplace_back();
    change.name = name;
    if (json.peek() == JsonType::null) {
      json.null();
      continue;
    }
    auto value = read_text_or_base64(json, texts);
    if (!value) return std::move(value).problem();
    change.value = *value;
  }
  return changes;
}

// A moment of broker time: from a delay, or from the calendar.
engine::Instant due_in(const Broker& broker, engine::Duration delay) {
  return broker.clock.now() + std::clamp(delay, engine::Duration{0}, kDelayMax);
}

Try<Patch> read_patch(Call& call) {
  static constexpr std::string_view kNames[] = {"delay", "deliver_at", "headers"};
  Patch patch;
  std::optional<engine::Duration> delay;
  JsonReader json(call.body.empty() ? std::string_view("{}") : call.body, call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    if (*member == 0) {
      auto given = read_duration(json);
      if (!given) members.refuse(std::move(given).problem());
      if (given) delay = *given;
    } else if (*member == 1) {
      auto time = read_time(json);
      if (!time) members.refuse(std::move(time).problem());
      if (time) delay = *time - call.broker().clock.wall();
    } else {
      auto headers = read_headers(json, call.scratch.texts);
      if (!headers) members.refuse(std::move(headers).problem());
      if (headers) patch.headers = *std::move(headers);
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  if (members.has(0) + members.has(1) + members.has(2) != 1) {
    return Problem(ProblemKind::invalid_request,
                   "Say one of delay, deliver_at and headers; a delay of 0s delivers it now.",
                   "delay");
  }
  if (members.has(0) && *delay < engine::Duration{0}) {
    return Problem(ProblemKind::invalid_duration, "A delay is not negative.", "delay");
  }
  if (delay) patch.due = due_in(call.broker(), *delay);
  return patch;
}

// Dead messages have headers, but no time.
std::optional<Problem> refusal(const Patch& patch, MessageState before, queue::MessageId id) {
  const bool held = before == MessageState::in_flight;
  if (!held && (before != MessageState::dead || !patch.due)) return std::nullopt;
  Problem problem(ProblemKind::wrong_state,
                  fmt::format("Message {} is {}.", id_text(id), state_text(before)), "id");
  problem.hint = held ? "Who holds it can extend or nack it." : "Redrive brings it back.";
  return problem;
}

}  // namespace

Task<Try<>> patch_message(Call& call) {
  auto named = named_message(call);
  if (!named) co_return std::move(named).problem();
  auto patch = read_patch(call);
  if (!patch) co_return std::move(patch).problem();
  auto start = [&queues = call.broker().queues, &named,
                &patch](engine::Completion<MessageState> done) {
    if (patch->due) return queues.reschedule(named->queue, named->id, *patch->due, std::move(done));
    queues.edit(named->queue, named->id, patch->headers, std::move(done));
  };
  auto before = co_await on_core<MessageState>(call.broker().core, std::move(start));
  if (!before) co_return co_await explained(call, before.error(), named->queue);
  if (auto problem = refusal(*patch, *before, named->id)) co_return *std::move(problem);
  co_return co_await answer_message(call, *named);
}

}  // namespace twofold::http
