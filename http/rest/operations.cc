// Operations over many messages: replay, redrive, move, purge; how they stand, and their end.
#include <charconv>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "http/once.h"
#include "http/permit.h"
#include "http/rest/handlers.h"
#include "http/rest/message.h"
#include "http/rest/message_id.h"
#include "http/rest/not_found.h"
#include "http/rest/operation_in.h"

namespace twofold::http {
namespace {

using queue::MoveStatus;
using queue::Sweep;
using queue::SweepAction;
using queue::SweepRequest;

std::string_view action_text(SweepAction action) {
  switch (action) {
    case SweepAction::replay: return "replay";
    case SweepAction::redrive: return "redrive";
    case SweepAction::move: return "move";
    case SweepAction::purge: return "purge";
  }
  __builtin_unreachable();
}

std::string_view status_text(MoveStatus status) {
  switch (status) {
    case MoveStatus::running: return "running";
    case MoveStatus::completed: return "completed";
    case MoveStatus::cancelled: return "cancelled";
    case MoveStatus::failed: return "failed";
  }
  __builtin_unreachable();
}

std::string name_of(std::uint64_t id) { return fmt::format("op_{:x}", id); }

Try<std::uint64_t> id_of(std::string_view name) {
  std::uint64_t id = 0;
  if (name.starts_with("op_")) {
    const auto [end, error] = std::from_chars(name.data() + 3, name.data() + name.size(), id, 16);
    if (error == std::errc{} && end == name.data() + name.size()) return id;
  }
  return Problem(ProblemKind::operation_not_found, "An operation's name is like op_18f3.", "id");
}

void append_found(JsonWriter& json, const Sweep& sweep) {
  json.name("matched").number(sweep.matched).name("bytes").number(sweep.bytes);
  if (sweep.unreadable > 0) json.name("unreadable").number(sweep.unreadable);
  if (sweep.stayed > 0) json.name("stayed").number(sweep.stayed);
  json.name("sample").begin_array();
  for (const queue::MessageId id : sweep.sample) json.string(id_text(id));
  json.end_array();
}

void append_operation(JsonWriter& json, const Sweep& sweep) {
  json.begin_object().name("id").string(name_of(sweep.id));
  json.name("action").string(action_text(sweep.request.action));
  json.name("queue").string(sweep.request.queue);
  if (!sweep.request.destination.empty()) {
    json.name("destination").string(sweep.request.destination);
  }
  json.name("status").string(status_text(sweep.status));
  json.name("started").string(engine::format_time(sweep.started));
  if (sweep.ended) json.name("ended").string(engine::format_time(*sweep.ended));
  json.name("scanned").number(sweep.scanned).name("to_scan").number(sweep.to_scan);
  append_found(json, sweep);
  if (sweep.failure) json.name("failure").string(sweep.failure->detail);
  json.end_object();
}

Task<Problem> refused(Call& call, engine::Error error, const SweepRequest& request) {
  if (error.code == engine::Errc::busy) {
    co_return Problem(ProblemKind::operation_running, error.detail);
  }
  const bool other = error.code == engine::Errc::queue_not_found && !request.destination.empty() &&
                     error.detail.ends_with(request.destination);
  std::string about = other ? request.destination : request.queue;
  auto problem = co_await explained(call, error, std::move(about));
  if (other) problem.param = "destination";
  co_return problem;
}

// Starts an operation and waits for its end.
Task<engine::Result<Sweep>> run(Call& call, const SweepRequest& request) {
  auto start = [&queues = call.broker().queues, &request](engine::Completion<Sweep> done) {
    auto shared = std::make_shared<engine::Completion<Sweep>>(std::move(done));
    const auto started = queues.start_sweep(
        request, [shared](engine::Result<Sweep> sweep) { (*shared)(std::move(sweep)); });
    if (!started) (*shared)(started.error());
  };
  return on_core<Sweep>(call.broker().core, std::move(start));
}

// Moves one message and waits for the end. How many were moved: none, or one.
Task<engine::Result<std::uint64_t>> move_one(Call& call, const SweepRequest& request) {
  auto start = [&queues = call.broker().queues, &request](engine::Completion<std::uint64_t> done,
                                                          engine::Decided<std::uint64_t> decided) {
    auto shared = std::make_shared<engine::Completion<std::uint64_t>>(std::move(done));
    auto ended = [shared](const engine::Result<Sweep>& sweep) {
      if (!sweep) return (*shared)(sweep.error());
      if (sweep->failure) return (*shared)(*sweep->failure);
      if (sweep->stayed > 0)
        return (*shared)(engine::Error(engine::Errc::queue_not_found,
                                       "there is no queue of its origin with a log of its own"));
      (*shared)(sweep->matched);
    };
    const auto started = queues.start_sweep(request, std::move(ended));
    if (!started) return (*shared)(started.error());
    if (decided) decided(0);
  };
  return write_once<std::uint64_t>(call, std::move(start), Kept::until_restart);
}

Task<Try<>> count(Call& call, const SweepRequest& request) {
  auto sweep = co_await run(call, request);
  if (!sweep) co_return co_await refused(call, sweep.error(), request);
  JsonWriter json(call.reply.body);
  json.begin_object();
  append_found(json, *sweep);
  json.end_object();
  co_return Try<>();
}

// A move brings messages to another queue, or back to where they came from, which may be any; what
// is replayed or made ready again is read from the topic of an attached queue once more.
Task<std::optional<Problem>> permit_other_side(Call& call, const SweepRequest& request) {
  if (request.action == SweepAction::purge) co_return std::nullopt;
  if (request.action == SweepAction::move) {
    access::Resource there = access::queue(request.destination);
    there.whole = request.destination.empty();
    auto refused = permit(call, Permission::publish, there);
    co_return refused ? refused : check_stored(*call.principal);
  }
  auto ask = [&queues = call.broker().queues, &request]() -> std::string {
    const auto queue = queues.find(request.queue);
    return queue && queue->source ? queue->source->topic : std::string();
  };
  const std::string topic = co_await ask_core(call.broker().core, std::move(ask));
  if (topic.empty()) co_return std::nullopt;
  co_return permit(call, Permission::consume, access::topic(topic));
}

Task<Try<>> begin(Call& call, const SweepRequest& request) {
  auto refused_side = co_await permit_other_side(call, request);
  if (refused_side) co_return *std::move(refused_side);
  if (request.dry_run) co_return co_await count(call, request);
  // A restart ends operations: their keys are forgotten with them.
  auto start = [&queues = call.broker().queues, &request](engine::Completion<std::uint64_t> done,
                                                          engine::Decided<std::uint64_t> decided) {
    const auto id = queues.start_sweep(request);
    if (id && decided) decided(*id);
    done(id);
  };
  const auto started =
      co_await write_once<std::uint64_t>(call, std::move(start), Kept::until_restart);
  if (!started) co_return co_await refused(call, started.error(), request);
  const std::string name = name_of(*started);
  call.reply.status = 202;
  call.reply.field("Location", "/v1/operations/" + name);
  JsonWriter json(call.reply.body);
  json.begin_object().name("operation").string(name);
  json.name("href").string("/v1/operations/" + name).end_object();
  co_return Try<>();
}

Task<Try<>> read_and_begin(Call& call, SweepAction action) {
  auto request = read_operation(call, action);
  if (!request) co_return std::move(request).problem();
  co_return co_await begin(call, *request);
}

Task<Try<>> purge_everything(Call& call, const std::string& name) {
  auto start = [&queues = call.broker().queues, &name](engine::Completion<std::uint64_t> done,
                                                       engine::Decided<std::uint64_t> decided) {
    queues.purge(name, std::move(done), std::move(decided));
  };
  auto purged = co_await write_once<std::uint64_t>(call, std::move(start));
  if (!purged) co_return co_await explained(call, purged.error(), name);
  JsonWriter json(call.reply.body);
  json.begin_object().name("queue").string(name).name("purged").number(*purged).end_object();
  co_return Try<>();
}

Problem no_operation(std::string_view name) {
  return {ProblemKind::operation_not_found,
          fmt::format("There is no operation {}.", name.substr(0, 64)), "id"};
}

bool may_know(const Call& call, const Sweep& sweep) {
  const access::Resource queue = access::queue(sweep.request.queue);
  return may_inspect(call, queue) || authorize(*call.principal, Permission::manage, queue);
}

}  // namespace

Task<Try<>> replay_messages(Call& call) { return read_and_begin(call, SweepAction::replay); }

Task<Try<>> redrive_messages(Call& call) { return read_and_begin(call, SweepAction::redrive); }

Task<Try<>> move_messages(Call& call) { return read_and_begin(call, SweepAction::move); }

Task<Try<>> purge_queue(Call& call) {
  auto request = read_operation(call, SweepAction::purge);
  if (!request) co_return std::move(request).problem();
  if (is_everything(*request)) co_return co_await purge_everything(call, request->queue);
  co_return co_await begin(call, *request);
}

Task<Try<>> move_message(Call& call) {
  auto named = named_message(call);
  if (!named) co_return std::move(named).problem();
  auto request = read_operation(call, SweepAction::move);
  if (!request) co_return std::move(request).problem();
  if (request->dry_run || request->per_second || !request->ids.empty() || request->filter) {
    co_return Problem(ProblemKind::invalid_request,
                      "The move of one message has a destination only.");
  }
  auto refused_side = co_await permit_other_side(call, *request);
  if (refused_side) co_return *std::move(refused_side);
  request->ids = {named->id};
  request->at_once = true;
  const auto moved = co_await move_one(call, *request);
  if (!moved) co_return co_await refused(call, moved.error(), *request);
  if (*moved == 0) {
    co_return Problem(
        ProblemKind::wrong_state,
        fmt::format("Message {} is not there, in flight or done with.", id_text(named->id)), "id");
  }
  JsonWriter json(call.reply.body);
  json.begin_object().name("id").string(id_text(named->id)).name("moved").boolean(true);
  json.end_object();
  co_return Try<>();
}

Task<Try<>> list_operations(Call& call) {
  auto ask = [&queues = call.broker().queues] { return queues.sweeps(); };
  const auto sweeps = co_await ask_core(call.broker().core, std::move(ask));
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const Sweep& sweep : sweeps) {
    if (may_inspect(call, access::queue(sweep.request.queue))) append_operation(json, sweep);
  }
  json.end_array().end_object();
  co_return Try<>();
}

