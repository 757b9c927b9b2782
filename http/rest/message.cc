// One message by its id: look, delete.
#include "http/rest/message.h"

#include <span>

#include <fmt/format.h>

#include "http/rest/handlers.h"
#include "http/rest/message_id.h"
#include "http/rest/not_found.h"
#include "http/rest/page_answer.h"
#include "http/rest/queue_out.h"

namespace twofold::http {
namespace {

using queue::MessageState;
using queue::Why;

Problem gone(const NamedMessage& named) {
  return {ProblemKind::message_not_found,
          fmt::format("The record of message {} of queue {} is not there (any more).",
                      id_text(named.id), named.queue),
          "id"};
}

void render(Call& call, const NamedMessage& named, const LookedUp& found,
            RecordWriter::Values values) {
  const MessagePart part = part_of(call.broker(), found.message.item);
  JsonWriter json(call.reply.body);
  RecordWriter(found.message.topic, values).json(json, named.id.partition, *found.record(), &part);
}

}  // namespace

Try<NamedMessage> named_message(const Call& call) {
  auto queue = call.name(0);
  if (!queue) return std::move(queue).problem();
  auto id = read_message_id(call.args[1]);
  if (!id) return std::move(id).problem();
  return NamedMessage{*std::move(queue), *id};
}

engine::WallTime on_calendar(const Broker& broker, engine::Instant instant) {
  return broker.clock.wall() + (instant - broker.clock.now());
}

MessagePart part_of(const Broker& broker, const queue::BrowseItem& item) {
  MessagePart part;
  part.state = state_text(item.state);
  part.receive_count = item.receive_count;
  part.reason = item.reason;
  if (item.visible_at) part.visible_at = on_calendar(broker, *item.visible_at);
  return part;
}

Task<Try<LookedUp>> look_up(Call& call, const NamedMessage& named) {
  auto ask = [&queues = call.broker().queues, &named] {
    return queues.explain(named.queue, named.id);
  };
  auto message = co_await ask_core(call.broker().core, std::move(ask));
  if (!message) {
    auto problem = co_await explained(call, message.error(), named.queue);
    co_return problem;
  }
  LookedUp found{*std::move(message), {}};
  if (!found.message.plan) co_return found;
  std::vector<engine::ReadPlan> plans{*found.message.plan};
  std::vector<engine::PartitionId> partitions{named.id.partition};
  auto places = places_of(std::span(&found.message.item, 1));
  found.records = co_await MessageRecords::load(call, plans, partitions, std::move(places));
  if (found.records.has_no_room()) co_return Problem(*found.records.trouble());
  co_return found;
}

Task<Try<>> answer_message(Call& call, const NamedMessage& named) {
  auto values = parse_encoding(call);
  if (!values) co_return std::move(values).problem();
  auto found = co_await look_up(call, named);
  if (!found) co_return std::move(found).problem();
  if (!found->record()) co_return gone(named);
  render(call, named, *found, *values);
  co_return Try<>();
}

Task<Try<>> get_message(Call& call) {
  auto named = named_message(call);
  if (!named) co_return std::move(named).problem();
  co_return co_await answer_message(call, *named);
}

Task<Try<>> delete_message(Call& call) {
  auto named = named_message(call);
  if (!named) co_return std::move(named).problem();
  auto start = [&queues = call.broker().queues, &named](engine::Completion<MessageState> done) {
    queues.erase(named->queue, named->id, std::move(done));
  };
  auto before = co_await on_core<MessageState>(call.broker().core, std::move(start));
  if (!before) co_return co_await explained(call, before.error(), named->queue);
  JsonWriter json(call.reply.body);
  json.begin_object().name("id").string(id_text(named->id)).name("deleted").boolean(true);
  json.name("was").string(state_text(*before)).end_object();
  co_return Try<>();
}

}  // namespace twofold::http
