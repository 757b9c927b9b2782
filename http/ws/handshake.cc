#include "http/ws/handshake.h"

#include <array>

#include <openssl/evp.h>

#include "engine/base/check.h"
#include "http/base64.h"
#include "http/gate.h"
#include "http/server_common.h"
#include "http/ws/deflate.h"

namespace twofold::http::ws {
namespace {

constexpr std::string_view kJsonProtocol = "twofold.v1.json";
constexpr std::string_view kProtoProtocol = "twofold.v1.proto";
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
constexpr std::size_t kKeyBytes = 16;

Problem upgrade_required(Call& call, std::string detail) {
  call.reply.field("Upgrade", "websocket");
  call.reply.field("Connection", "Upgrade");
  call.reply.field("Sec-WebSocket-Version", "13");
  Problem problem(ProblemKind::upgrade_required, std::move(detail));
  return problem.with_hint("Connect with a WebSocket client: ws://host/v1/ws.");
}

bool lists(const Head& head, std::string_view name, std::string_view token) {
  for (const Field& field : head.fields) {
    if (same_token(field.name, name) && lists_token(field.value, token)) return true;
  }
  return false;
}

// The first of ours in the client's order of preference.
std::string_view chosen_protocol(const Head& head) {
  for (const Field& field : head.fields) {
    if (!same_token(field.name, "Sec-WebSocket-Protocol")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view one = rest.substr(0, comma);
      for (const std::string_view ours : {kJsonProtocol, kProtoProtocol}) {
        if (lists_token(one, ours)) return ours;
      }
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return {};
}

// With very many connections the CPU is for their messages.
bool agree_to_deflate(Call& call) {
  if (!call.common.options.compression) return false;
  if (call.common.connections > kDeflatingConnectionsMax) return false;
  for (const Field& field : call.head.fields) {
    if (!same_token(field.name, "Sec-WebSocket-Extensions")) continue;
    const auto answer = accept_deflate(field.value);
    if (!answer) continue;
    call.reply.field("Sec-WebSocket-Extensions", *answer);
    return true;
  }
  return false;
}

}  // namespace

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key).append(kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  TF_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  std::string accept;
  append_base64(accept, {reinterpret_cast<const char*>(digest.data()), size});
  return accept;
}

Try<Agreed> accept_upgrade(Call& call) {
  const Head& head = call.head;
  if (!lists(head, "Connection", "upgrade") || !lists(head, "Upgrade", "websocket") ||
      head.method != "GET" || head.version_minor == 0) {
    return upgrade_required(call, "This path speaks WebSocket.");
  }
  if (head.field("Sec-WebSocket-Version") != "13") {
    return upgrade_required(call, "The version of WebSocket spoken here is 13.");
  }
  if (auto problem = check_origin(head, call.common.options)) return *std::move(problem);
  const std::string_view key = head.field("Sec-WebSocket-Key");
  const auto bytes = decode_base64(key);
  if (!bytes || bytes->size() != kKeyBytes) {
    return Problem(ProblemKind::invalid_request, "The key is not 16 bytes in base64.",
                   "Sec-WebSocket-Key");
  }
  const std::string_view protocol = chosen_protocol(head);
  call.reply.status = 101;
  call.reply.field("Upgrade", "websocket");
  call.reply.field("Connection", "Upgrade");
  call.reply.field("Sec-WebSocket-Accept", accept_key(key));
  if (!protocol.empty()) call.reply.field("Sec-WebSocket-Protocol", protocol);
  Agreed agreed;
  if (protocol == kProtoProtocol) {
    agreed.format = Format::protobuf;
  } else {
    agreed.deflates = agree_to_deflate(call);
  }
  return agreed;
}

}  // namespace twofold::http::ws