Task<Try<>> get_operation(Call& call) {
  auto id = id_of(call.args[0]);
  if (!id) co_return std::move(id).problem();
  auto ask = [&queues = call.broker().queues, &id] { return queues.sweep(*id); };
  const auto sweep = co_await ask_core(call.broker().core, std::move(ask));
  if (!sweep || !may_inspect(call, access::queue(sweep->request.queue)))
    co_return no_operation(call.args[0]);
  JsonWriter json(call.reply.body);
  append_operation(json, *sweep);
  co_return Try<>();
}

Task<Try<>> cancel_operation(Call& call) {
  auto id = id_of(call.args[0]);
  if (!id) co_return std::move(id).problem();
  auto look = [&queues = call.broker().queues, &id] { return queues.sweep(*id); };
  const auto found = co_await ask_core(call.broker().core, std::move(look));
  if (!found || !may_know(call, *found)) co_return no_operation(call.args[0]);
  if (auto refused = permit(call, Permission::manage, access::queue(found->request.queue)))
    co_return *std::move(refused);
  call.subject = access::text_of(access::queue(found->request.queue));
  auto ask = [&queues = call.broker().queues, &id] { return queues.cancel_sweep(*id); };
  const auto sweep = co_await ask_core(call.broker().core, std::move(ask));
  if (!sweep) co_return no_operation(call.args[0]);
  JsonWriter json(call.reply.body);
  append_operation(json, *sweep);
  co_return Try<>();
}

}  // namespace twofold::http
