// What is known of what happened to a message.
#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "http/rest/handlers.h"
#include "http/rest/message.h"
#include "http/rest/message_id.h"
#include "http/rest/not_found.h"
#include "http/rest/queue_out.h"
#include "queue/letter.h"

namespace twofold::http {
namespace {

using Kind = queue::MessageEvent::Kind;

std::string_view event_text(Kind kind) {
  switch (kind) {
    case Kind::received: return "received";
    case Kind::acked: return "acked";
    case Kind::given_back: return "failed";
    case Kind::extended: return "extended";
    case Kind::delayed: return "delayed";
    case Kind::died: return "died";
    case Kind::released: return "released";
    case Kind::revived: return "replayed";
    case Kind::edited: return "edited";
  }
  __builtin_unreachable();
}

std::string_view due_name(Kind kind) {
  return kind == Kind::received || kind == Kind::extended ? "visible_at" : "next";
}

std::optional<std::string_view> header_of(const engine::StoredRecord& record,
                                          std::string_view name) {
  for (const engine::Header& header : record.headers) {
    if (header.name == name && header.value) return header.value;
  }
  return std::nullopt;
}

// What stands in the record itself: when it was stored, and as whose dead letter.
void append_stored(JsonWriter& json, const engine::StoredRecord& record) {
  json.begin_object().name("at").string(engine::format_time(record.timestamp));
  json.name("event").string("stored").name("offset").number(record.offset.value());
  json.name("seq").number(record.seq.value());
  if (const auto origin = header_of(record, queue::kOrigin)) {
    json.name("dead_letter_of");
    append_text_or_base64(json, *origin);
  }
  if (const auto receives = header_of(record, queue::kReceives)) {
    json.name("received_there");
    append_text_or_base64(json, *receives);
  }
  if (const auto reason = header_of(record, queue::kReason)) {
    json.name("reason");
    append_text_or_base64(json, *reason);
  }
  json.end_object();
}

void append_event(JsonWriter& json, const Broker& broker, const queue::MessageEvent& event) {
  json.begin_object().name("at").string(engine::format_time(event.at));
  json.name("event").string(event_text(event.kind));
  if (event.due > engine::Instant{0}) {
    json.name(due_name(event.kind)).string(engine::format_time(on_calendar(broker, event.due)));
  }
  if (!event.client.empty()) {
    json.name("client");
    append_text_or_base64(json, event.client);
  }
  json.end_object();
}

}  // namespace

Task<Try<>> message_history(Call& call) {
  auto named = named_message(call);
  if (!named) co_return std::move(named).problem();
  auto found = co_await look_up(call, *named);
  if (!found) co_return std::move(found).problem();
  auto ask = [&queues = call.broker().queues, &named] {
    return queues.history(named->queue, named->id);
  };
  const auto history = co_await ask_core(call.broker().core, std::move(ask));
  if (!history) co_return co_await explained(call, history.error(), named->queue);
  const queue::BrowseItem& item = found->message.item;
  JsonWriter json(call.reply.body);
  json.begin_object().name("id").string(id_text(named->id));
  json.name("state").string(state_text(item.state));
  json.name("receive_count").number(item.receive_count);
  if (item.first_received > engine::Instant{0}) {
    json.name("first_received")
        .string(engine::format_time(on_calendar(call.broker(), item.first_received)));
  }
  if (!item.reason.empty()) json.name("reason").string(item.reason);
  json.name("events").begin_array();
  if (const engine::StoredRecord* const record = found->record()) append_stored(json, *record);
  for (const queue::MessageEvent& event : history->events) append_event(json, call.broker(), event);
  json.end_array();
  // Changes of state are remembered for a while only, and by nothing but this process.
  json.name("events_since")
      .string(engine::format_time(history->since.value_or(call.broker().shared.server.started)));
  json.end_object();
  co_return Try<>();
}

}  // namespace twofold::http
