#include "http/rest/publish_out.h"

#include "http/rest/record_in.h"
#include "http/rest/send_out.h"
#include "http/trace/span.h"

namespace twofold::http {
namespace {

// "2-41"; fmt would take a tenth of a batch.
void append_id(std::string& out, const log::PublishedRecord& record) {
  append_number(out, record.partition.value());
  out.push_back('-');
  append_number(out, record.offset.value());
}

}  // namespace

void append_place(JsonWriter& json, const log::PublishedRecord& record) {
  std::string& out = json.begin_object().name("id").raw("\"").out();
  append_id(out, record);
  out.push_back('"');
  json.name("partition").number(record.partition.value());
  json.name("offset").number(record.offset.value());
  json.name("seq").number(record.seq.value());
  if (record.duplicate) json.name("duplicate").boolean(true);
  json.end_object();
}

void append_places(JsonWriter& json, const std::vector<log::PublishedRecord>& records) {
  json.begin_array();
  for (const log::PublishedRecord& record : records) append_place(json, record);
  json.end_array();
}

void append_places(std::string& out, std::uint32_t field,
                   const std::vector<log::PublishedRecord>& records) {
  ProtoWriter proto(out);
  std::string id;
  for (const log::PublishedRecord& record : records) {
    id.clear();
    append_id(id, record);
    const auto partition = static_cast<std::uint64_t>(record.partition.value());
    const auto offset = static_cast<std::uint64_t>(record.offset.value());
    const std::uint64_t duplicate = record.duplicate ? 1 : 0;
    proto.begin(field, ProtoWriter::bytes_size(1, id.size()) +
                           ProtoWriter::number_size(2, partition) +
                           ProtoWriter::number_size(3, offset) +
                           ProtoWriter::number_size(4, record.seq.value()) +
                           ProtoWriter::number_size(5, duplicate));
    proto.bytes(1, id);
    proto.number(2, partition);
    proto.number(3, offset);
    proto.number(4, record.seq.value());
    proto.number(5, duplicate);
  }
}

void render_published(Call& call, const log::Published& published) {
  std::string& out = call.reply.body;
  if (call.span) {
    const log::PublishedRecord& first = published.records.front();
    call.span->count(published.records.size(), first.partition, first.offset);
  }
  if (call.answer_in == Media::protobuf) {
    call.reply.content_type = kProtobuf;
    append_places(out, 1, published.records);
    ProtoWriter(out).number(2, proto_durability(published.durability));
    return;
  }
  JsonWriter json(out);
  json.begin_object().name("records");
  append_places(json, published.records);
  json.name("durability").string(durability_text(published.durability)).end_object();
}

}  // namespace twofold::http
