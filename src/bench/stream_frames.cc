#include "src/bench/stream_frames.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "http/ws/framing.h"
#include "schemas/stream.pb.h"

namespace twofold::bench {
namespace {

constexpr std::size_t kDigits = 16;

void write_hex(char* out, std::uint64_t number) {
  for (std::size_t i = kDigits; i > 0; --i, number >>= 4)
    out[i - 1] = "0123456789abcdef"[number & 15];
}

std::optional<std::uint64_t> read_hex(const char* text) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kDigits; ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    number = number << 4 | static_cast<std::uint64_t>(digit);
  }
  return number;
}

std::string marked_value(std::size_t size) {
  std::string value = "#@" + std::string(kMarkBytes - 2, '0');
  value.resize(std::max(size, kMarkBytes), 'x');
  return value;
}

v1::Durability durability_of(const Shape& shape) {
  v1::Durability durability = v1::DURABILITY_UNSPECIFIED;
  if (shape.durability == "disk") durability = v1::DISK;
  if (shape.durability == "os") durability = v1::OS;
  if (shape.durability == "memory") durability = v1::MEMORY;
  return durability;
}

std::string proto_publish(const Shape& shape, std::string_view topic) {
  v1::ClientFrame frame;
  frame.set_id(1);
  v1::StreamPublish& publish = *frame.mutable_publish();
  publish.set_topic(std::string(topic));
  publish.set_durability(durability_of(shape));
  for (std::size_t i = 0; i < shape.batch; ++i) {
    v1::Record& record = *publish.add_records();
    record.set_value(marked_value(shape.size));
    record.set_content_type("text/plain");
  }
  return frame.SerializeAsString();
}

std::string json_publish(const Shape& shape, std::string_view topic) {
  std::string text = fmt::format(R"({{"type":"publish","id":1,"topic":"{}",)", topic);
  if (!shape.durability.empty()) text += fmt::format(R"("durability":"{}",)", shape.durability);
  text += R"("records":[)";
  for (std::size_t i = 0; i < shape.batch; ++i) {
    if (i > 0) text += ',';
    text += fmt::format(R"({{"value":"{}"}})", marked_value(shape.size));
  }
  return text + "]}";
}

std::string data_frame(Encoding encoding, std::string_view payload) {
  const auto opcode =
      encoding == Encoding::json ? http::ws::Opcode::text : http::ws::Opcode::binary;
  return client_frame(static_cast<std::uint8_t>(opcode), payload);
}

FrameKind proto_kind(std::string_view payload) {
  // id and sub, both varints, stand before the operation.
  std::size_t at = 0;
  while (at < payload.size() && (payload[at] == 0x08 || payload[at] == 0x10)) {
    for (++at; at < payload.size() && (payload[at] & 0x80) != 0;) ++at;
    ++at;
  }
  if (at >= payload.size()) return FrameKind::other;
  switch (static_cast<unsigned char>(payload[at]) >> 3) {
    case v1::ServerFrame::kPublishedFieldNumber: return FrameKind::published;
    case v1::ServerFrame::kSubscribedFieldNumber: return FrameKind::subscribed;
    case v1::ServerFrame::kMessagesFieldNumber: return FrameKind::messages;
    case v1::ServerFrame::kErrorFieldNumber: return FrameKind::error;
    default: return FrameKind::other;
  }
}

}  // namespace

std::string upgrade_request(const Target& target, std::string_view path, Encoding encoding) {
  std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dHdvZm9sZCBiZW5jaGluZw==\r\n"
      "Sec-WebSocket-Protocol: twofold.v1.{}\r\n",
      path, target.authority, encoding == Encoding::json ? "json" : "proto");
  if (!target.token.empty()) request += fmt::format("Authorization: Bearer {}\r\n", target.token);
  if (!target.name_space.empty())
    request += fmt::format("Twofold-Namespace: {}\r\n", target.name_space);
  return request + "\r\n";
}

std::string client_frame(std::uint8_t opcode, std::string_view payload) {
  constexpr std::size_t kMaskBytes = 4;
  constexpr char kMasked = static_cast<char>(0x80);
  char header[http::ws::kHeaderBytesMax];
  const std::size_t size =
      http::ws::write_frame_header(header, static_cast<http::ws::Opcode>(opcode), payload.size());
  header[1] = static_cast<char>(header[1] | kMasked);
  std::string frame(header, size);
  frame.append(kMaskBytes, '\0');
  return frame.append(payload);
}

std::string hello_frame(Encoding encoding) {
  if (encoding == Encoding::json) return data_frame(encoding, R"({"type":"hello"})");
  v1::ClientFrame frame;
  frame.mutable_hello();
  return data_frame(encoding, frame.SerializeAsString());
}

PublishFrame::PublishFrame(const Shape& shape, std::string_view topic)
    : bytes_(data_frame(shape.encoding, shape.encoding == Encoding::json
                                            ? json_publish(shape, topic)
                                            : proto_publish(shape, topic))) {
  const std::string mark = marked_value(kMarkBytes);
  for (std::size_t at = bytes_.find(mark); at != std::string::npos;
       at = bytes_.find(mark, at + kMarkBytes)) {
    marks_.push_back(at);
  }
}

std::string_view PublishFrame::stamp(std::uint64_t sent_ns, std::uint64_t first) {
  for (const std::size_t at : marks_) {
    write_hex(bytes_.data() + at + 2, sent_ns);
    write_hex(bytes_.data() + at + 2 + kDigits, first++);
  }
  return bytes_;
}

FrameKind kind_of(Encoding encoding, std::string_view payload) {
  if (encoding == Encoding::protobuf) return proto_kind(payload);
  constexpr std::string_view kStart = R"({"type":")";
  if (!payload.starts_with(kStart)) return FrameKind::other;
  const std::string_view rest = payload.substr(kStart.size());
  if (rest.starts_with("published\"")) return FrameKind::published;
  if (rest.starts_with("subscribed\"")) return FrameKind::subscribed;
  if (rest.starts_with("messages\"")) return FrameKind::messages;
  return rest.starts_with("error\"") ? FrameKind::error : FrameKind::other;
}

std::optional<Mark> next_mark(std::string_view payload, std::size_t& at) {
  while (at + kMarkBytes <= payload.size()) {
    const void* hash = std::memchr(payload.data() + at, '#', payload.size() - kMarkBytes + 1 - at);
    if (hash == nullptr) return std::nullopt;
    const char* text = static_cast<const char*>(hash);
    at = static_cast<std::size_t>(text - payload.data()) + 1;
    if (text[1] != '@') continue;
    const auto sent = read_hex(text + 2);
    const auto number = read_hex(text + 2 + kDigits);
    if (!sent || !number) continue;
    at += kMarkBytes - 1;
    return Mark{*sent, *number};
  }
  return std::nullopt;
}

}  // namespace twofold::bench
