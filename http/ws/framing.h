#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twofold::http::ws {

/// RFC 6455, section 5: frames.
///
///   byte 0   FIN | RSV1-3 | opcode(4)
///   byte 1   MASK | length(7): up to 125; 126: u16 follows; 127: u64 follows (big endian)
///   then     the mask, 4 bytes, from clients only; then the payload
///
/// Example, a server's text "Hi": 81 02 48 69.
enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// Why a connection ends, as the closing frame says it. 4xxx are this protocol's own.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  protocol_error = 1002,
  no_code = 1005,  ///< never on the wire: the client gave none
  not_utf8 = 1007,
  too_big = 1009,
  internal = 1011,
  drain = 1012,
  not_a_frame = 4400,
  unauthenticated = 4401,
  forbidden = 4403,
  not_found = 4404,
  exclusive = 4409,
  too_much = 4429,
};

/// Of `reserved`: RSV1, by which the first frame of a message says that it is deflated.
inline constexpr std::uint8_t kDeflatedBit = 4;
inline constexpr std::size_t kHeaderBytesMax = 14;
inline constexpr std::size_t kControlBytesMax = 125;

struct FrameHeader {
  bool fin = false;
  std::uint8_t reserved = 0;  ///< RSV1 to RSV3, as three bits
  std::uint8_t opcode = 0;    ///< any of sixteen
  bool masked = false;
  std::array<char, 4> mask{};
  std::uint64_t length = 0;
  std::size_t size = 0;  ///< of the header itself

  bool is_control() const { return opcode >= 8; }
  bool begins_message() const { return opcode == 1 || opcode == 2; }
};

/// The header at the start of `bytes`; nullopt when it is not there as a whole yet.
std::optional<FrameHeader> parse_frame_header(std::string_view bytes);

/// Writes a server's header (FIN, unmasked; RSV1 when deflated) at `out`, which has room for 10
/// bytes; gives its size.
std::size_t write_frame_header(char* out, Opcode opcode, std::uint64_t length,
                               bool deflated = false);

/// Takes the mask off, in place.
void unmask(char* bytes, std::size_t size, const std::array<char, 4>& mask);

/// A whole control frame.
std::string control_frame(Opcode opcode, std::string_view payload);
std::string close_frame(CloseCode code, std::string_view reason);

/// Whether a client may close with this code (RFC 6455, section 7.4).
bool may_be_sent(std::uint16_t code);

}  // namespace twofold::http::ws
