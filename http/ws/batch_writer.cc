#include "http/ws/batch_writer.h"

#include <array>

#include "http/ws/server_frame.h"

namespace twofold::http::ws {
namespace {

// Of Messages and ServerFrame in schemas/stream.proto.
constexpr std::uint32_t kRecords = 1;
constexpr std::uint32_t kCursor = 2;
constexpr std::uint32_t kMessages = 3;
constexpr std::uint32_t kMessagesOp = 6;

// The tag and length of the nested message come in front of it, once its length is known: room for
// a one-byte tag and a length of five bytes.
constexpr std::size_t kProtoRoom = 6;

}  // namespace

BatchWriter::BatchWriter(Format format, std::string_view topic, Account& account)
    : format_(format), account_(account), writer_(topic) {
  begin();
}

void BatchWriter::begin() {
  messages_ = bytes_ = bytes_of_last_ = 0;
  if (format_ == Format::protobuf) {
    body_.assign(kProtoRoom, '\0');
    return;
  }
  body_.assign("\"messages\":[");
}

void BatchWriter::add(engine::PartitionId partition, const engine::StoredRecord& record,
                      const MessagePart* message) {
  // Not before there is something: readers that wait hold no room.
  if (messages_ == 0) body_.reserve(room_);
  const std::size_t before = body_.size();
  if (format_ == Format::protobuf) {
    writer_.protobuf(body_, message ? kMessages : kRecords, partition, record, message);
  } else {
    if (messages_ > 0) body_.push_back(',');
    JsonWriter json(body_);
    writer_.json(json, partition, record, message);
  }
  bytes_of_last_ = body_.size() - before;
  bytes_ += bytes_of_last_;
  ++messages_;
}

Batch BatchWriter::finish(std::string_view cursor) {
  Batch batch;
  batch.messages = messages_;
  batch.bytes = bytes_;
  batch.bytes_of_last = bytes_of_last_;
  std::size_t skip = 0;
  if (format_ == Format::protobuf) {
    ProtoWriter(body_).bytes(kCursor, cursor);
    std::string head;
    ProtoWriter(head).begin(kMessagesOp, body_.size() - kProtoRoom);
    skip = kProtoRoom - head.size();
    body_.replace(skip, head.size(), head);
  } else {
    body_.push_back(']');
    if (!cursor.empty()) body_.append(",\"cursor\":\"").append(cursor).push_back('"');
    body_.push_back('}');
  }
  const std::size_t size = body_.size();
  batch.message = own_message(opcode_of(format_), std::move(body_), &account_);
  batch.message.tail.remove_prefix(skip);
  body_ = std::string();
  room_ = size + size / 8;
  begin();
  return batch;
}

}  // namespace twofold::http::ws
