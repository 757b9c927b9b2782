#include "http/ws/framing.h"

#include <algorithm>
#include <cstring>

#include "engine/base/bytes.h"

namespace twofold::http::ws {

std::optional<FrameHeader> parse_frame_header(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  FrameHeader header;
  header.fin = first & 0x80;
  header.reserved = first >> 4 & 7;
  header.opcode = first & 0x0F;
  header.masked = second & 0x80;
  header.length = second & 0x7F;
  header.size = 2;
  if (header.length == 126) {
    if (bytes.size() < 4) return std::nullopt;
    header.length = engine::load_be<std::uint16_t>(bytes.data() + 2);
    header.size = 4;
  } else if (header.length == 127) {
    if (bytes.size() < 10) return std::nullopt;
    header.length = engine::load_be<std::uint64_t>(bytes.data() + 2);
    header.size = 10;
  }
  if (!header.masked) return header;
  if (bytes.size() < header.size + 4) return std::nullopt;
  std::memcpy(header.mask.data(), bytes.data() + header.size, 4);
  header.size += 4;
  return header;
}

std::size_t write_frame_header(char* out, Opcode opcode, std::uint64_t length, bool deflated) {
  out[0] = static_cast<char>(0x80 | (deflated ? kDeflatedBit << 4 : 0) |
                             static_cast<std::uint8_t>(opcode));
  if (length < 126) {
    out[1] = static_cast<char>(length);
    return 2;
  }
  if (length <= UINT16_MAX) {
    out[1] = 126;
    engine::store_be(out + 2, static_cast<std::uint16_t>(length));
    return 4;
  }
  out[1] = 127;
  engine::store_be(out + 2, length);
  return 10;
}

// Eight bytes at a time: payloads are megabytes.
void unmask(char* bytes, std::size_t size, const std::array<char, 4>& mask) {
  std::uint64_t wide = 0;
  std::memcpy(&wide, mask.data(), 4);
  wide |= wide << 32;
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    engine::store_le(bytes + i, engine::load_le<std::uint64_t>(bytes + i) ^ wide);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ mask[i % 4]);
}

std::string control_frame(Opcode opcode, std::string_view payload) {
  payload = payload.substr(0, kControlBytesMax);
  char header[10];
  std::string frame(header, write_frame_header(header, opcode, payload.size()));
  return frame.append(payload);
}

std::string close_frame(CloseCode code, std::string_view reason) {
  if (code == CloseCode::no_code) return control_frame(Opcode::close, "");
  char number[2];
  engine::store_be(number, static_cast<std::uint16_t>(code));
  std::string payload(number, 2);
  payload.append(reason.substr(0, kControlBytesMax - 2));
  return control_frame(Opcode::close, payload);
}

bool may_be_sent(std::uint16_t code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace twofold::http::ws
