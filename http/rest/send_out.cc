#include "http/rest/send_out.h"

#include "http/json_writer.h"
#include "http/proto_writer.h"
#include "http/rest/record_in.h"
#include "http/trace/span.h"

namespace twofold::http {
namespace {

// A queue's own log is one partition.
std::string id_of(engine::Offset offset) {
  std::string id = "0-";
  append_number(id, offset.value());
  return id;
}

}  // namespace

void append_sent(JsonWriter& json, const std::vector<queue::SentMessage>& messages) {
  json.begin_array();
  for (const queue::SentMessage& message : messages) {
    json.begin_object().name("id").string(id_of(message.offset));
    json.name("offset").number(message.offset.value());
    json.name("seq").number(message.seq.value());
    if (message.duplicate) json.name("duplicate").boolean(true);
    json.end_object();
  }
  json.end_array();
}

void append_sent(std::string& out, std::uint32_t field,
                 const std::vector<queue::SentMessage>& messages) {
  ProtoWriter proto(out);
  for (const queue::SentMessage& message : messages) {
    const std::string id = id_of(message.offset);
    const auto offset = static_cast<std::uint64_t>(message.offset.value());
    proto.begin(field, ProtoWriter::bytes_size(1, id.size()) + ProtoWriter::number_size(2, offset) +
                       ProtoWriter::number_size(3, message.seq.value()) +
                       ProtoWriter::number_size(4, message.duplicate ? 1 : 0));
    proto.bytes(1, id);
    proto.number(2, offset);
    proto.number(3, message.seq.value());
    proto.number(4, message.duplicate ? 1 : 0);
  }
}

std::uint64_t proto_durability(engine::Durability durability) {
  switch (durability) {
    case engine::Durability::disk: return 1;
    case engine::Durability::os: return 2;
    case engine::Durability::memory: return 3;
  }
  __builtin_unreachable();
}

void render_sent(Call& call, const queue::Sent& sent) {
  std::string& out = call.reply.body;
  if (call.span)
    call.span->count(sent.messages.size(), engine::PartitionId{0}, sent.messages.front().offset);
  if (call.answer_in == Media::protobuf) {
    call.reply.content_type = kProtobuf;
    append_sent(out, 1, sent.messages);
    ProtoWriter(out).number(2, proto_durability(sent.durability));
    return;
  }
  JsonWriter json(out);
  json.begin_object().name("messages");
  append_sent(json, sent.messages);
  json.name("durability").string(durability_text(sent.durability)).end_object();
}

}  // namespace twofold::http
