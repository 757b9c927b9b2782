#include "http/ws/server_frame.h"

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/json_writer.h"
#include "http/proto_writer.h"
#include "http/rest/send_out.h"
#include "http/rest/settle_in.h"

namespace twofold::http::ws {
namespace {

// Of ServerFrame in schemas/stream.proto.
enum Op : std::uint32_t {
  kWelcome = 3,
  kPublished = 4,
  kSubscribed = 5,
  kCaughtUp = 7,
  kHeartbeat = 8,
  kGap = 9,
  kLost = 10,
  kAcked = 11,
  kOk = 12,
  kPong = 13,
  kError = 14,
  kGoAway = 15,
  kAssigned = 16,
  kRevoked = 17,
  kCommitted = 18,
};

std::uint64_t bits(std::int64_t number) { return static_cast<std::uint64_t>(number); }

/// One frame in the making: what all of them begin with, then the caller's members.
class JsonFrame {
 public:
  JsonFrame(std::string_view type, const FrameId& id,
            std::optional<std::uint32_t> sub = std::nullopt)
      : json_(out_) {
    json_.begin_object().name("type").string(type);
    if (!id.json.empty()) json_.name("id").raw(id.json);
    if (sub) json_.name("sub").number(*sub);
  }
  JsonWriter& json() { return json_; }
  std::string finish() {
    json_.end_object();
    return std::move(out_);
  }

