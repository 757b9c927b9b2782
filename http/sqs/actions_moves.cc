// Move tasks: dead letters back to where they died, or elsewhere, while others go on working.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "http/base64.h"
#include "http/sqs/action.h"
#include "http/sqs/on_queue.h"
#include "http/sqs/permitted.h"
#include "http/sqs/uuid.h"

namespace twofold::http::sqs {
namespace {

using queue::Move;
using queue::MoveStatus;

constexpr std::int64_t kRateMax = 500;
constexpr std::int64_t kResultsMax = 10;

// A handle is base64 of {"taskId":"...","sourceArn":"..."}; clients make and read such texts.
std::string handle_of(std::string_view id, std::string_view source_arn) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().name("taskId").string(id).name("sourceArn").string(source_arn).end_object();
  std::string handle;
  append_base64(handle, text);
  return handle;
}

struct Handle {
  std::string id;
  std::string source_arn;
};

std::optional<Handle> parse_handle(std::string_view text) {
  const auto decoded = decode_base64(text);
  if (!decoded) return std::nullopt;
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(*decoded, error);
  if (error || !value.is_object()) return std::nullopt;
  const auto* const id = value.get_object().if_contains("taskId");
  const auto* const arn = value.get_object().if_contains("sourceArn");
  if (!id || !arn || !id->is_string() || !arn->is_string()) return std::nullopt;
  Handle handle;
  handle.id = std::string(id->get_string());
  handle.source_arn = std::string(arn->get_string());
  return handle;
}

Fault no_such_resource(std::string_view parameter) {
  return {Code::resource_not_found,
          fmt::format("The resource that you specified for the {} parameter doesn't exist.",
                      parameter)};
}

// The broker's name of the queue whose ARN a parameter holds.
Outcome<std::string> name_in(const Exchange& exchange, std::optional<std::string_view> arn,
                             std::string_view parameter) {
  if (!arn) return missing_parameter(parameter);
  const auto parsed = parse_arn(*arn);
  if (parsed) {
    std::string name = exchange.stored({parsed->account, parsed->region, parsed->name});
    if (name.empty()) return no_such_resource(parameter);
    return name;
  }
  return Fault(Code::invalid_parameter_value,
               fmt::format("You must use this format to specify the {}: "
                           "arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
                           parameter));
}

Outcome<queue::MoveRequest> read_start(const Exchange& exchange) {
  const Request& request = exchange.request;
  auto source = name_in(exchange, request.source_arn, "SourceArn");
  if (!source) return source.fault();
  queue::MoveRequest move;
  move.id = make_uuid(exchange.broker().random);
  move.source = *std::move(source);
  if (request.destination_arn) {
    auto destination = name_in(exchange, request.destination_arn, "DestinationArn");
    if (!destination) return destination.fault();
    move.destination = *std::move(destination);
  }
  const auto rate = request.messages_per_second;
  if (!rate) return move;
  if (*rate < 1 || *rate > kRateMax) {
    return invalid_value(std::to_string(*rate), "MaxNumberOfMessagesPerSecond",
                         "Must be between 1 and 500.");
  }
  move.per_second = static_cast<std::uint32_t>(*rate);
  return move;
}

Fault bad_destination(std::string_view reason) {
  return {Code::invalid_parameter_value,
          fmt::format("Value for parameter DestinationArn is invalid. Reason: {}", reason)};
}

Outcome<> check_destination(const queue::Queues& queues, const queue::MoveRequest& request) {
  if (request.destination.empty()) return {};
  const auto destination = queues.find(request.destination);
  if (!destination) return no_such_resource("DestinationArn");
  if (request.destination == request.source)
    return bad_destination("Source queue and destination queue must be different.");
  if (destination->source)
    return bad_destination("The queue reads a topic: nothing can be sent there.");
  if (is_fifo_name(request.destination) != is_fifo_name(request.source))
    return bad_destination("Source queue and destination queue must be of the same type.");
  return {};
}

// The rest on the core, which starts the task in the same turn.
Outcome<> start(Broker& broker, queue::MoveRequest request) {
  queue::Queues& queues = broker.queues;
  if (!queues.config(request.source)) return no_such_resource("SourceArn");
  if (queues.dead_letter_sources(request.source, 0, 1).empty()) {
    return Fault(Code::invalid_parameter_value,
                 "Source queue must be configured as a Dead Letter Queue.");
  }
  if (auto sound = check_destination(queues, request); !sound) return sound;
  const auto started = queues.start_move(std::move(request));
  if (started) return {};
  if (started.error().code != engine::Errc::busy) return fault_of(started.error());
  return Fault(
      Code::invalid_parameter_value,
      "There is already a task running. Only one active task is allowed for a source queue arn "
      "at a given time.");
}

std::string_view status_text(MoveStatus status) {
  switch (status) {
    case MoveStatus::running: return "RUNNING";
    case MoveStatus::completed: return "COMPLETED";
    case MoveStatus::cancelled: return "CANCELLED";
    case MoveStatus::failed: return "FAILED";
  }
  __builtin_unreachable();
}

std::string_view failure_reason(const Move& move) {
  if (*move.failure != engine::Errc::queue_not_found) return info(Code::internal_failure).query;
  if (!move.request.destination.empty()) return info(Code::queue_does_not_exist).query;
  return "CouldNotDetermineMessageSource";
}

void write_move(AnswerWriter& answer, const Move& move, const Exchange& exchange) {
  const std::string_view source_arn = *exchange.request.source_arn;
  answer.begin_item();
  if (move.status == MoveStatus::running)
    answer.text("TaskHandle", handle_of(move.request.id, source_arn));
  answer.text("Status", status_text(move.status));
  answer.text("SourceArn", source_arn);
  if (!move.request.destination.empty()) {
    const auto source = parse_arn(source_arn);
    answer.text("DestinationArn",
                queue_arn(place_of(exchange.options().regions, move.request.destination,
                                   source->account, source->region)));
  }
  if (move.request.per_second)
    answer.number("MaxNumberOfMessagesPerSecond", *move.request.per_second);
  answer.number("ApproximateNumberOfMessagesMoved", move.moved);
  answer.number("ApproximateNumberOfMessagesToMove", move.to_move);
  if (move.failure) answer.text("FailureReason", failure_reason(move));
  answer.number("StartedTimestamp", move.started.value());
  answer.end_item();
}

Outcome<std::vector<Move>> list(const Broker& broker, const std::string& source,
                                std::size_t limit) {
  if (!broker.queues.config(source)) return no_such_resource("SourceArn");
  std::vector<Move> moves = broker.queues.moves(source);
  if (moves.size() > limit) moves.resize(limit);
  return moves;
}

Outcome<std::size_t> read_limit(const Request& request) {
  const std::int64_t limit = request.max_results.value_or(1);
  if (limit >= 1 && limit <= kResultsMax) return static_cast<std::size_t>(limit);
  return invalid_value(std::to_string(limit), "MaxResults",
                       "Must be between 1 and 10, if provided.");
}

Outcome<Handle> read_handle(const Request& request) {
  if (!request.task_handle) return missing_parameter("TaskHandle");
  auto handle = parse_handle(*request.task_handle);
  if (handle && parse_arn(handle->source_arn)) return *std::move(handle);
  return Fault(Code::invalid_parameter_value, "Value for parameter TaskHandle is invalid.");
}

Outcome<Move> cancel(const Exchange& exchange, const Handle& handle) {
  const auto source = name_in(exchange, handle.source_arn, "SourceArn");
  if (!source) return source.fault();
  queue::Queues& queues = exchange.broker().queues;
  if (!queues.config(*source)) return no_such_resource("SourceArn");
  const auto moves = queues.moves(*source);
  const bool is_of_source = std::any_of(
      moves.begin(), moves.end(), [&](const Move& move) { return move.request.id == handle.id; });
  if (!is_of_source) return Fault(Code::resource_not_found, "Task does not exist.");
  auto cancelled = queues.cancel_move(handle.id);
  if (cancelled) return *std::move(cancelled);
  return Fault(Code::resource_not_found, "Task does not exist.");
}

// What was decided is told once no crash can take it back.
template <class T>
void tell_when_durable(Broker& broker, Outcome<T> outcome, Decided<T> done) {
  if (!outcome) return done(std::move(outcome));
  broker.core.on_commit(engine::Durability::disk,
                        [outcome = std::move(outcome), done = std::move(done)](
                            engine::Result<engine::Durability> reached) mutable {
                          if (!reached) return done(reached.error());
                          done(std::move(outcome));
                        });
}

}  // namespace

