#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct z_stream_s;

namespace twofold::http::ws {

/// RFC 7692, permessage-deflate, without a memory from one message to the next: what compresses is
/// the lane's, a connection has no part in it, and a message that many receive is compressed once.
///
/// A message on the wire is a run of DEFLATE blocks whose last four bytes, 00 00 ff ff, are left
/// out. A receiver's own prefix goes before them as a block that is stored as it is:
///
///   byte 0      00: a stored block, not the last one
///   byte 1, 2   length, little endian; byte 3, 4: its complement
///   then        the bytes
///
/// Example, "Hello" as in section 7.2.3.1 of the RFC: f2 48 cd c9 c9 07 00; its first two letters
/// stored before the other three: 00 02 00 fd ff 48 65 | ca c9 c9 07 00.
inline constexpr std::size_t kStoredHeaderBytes = 5;
/// Smaller messages are not worth it.
inline constexpr std::size_t kDeflatedBytesMin = 1'024;
/// What we compress with looks back so far: 4 KiB, which every receiver that says more can take.
inline constexpr int kWindowBits = 12;

/// Writes the header of a stored block at `out`; gives its size.
std::size_t write_stored_header(char* out, std::uint16_t length);

/// The answer to what a client offers in Sec-WebSocket-Extensions; nullopt: nothing that we take.
std::optional<std::string> accept_deflate(std::string_view offers);

class Deflater {
 public:
  Deflater();
  ~Deflater();
  /// The blocks of a message, without the last four bytes.
  std::string deflate(std::string_view message);

 private:
  const std::unique_ptr<z_stream_s> stream_;
};

class Inflater {
 public:
  enum class Fault : std::uint8_t { damaged, too_large };

  Inflater();
  ~Inflater();
  /// Puts what the blocks say into `message`, as long as it has no more than `bytes_max`.
  std::optional<Fault> inflate(std::string_view blocks, std::size_t bytes_max,
                               std::string& message);

 private:
  const std::unique_ptr<z_stream_s> stream_;
};

}  // namespace twofold::http::ws