 private:
  std::string out_;
  JsonWriter json_;
};

std::string proto_frame(std::uint32_t op, const FrameId& id, std::optional<std::uint32_t> sub,
                        std::string_view body) {
  std::string out;
  ProtoWriter proto(out);
  if (id.number) proto.present_number(1, *id.number);
  if (sub) proto.present_number(2, *sub);
  proto.present_bytes(op, body);
  return out;
}

void append_id(std::string& out, std::int32_t partition, engine::Offset offset) {
  append_number(out, partition);
  out.push_back('-');
  append_number(out, offset.value());
}

// {"id":"2-41","partition":2,"offset":41,"seq":9001}
void append_place(JsonWriter& json, std::int32_t partition, engine::Offset offset, engine::Seq seq,
                  bool duplicate) {
  json.begin_object().name("id").raw("\"");
  append_id(json.out(), partition, offset);
  json.out().push_back('"');
  json.name("partition").number(partition).name("offset").number(offset.value());
  json.name("seq").number(seq.value());
  if (duplicate) json.name("duplicate").boolean(true);
  json.end_object();
}

void append_place(std::string& out, std::int32_t partition, engine::Offset offset, engine::Seq seq,
                  bool duplicate) {
  std::string id;
  append_id(id, partition, offset);
  const std::uint64_t part = bits(partition);
  const std::uint64_t at = bits(offset.value());
  ProtoWriter proto(out);
  proto.begin(1, ProtoWriter::bytes_size(1, id.size()) + ProtoWriter::number_size(2, part) +
                     ProtoWriter::number_size(3, at) + ProtoWriter::number_size(4, seq.value()) +
                     ProtoWriter::number_size(5, duplicate ? 1 : 0));
  proto.bytes(1, id);
  proto.number(2, part);
  proto.number(3, at);
  proto.number(4, seq.value());
  proto.number(5, duplicate ? 1 : 0);
}

// `each(add)` calls add(partition, offset, seq, duplicate) for each record.
template <class Each>
std::string places_frame(Format format, const FrameId& id, engine::Durability durability,
                         Each each) {
  if (format == Format::json) {
    JsonFrame frame("published", id);
    JsonWriter& json = frame.json();
    json.name("records").begin_array();
    each([&](auto... place) { append_place(json, place...); });
    json.end_array().name("durability").string(durability_text(durability));
    return frame.finish();
  }
  std::string body;
  each([&](auto... place) { append_place(body, place...); });
  ProtoWriter(body).number(2, proto_durability(durability));
  return proto_frame(kPublished, id, std::nullopt, body);
}

}  // namespace

std::string welcome_frame(Format format, const FrameId& id, const Welcome& welcome) {
  if (format == Format::json) {
    JsonFrame frame("welcome", id);
    JsonWriter& json = frame.json();
    json.name("session").string(welcome.session);
    json.name("limits").begin_object();
    json.name("subscriptions_max").number(welcome.subscriptions_max);
    json.name("frame_bytes_max").number(welcome.frame_bytes_max);
    json.name("message_bytes_max").number(welcome.message_bytes_max);
    json.name("request_records_max").number(kRecordsMax).end_object();
    json.name("publish_window").begin_object().name("frames").number(welcome.window_frames);
    json.name("bytes").number(welcome.window_bytes).end_object();
    json.name("heartbeat").string(engine::format_duration(welcome.heartbeat));
    return frame.finish();
  }
  std::string window;
  ProtoWriter nested(window);
  nested.number(1, welcome.window_frames);
  nested.number(2, welcome.window_bytes);
  std::string body;
  ProtoWriter proto(body);
  proto.bytes(1, welcome.session);
  proto.bytes(2, window);
  proto.number(3, bits(welcome.heartbeat.count()));
  proto.number(4, welcome.subscriptions_max);
  proto.number(5, welcome.frame_bytes_max);
  proto.number(6, welcome.message_bytes_max);
  proto.number(7, kRecordsMax);
  return proto_frame(kWelcome, id, std::nullopt, body);
}

std::string published_frame(Format format, const FrameId& id, const log::Published& published) {
  return places_frame(format, id, published.durability, [&](auto add) {
    for (const log::PublishedRecord& record : published.records)
      add(record.partition.value(), record.offset, record.seq, record.duplicate);
  });
}

std::string sent_frame(Format format, const FrameId& id, const queue::Sent& sent) {
  return places_frame(format, id, sent.durability, [&](auto add) {
    for (const queue::SentMessage& message : sent.messages)
      add(std::int32_t{0}, message.offset, message.seq, message.duplicate);
  });
}

std::string subscribed_frame(Format format, const FrameId& id, std::uint32_t sub,
                             std::string_view cursor) {
  if (format == Format::json) {
    JsonFrame frame("subscribed", id, sub);
    if (!cursor.empty()) frame.json().name("cursor").string(cursor);
    return frame.finish();
  }
  std::string body;
  ProtoWriter(body).bytes(1, cursor);
  return proto_frame(kSubscribed, id, sub, body);
}

std::string caught_up_frame(Format format, std::uint32_t sub, std::string_view cursor) {
  if (format == Format::json) {
    JsonFrame frame("caught_up", FrameId{}, sub);
    frame.json().name("cursor").string(cursor);
    return frame.finish();
  }
  std::string body;
  ProtoWriter(body).bytes(1, cursor);
  return proto_frame(kCaughtUp, FrameId{}, sub, body);
}

std::string gap_frame(Format format, std::uint32_t sub, engine::PartitionId partition,
                      engine::Offset from, engine::Offset to) {
  if (format == Format::json) {
    JsonFrame frame("gap", FrameId{}, sub);
    frame.json().name("partition").number(partition.value());
    frame.json().name("from").number(from.value()).name("to").number(to.value());
    return frame.finish();
  }
  std::string body;
  ProtoWriter proto(body);
  proto.number(1, bits(partition.value()));
  proto.number(2, bits(from.value()));
  proto.number(3, bits(to.value()));
  return proto_frame(kGap, FrameId{}, sub, body);
}

std::string lost_frame(Format format, std::uint32_t sub, std::span<const std::string> receipts,
                       std::string_view reason) {
  if (format == Format::json) {
    JsonFrame frame("lost", FrameId{}, sub);
    frame.json().name("receipts").begin_array();
    for (const std::string& receipt : receipts) frame.json().string(receipt);
    frame.json().end_array().name("reason").string(reason);
    return frame.finish();
  }
  std::string body;
  ProtoWriter proto(body);
  for (const std::string& receipt : receipts) proto.present_bytes(1, receipt);
  proto.bytes(2, reason);
  return proto_frame(kLost, FrameId{}, sub, body);
}

std::string assigned_frame(Format format, std::uint32_t sub,
                           std::span<const log::PartitionPosition> places, std::string_view member,
                           std::int32_t generation, std::string_view cursor) {
  if (format == Format::json) {
    JsonFrame frame("assigned", FrameId{}, sub);
    frame.json().name("partitions").begin_array();
    for (const auto& place : places) frame.json().number(place.partition.value());
    frame.json().end_array().name("member").string(member).name("generation").number(generation);
    frame.json().name("cursor").string(cursor);
    return frame.finish();
  }
  std::string body;
  ProtoWriter proto(body);
  for (const auto& place : places) proto.present_number(1, bits(place.partition.value()));
  proto.number(2, bits(generation));
  proto.bytes(3, cursor);
  proto.bytes(4, member);
  return proto_frame(kAssigned, FrameId{}, sub, body);
}

std::string revoked_frame(Format format, std::uint32_t sub,
                          std::span<const engine::PartitionId> partitions,
                          engine::WallTime commit_by) {
  if (format == Format::json) {
    JsonFrame frame("revoked", FrameId{}, sub);
    frame.json().name("partitions").begin_array();
    for (const auto partition : partitions) frame.json().number(partition.value());
    frame.json().end_array().name("commit_by").string(engine::format_time(commit_by));
    return frame.finish();
  }
  std::string body;
  ProtoWriter proto(body);
  for (const auto partition : partitions) proto.present_number(1, bits(partition.value()));
  proto.number(2, bits(commit_by.value()));
  return proto_frame(kRevoked, FrameId{}, sub, body);
}

std::string acked_frame(Format format, const FrameId& id, std::optional<std::uint32_t> sub,
                        std::span<const queue::Settled> results) {
  if (format == Format::json) {
    JsonFrame frame("acked", id, sub);
    frame.json().name("results").begin_array();
    for (const queue::Settled settled : results) frame.json().string(settled_text(settled));
    frame.json().end_array();
    return frame.finish();
  }
  std::string body;
  ProtoWriter(body).begin(1, results.size());  // packed: every number fits one byte
  for (const queue::Settled settled : results)
    body.push_back(static_cast<char>(settled_number(settled)));
  return proto_frame(kAcked, id, sub, body);
}

std::string ok_frame(Format format, const FrameId& id, std::optional<std::uint32_t> sub) {
  if (format == Format::json) return JsonFrame("ok", id, sub).finish();
  return proto_frame(kOk, id, sub, "");
}

std::string committed_frame(Format format, const FrameId& id, std::string_view body) {
  if (format == Format::protobuf) return proto_frame(kCommitted, id, std::nullopt, body);
  std::string frame = JsonFrame("committed", id).finish();
  if (body.size() > 2) {  // its members behind ours
    frame.back() = ',';
    frame.append(body.substr(1));
  }
  return frame;
}

std::string pong_frame(Format format, const FrameId& id) {
  if (format == Format::json) return JsonFrame("pong", id).finish();
  return proto_frame(kPong, id, std::nullopt, "");
}

std::string error_frame(Format format, const FrameId& id, std::optional<std::uint32_t> sub,
                        const Problem& problem, std::string_view session) {
  if (format == Format::json) {
    JsonFrame frame("error", id, sub);
    frame.json().name("problem").raw("");
    append_problem_json(frame.json().out(), problem, session);
    return frame.finish();
  }
  std::string body;
  append_problem_protobuf(body, problem, session);
  return proto_frame(kError, id, sub, body);
}

std::string goaway_frame(Format format, std::string_view reason, engine::Duration deadline,
                         engine::Duration reconnect_after) {
  if (format == Format::json) {
    JsonFrame frame("goaway", FrameId{});
    frame.json().name("reason").string(reason);
    frame.json().name("deadline").string(engine::format_duration(deadline));
    frame.json().name("reconnect_after").string(engine::format_duration(reconnect_after));
    return frame.finish();
  }
  std::string body;
  ProtoWriter proto(body);
  proto.bytes(1, reason);
  proto.number(2, bits(deadline.count()));
  proto.number(3, bits(reconnect_after.count()));
  return proto_frame(kGoAway, FrameId{}, std::nullopt, body);
}

std::string heartbeat_frame(Format format, std::span<const SubState> subs) {
  if (format == Format::json) {
    JsonFrame frame("heartbeat", FrameId{});
    JsonWriter& json = frame.json();
    json.name("subs").begin_array();
    for (const SubState& state : subs) {
      json.begin_object().name("sub").number(state.sub);
      json.name("lag").begin_object().name("count").number(state.lag).end_object();
      if (!state.cursor.empty()) json.name("cursor").string(state.cursor);
      json.name("credit");
      if (state.credit_messages) {
        json.begin_object().name("messages").number(*state.credit_messages);
        if (state.credit_bytes) json.name("bytes").number(*state.credit_bytes);
        json.end_object();
      } else {
        json.string("auto");
      }
      if (state.cursor.empty()) json.name("in_flight").number(state.in_flight);
      json.end_object();
    }
    json.end_array();
    return frame.finish();
  }
  std::string body;
  for (const SubState& state : subs) {
    std::string nested;
    ProtoWriter proto(nested);
    proto.number(1, state.sub);
    proto.number(2, bits(state.lag));
    proto.bytes(3, state.cursor);
    if (state.credit_messages) proto.present_number(4, bits(*state.credit_messages));
    if (state.credit_bytes) proto.present_number(5, bits(*state.credit_bytes));
    proto.number(6, state.in_flight);
    ProtoWriter(body).present_bytes(1, nested);
  }
  return proto_frame(kHeartbeat, FrameId{}, std::nullopt, body);
}

Prefix messages_prefix(Format format, std::uint32_t sub) {
  Prefix prefix;
  std::string bytes;
  if (format == Format::json) {
    bytes = "{\"type\":\"messages\",\"sub\":";
    append_number(bytes, sub);
    bytes.push_back(',');
  } else {
    ProtoWriter(bytes).present_number(2, sub);
  }
  prefix.append(bytes);
  return prefix;
}

}  // namespace twofold::http::ws