Task<Outcome<>> start_message_move_task(Exchange& exchange) {
  auto request = read_start(exchange);
  if (!request) co_return request.fault();
  // Without a destination they go back to where they came from, which may be any queue.
  const auto from = permitted(exchange, Permission::manage, request->source);
  if (!from) co_return from.fault();
  const auto to = permitted(exchange, Permission::publish, request->destination);
  if (!to) co_return to.fault();
  const auto room = may_store(exchange);
  if (!room) co_return room.fault();
  auto begin = [&exchange, &request](Decided<std::monostate> done) {
    tell_when_durable(exchange.broker(), start(exchange.broker(), *request), std::move(done));
  };
  const auto started = co_await decide<std::monostate>(exchange, std::move(begin));
  if (!started) co_return started.fault();
  exchange.answer.text("TaskHandle", handle_of(request->id, *exchange.request.source_arn));
  co_return Outcome<>();
}

Task<Outcome<>> list_message_move_tasks(Exchange& exchange) {
  const auto source = name_in(exchange, exchange.request.source_arn, "SourceArn");
  if (!source) co_return source.fault();
  const auto may = permitted(exchange, Permission::inspect, *source);
  if (!may) co_return may.fault();
  const auto limit = read_limit(exchange.request);
  if (!limit) co_return limit.fault();
  auto ask = [&exchange, &source, &limit] { return list(exchange.broker(), *source, *limit); };
  const auto moves = co_await ask_core(exchange.broker().core, std::move(ask));
  if (!moves) co_return moves.fault();
  if (moves->empty()) co_return Outcome<>();
  exchange.answer.begin_list("Results", "ListMessageMoveTasksResultEntry");
  for (const Move& move : *moves) write_move(exchange.answer, move, exchange);
  exchange.answer.end_list();
  co_return Outcome<>();
}

Task<Outcome<>> cancel_message_move_task(Exchange& exchange) {
  const auto handle = read_handle(exchange.request);
  if (!handle) co_return handle.fault();
  const auto source = name_in(exchange, handle->source_arn, "SourceArn");
  if (!source) co_return source.fault();
  const auto may = permitted(exchange, Permission::manage, *source);
  if (!may) co_return may.fault();
  auto end = [&exchange, &handle](Decided<Move> done) {
    tell_when_durable(exchange.broker(), cancel(exchange, *handle), std::move(done));
  };
  const auto cancelled = co_await decide<Move>(exchange, std::move(end));
  if (!cancelled) co_return cancelled.fault();
  exchange.answer.number("ApproximateNumberOfMessagesMoved", cancelled->moved);
  co_return Outcome<>();
}

}  // namespace twofold::http::sqs
