// GET /asyncapi.json: the frames of the WebSocket as AsyncAPI 3.0, generated once from the tables that
// the frames are read by (client_frame.h) and from what server_frame.cc writes.
#include <array>

#include <fmt/format.h>

#include "engine/base/check.h"
#include "http/json_writer.h"
#include "http/rest/handlers.h"
#include "http/rest/schemas.h"
#include "http/ws/client_frame.h"

namespace twofold::http {
namespace {

using ws::FrameShape;

/// What a member of a client frame may be; `frame` is empty where it is the same in all of them.
struct Member {
  std::string_view frame;
  std::string_view name;
  std::string_view schema;
};

/// A frame of the broker: its members but for type, each of which it has unless it is named behind.
struct Told {
  std::string_view type;
  std::string_view summary;
  std::string_view members;
  std::string_view required;
};

struct Said {
  std::string_view type;
  std::string_view summary;
  std::string_view required;
};

constexpr std::string_view kId = R"({"description":"Comes back in the answer.","type":["number","string"]})";
constexpr std::string_view kSub =
    R"({"description":"Of a subscription, as the client has numbered it.","type":"integer","minimum":1})";

// clang-format off
constexpr std::array kMembers = {
    Member{"", "id", kId},
    Member{"", "sub", kSub},
    Member{"", "token", R"({"type":"string"})"},
    Member{"", "client", R"({"description":"How the client calls itself, for people.","type":"string"})"},
    Member{"", "heartbeat", R"({"$ref":"#/components/schemas/Duration"})"},
    Member{"", "topic", R"({"type":"string"})"},
    Member{"", "queue", R"({"type":"string"})"},
    Member{"", "records", R"({"type":"array","items":{"$ref":"#/components/schemas/NewRecord"}})"},
    Member{"", "durability", R"({"$ref":"#/components/schemas/Durability"})"},
    Member{"", "expect", R"({"$ref":"#/components/schemas/Expect"})"},
    Member{"", "from", R"({"description":"latest, earliest, a time, an offset.","type":"string"})"},
    Member{"", "resume", R"({"description":"A cursor, instead of from.","type":"string"})"},
    Member{"", "group", R"({"type":"string"})"},
    Member{"", "filter", R"({"type":"string"})"},
    Member{"", "order", R"({"type":"string","enum":["partition","total"]})"},
    Member{"", "credit", R"({"type":["object","string"],"properties":{"messages":{"type":"integer","minimum":0},"bytes":{"type":"integer","minimum":0},"replenish":{"type":"string","enum":["settle","manual"]}}})"},
    Member{"", "max_batch", R"({"type":"integer","minimum":1,"maximum":1000})"},
    Member{"", "visibility_timeout", R"({"$ref":"#/components/schemas/Duration"})"},
    Member{"", "session", R"({"$ref":"#/components/schemas/Duration"})"},
    Member{"", "messages", R"({"type":"integer","minimum":0})"},
    Member{"", "bytes", R"({"type":"integer","minimum":0})"},
    Member{"", "receipts", R"({"type":"array","items":{"type":"string"}})"},
    Member{"", "items", R"({"description":"As in REST.","type":"array","items":{"type":"object"}})"},
    Member{"", "cursor", R"({"type":"string"})"},
    Member{"", "to", R"({"description":"A position or a cursor.","type":"string"})"},
    Member{"", "release", R"({"description":"What is held is given back now.","type":"boolean"})"},
    Member{"", "publish", R"({"$ref":"#/components/schemas/CommitRequest/properties/publish"})"},
    Member{"", "offsets", R"({"$ref":"#/components/schemas/CommitRequest/properties/offsets"})"},
    Member{"subscribe", "ack", R"({"type":"string","enum":["explicit","on_send"]})"},
    Member{"transact", "ack", R"({"$ref":"#/components/schemas/CommitRequest/properties/ack"})"},
};

constexpr std::array kSaid = {
    Said{"hello", "Who it is; first, within 10 s. Answered with welcome", ""},
    Said{"publish", "Writes to a topic or a queue. Answered with published", R"("records")"},
    Said{"subscribe", "To a topic, as a member of a group or not, or to a queue. Answered with subscribed", ""},
    Said{"credit", "How much more a subscription may be sent", ""},
    Said{"ack", "Messages are done with. Answered with acked, if it has an id", R"("receipts")"},
    Said{"nack", "Messages are given back. Likewise", R"("items")"},
    Said{"extend", "Messages are held for longer. Likewise", R"("items")"},
    Said{"commit", "The group is done with everything before a cursor. Answered with ok", R"("cursor")"},
    Said{"seek", "A subscription goes on from elsewhere. Answered with subscribed", R"("to")"},
    Said{"transact", "Writes, acks and offsets that hold together or not at all. Answered with committed", ""},
    Said{"unsubscribe", "A subscription ends. Answered with ok", ""},
    Said{"ping", "Answered with pong", ""},
};

constexpr std::array kTold = {
    Told{"welcome", "Who came is known, and what is agreed on", R"("id":{},"session":{"type":"string"},"limits":{"type":"object"},"publish_window":{"type":"object","required":["frames","bytes"],"properties":{"frames":{"type":"integer"},"bytes":{"type":"integer"}}},"heartbeat":{"type":"string"})", R"("session","limits","publish_window","heartbeat")"},
    Told{"published", "All of it is as durable as it says", R"("id":{},"records":{"type":"array","items":{"type":"object"}},"durability":{"$ref":"#/components/schemas/Durability"})", R"("records","durability")"},
    Told{"subscribed", "It begins; with the cursor that it begins at, of a topic", R"("id":{},"sub":{},"cursor":{"type":"string"})", R"("sub")"},
    Told{"messages", "Records of a topic, with the cursor behind them, or messages of a queue", R"("sub":{},"messages":{"type":"array","items":{"type":"object"}},"cursor":{"type":"string"})", R"("sub","messages")"},
    Told{"caught_up", "The live end of the topic is reached", R"("sub":{},"cursor":{"type":"string"})", R"("sub","cursor")"},
    Told{"gap", "Offsets that are not there any more", R"("sub":{},"partition":{"type":"integer"},"from":{"type":"integer"},"to":{"type":"integer"})", R"("sub","partition","from","to")"},
    Told{"lost", "Messages that the client does not hold any more", R"("sub":{},"receipts":{"type":"array","items":{"type":"string"}},"reason":{"type":"string"})", R"("sub","receipts","reason")"},
    Told{"assigned", "What a member of a group reads from now on", R"("sub":{},"partitions":{"type":"array","items":{"type":"integer"}},"member":{"type":"string"},"generation":{"type":"integer"},"cursor":{"type":"string"})", R"("sub","partitions","member","generation","cursor")"},
    Told{"revoked", "What it reads no more, and may commit for a while", R"("sub":{},"partitions":{"type":"array","items":{"type":"integer"}},"commit_by":{"type":"string"})", R"("sub","partitions","commit_by")"},
    Told{"heartbeat", "How each subscription stands", R"("subs":{"type":"array","items":{"type":"object"}})", R"("subs")"},
    Told{"acked", "What came of each receipt", R"("id":{},"sub":{},"results":{"type":"array","items":{"type":"string"}})", R"("results")"},
    Told{"ok", "It is done", R"("id":{},"sub":{})", ""},
    Told{"committed", "All of a transaction is on disk", R"("id":{},"committed":{"type":"boolean"},"publish":{"type":"array"},"ack":{"type":"array"},"offsets":{"type":"array"},"durability":{"$ref":"#/components/schemas/Durability"})", R"("committed","durability")"},
    Told{"pong", "The answer to a ping", R"("id":{})", ""},
    Told{"error", "A frame was refused, or the subscription has ended", R"("id":{},"sub":{},"problem":{"$ref":"#/components/schemas/Problem"})", R"("problem")"},
    Told{"goaway", "The broker stops: settle what you hold until the deadline", R"("reason":{"type":"string"},"deadline":{"type":"string"},"reconnect_after":{"type":"string"})", R"("reason","deadline","reconnect_after")"},
};
// clang-format on

std::string_view schema_of(std::string_view frame, std::string_view member) {
  for (const Member& one : kMembers) {
    if (one.name == member && (one.frame.empty() || one.frame == frame)) return one.schema;
  }
  TF_CHECK(false && "a member that nobody has described");
  return {};
}

const Said& said_of(std::string_view type) {
  for (const Said& one : kSaid) {
    if (one.type == type) return one;
  }
  TF_CHECK(false && "a frame that nobody has described");
  return kSaid.front();
}

void begin_message(JsonWriter& json, std::string_view type, std::string_view summary,
                   std::string_view required) {
  json.name(type).begin_object().name("name").string(type).name("summary").string(summary);
  json.name("payload").begin_object().name("type").string("object").name("required");
  json.raw(fmt::format(R"(["type"{}{}])", required.empty() ? "" : ",", required));
  json.name("properties").begin_object();
  json.name("type").begin_object().name("const").string(type).end_object();
}

void end_message(JsonWriter& json) {
  json.end_object().name("additionalProperties").boolean(false).end_object().end_object();
}

void append_said(JsonWriter& json, const FrameShape& shape) {
  const Said& said = said_of(shape.type);
  begin_message(json, shape.type, said.summary, said.required);
  for (const std::string_view member : shape.members)
    if (member != "type") json.name(member).raw(schema_of(shape.type, member));
  end_message(json);
}

// {} stands for what a member of its name is in client frames.
std::string filled(std::string_view members) {
  std::string text(members);
  for (const auto& [name, schema] : {std::pair{R"("id":{})", kId}, std::pair{R"("sub":{})", kSub}}) {
    const std::string_view sought = name;
    if (const std::size_t at = text.find(sought); at != std::string::npos)
      text.replace(at + sought.size() - 2, 2, schema);
  }
  return text;
}

void append_told(JsonWriter& json, const Told& told) {
  begin_message(json, told.type, told.summary, told.required);
  json.raw(filled(told.members));
  end_message(json);
}

void append_reference(JsonWriter& json, std::string_view folder, std::string_view name) {
  json.begin_object().name("$ref").string(fmt::format("#/{}/{}", folder, name)).end_object();
}

template <class Types>
void append_operation(JsonWriter& json, std::string_view name, std::string_view action,
                      std::string_view summary, const Types& types) {
  json.name(name).begin_object().name("action").string(action).name("summary").string(summary);
  json.name("channel");
  append_reference(json, "channels", "stream");
  json.name("messages").begin_array();
  for (const auto& one : types) append_reference(json, "channels/stream/messages", one.type);
  json.end_array().end_object();
}

void append_channel(JsonWriter& json) {
  json.name("channels").begin_object().name("stream").begin_object();
  json.name("address").string("/v1/ws").name("title").string("Everything over one WebSocket");
  json.name("description").string(
      "Subprotocol twofold.v1.json; twofold.v1.proto has the same frames in Protobuf (schemas/stream.proto). "
      "/v1/topics/{topic}/stream and /v1/queues/{queue}/stream begin as if hello and subscribe had been said.");
  json.name("messages").begin_object();
  for (const FrameShape& shape : ws::client_frame_shapes()) {
    json.name(shape.type);
    append_reference(json, "components/messages", shape.type);
  }
  for (const Told& told : kTold) {
    json.name(told.type);
    append_reference(json, "components/messages", told.type);
  }
  json.end_object().name("bindings").begin_object().name("ws").begin_object();
  json.name("method").string("GET").end_object().end_object().end_object().end_object();
}

std::string generate(const Broker& broker) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().name("asyncapi").string("3.0.0").name("info").begin_object();
  json.name("title").string("Twofold").name("version").string(broker.shared.server.version);
  json.name("description").string("Publish, subscribe and settle over one WebSocket. /openapi.json has the rest.");
  json.end_object().name("defaultContentType").string("application/json");
  append_channel(json);
  json.name("operations").begin_object();
  append_operation(json, "said", "receive", "What clients say", ws::client_frame_shapes());
  append_operation(json, "told", "send", "What the broker says", kTold);
  json.end_object().name("components").begin_object().name("messages").begin_object();
  for (const FrameShape& shape : ws::client_frame_shapes()) append_said(json, shape);
  for (const Told& told : kTold) append_told(json, told);
  json.end_object().name("schemas").raw(schemas_json()).end_object().end_object();
  return text;
}

}  // namespace

Task<Try<>> asyncapi(Call& call) {
  static const std::string text = generate(call.broker());
  call.reply.body = text;
  co_return Try<>();
}

}  // namespace twofold::http
