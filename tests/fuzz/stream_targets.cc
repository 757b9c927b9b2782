// What comes over a WebSocket: frames, what they are put together to, and what is in them.
#include <algorithm>
#include <cstring>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "http/ws/client_frame.h"
#include "http/ws/deflate.h"
#include "http/ws/framing.h"
#include "http/ws/inbox.h"
#include "tests/fuzz/target.h"

namespace twofold::fuzz {
namespace {

using namespace http;

constexpr std::size_t kMessageMax = 1 << 20;
constexpr engine::WallTime kNow{1'767'323'045'000};

// Fed in portions of `step`, all messages one behind the other.
std::string messages(std::string_view bytes, std::size_t step) {
  ws::Inbox inbox(kMessageMax, /*may_be_deflated=*/true);
  const auto block = std::make_shared<ws::ReadBlock>();
  std::string told;
  while (!bytes.empty()) {
    std::size_t fed = 0;
    std::size_t most = std::min(step, bytes.size());
    for (const auto& room : inbox.room(*block)) {
      const std::size_t size = std::min(most - fed, room.size());
      if (size > 0) std::memcpy(room.data(), bytes.data() + fed, size);
      fed += size;
    }
    TF_CHECK(fed > 0);
    bytes.remove_prefix(fed);
    inbox.feed(block, fed);
    ws::Inbox::Message message;
    for (auto event = inbox.next(message); event != ws::Inbox::Event::more;
         event = inbox.next(message)) {
      told += static_cast<char>('a' + static_cast<int>(event));
      if (event == ws::Inbox::Event::fault) return told;
      TF_CHECK(message.bytes.size() <= kMessageMax);
      told += message.bytes;
    }
    inbox.let_go();
  }
  return told;
}

// However the socket cuts them, the messages are the same.
void ws_frames(std::string_view bytes) { TF_CHECK(messages(bytes, 1 << 16) == messages(bytes, 7)); }

std::string client_frame(std::uint8_t first, std::string_view payload) {
  std::string frame{static_cast<char>(first)};
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  frame += "mask";
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ "mask"[i % 4]);
  }
  return frame;
}

std::vector<std::string> frames() {
  return {
      client_frame(0x81, "{}") + client_frame(0x89, "ping") +
          client_frame(0x82, std::string(300, 'b')),
      client_frame(0x01, "one ") + client_frame(0x00, "two ") + client_frame(0x80, "three"),
      client_frame(0xC1, "deflated?") + client_frame(0x88, std::string("\x03\xe8", 2) + "bye"),
  };
}

void check(const ws::ReadFrame& read) {
  const bool is_good = read.kind == ws::ReadFrame::Kind::frame;
  TF_CHECK(is_good != read.problem.has_value() || read.kind == ws::ReadFrame::Kind::nonsense);
}

void ws_json(std::string_view bytes) { check(ws::read_json_frame(bytes, kNow)); }

std::vector<std::string> json_frames() {
  return {
      R"({"type":"hello","token":"t","client":"c","heartbeat":"10s"})",
      R"({"type":"publish","id":1,"topic":"orders","records":[{"key":"k","value":{"a":1},"headers":{"h":"x"},"ttl":"5s"}]})",
      R"({"type":"subscribe","id":"s","sub":1,"topic":"orders","from":"earliest","group":"g","credit":{"messages":10,"bytes":1000}})",
      R"({"type":"subscribe","id":2,"sub":2,"queue":"q","max_batch":10,"visibility_timeout":"30s"})",
      R"({"type":"ack","id":3,"receipts":["r1.AAAA"]})",
      R"({"type":"nack","items":[{"receipt":"r","delay":"1s","reason":"x"}]})",
      R"({"type":"extend","items":[{"receipt":"r","visibility_timeout":"1m"}]})",
      R"({"type":"transact","id":4,"publish":[{"topic":"t","records":[{"text":"x"}]}],"ack":["r"],"commit":[{"group":"g","cursor":"c"}]})",
      R"({"type":"seek","sub":1,"to":"-15m"})",
      R"({"type":"unsubscribe","sub":1})",
      R"({"type":"ping"})",
  };
}

void ws_proto(std::string_view bytes) { check(ws::read_proto_frame(bytes, kNow)); }

std::vector<std::string> proto_frames() {
  // Fields of a message, by hand: number << 3 | type, then a number, or a length and bytes.
  std::string record("\x0a\x01k\x1a\x05hello\x22\x0atext/plain", 22);
  std::string publish = "\x0a\x06orders\x12";
  publish += static_cast<char>(record.size());
  publish += record;
  std::string frame("\x08\x01", 2);
  frame += "\x22";
  frame += static_cast<char>(publish.size());
  frame += publish;
  return {frame, std::string("\x08\x01\x1a\x00", 4),
          std::string("\x10\x02\x2a\x08\x0a\x06orders", 12)};
}

// What was deflated comes back, and nothing inflates to more than it may.
void ws_deflate(std::string_view bytes) {
  static ws::Deflater deflater;
  static ws::Inflater inflater;
  std::string message;
  if (!inflater.inflate(bytes, 1 << 16, message)) TF_CHECK(message.size() <= 1 << 16);
  const std::string blocks = deflater.deflate(bytes);
  std::string again;
  TF_CHECK(!inflater.inflate(blocks, bytes.size(), again));
  TF_CHECK(again == bytes);
  (void)ws::accept_deflate(bytes);
}

std::vector<std::string> deflated() {
  ws::Deflater deflater;
  return {deflater.deflate("hello hello hello hello"),
          std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7),
          "permessage-deflate; server_max_window_bits=12; client_no_context_takeover"};
}

constexpr fuzz::Target kTargets[] = {
    {"ws_frames",  ws_frames,  frames      },
    {"ws_json",    ws_json,    json_frames },
    {"ws_proto",   ws_proto,   proto_frames},
    {"ws_deflate", ws_deflate, deflated    },
};

}  // namespace

std::span<const Target> stream_targets() { return kTargets; }

}  // namespace twofold::fuzz
