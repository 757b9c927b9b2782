#include "http/ws/deflate.h"

#include <array>

#include <zlib.h>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace twofold::http::ws {
namespace {

constexpr int kMemoryLevel = 7;
constexpr int kInflateBits = 15;  // we ask no client for less
constexpr std::size_t kTailBytes = 4;
constexpr char kTail[kTailBytes] = {'\x00', '\x00', '\xff', '\xff'};
constexpr int kBetweenBlocks = 128;  // of data_type, when inflate() stands there

// zlib reads what it is given and takes it without const.
void give(z_stream& stream, std::string_view bytes) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
}

// What comes out goes by way of this: the message grows as it is known to be that long.
using Room = std::array<char, 16 << 10>;

void take_into(z_stream& stream, Room& room) {
  stream.next_out = reinterpret_cast<Bytef*>(room.data());
  stream.avail_out = static_cast<uInt>(room.size());
}

std::string_view taken(const z_stream& stream, const Room& room) {
  return {room.data(), room.size() - stream.avail_out};
}

}  // namespace

std::size_t write_stored_header(char* out, std::uint16_t length) {
  out[0] = 0;
  engine::store_le(out + 1, length);
  engine::store_le(out + 3, static_cast<std::uint16_t>(~length));
  return kStoredHeaderBytes;
}

Deflater::Deflater() : stream_(std::make_unique<z_stream>()) {
  TF_CHECK(deflateInit2(stream_.get(), Z_BEST_SPEED, Z_DEFLATED, -kWindowBits, kMemoryLevel,
                        Z_DEFAULT_STRATEGY) == Z_OK);
}

Deflater::~Deflater() { deflateEnd(stream_.get()); }

std::string Deflater::deflate(std::string_view message) {
  z_stream& stream = *stream_;
  TF_CHECK(deflateReset(&stream) == Z_OK);
  std::string blocks;
  Room room;
  give(stream, message);
  do {
    take_into(stream, room);
    TF_CHECK(::deflate(&stream, Z_SYNC_FLUSH) != Z_STREAM_ERROR);
    blocks.append(taken(stream, room));
  } while (stream.avail_out == 0);
  TF_CHECK(std::string_view(blocks).ends_with(std::string_view(kTail, kTailBytes)));
  blocks.resize(blocks.size() - kTailBytes);
  return blocks;
}

Inflater::Inflater() : stream_(std::make_unique<z_stream>()) {
  TF_CHECK(inflateInit2(stream_.get(), -kInflateBits) == Z_OK);
}

Inflater::~Inflater() { inflateEnd(stream_.get()); }

std::optional<Inflater::Fault> Inflater::inflate(std::string_view blocks, std::size_t bytes_max,
                                                 std::string& message) {
  z_stream& stream = *stream_;
  TF_CHECK(inflateReset(&stream) == Z_OK);
  message.clear();
  Room room;
  for (const std::string_view bytes : {blocks, std::string_view(kTail, kTailBytes)}) {
    give(stream, bytes);
    do {
      take_into(stream, room);
      const int done = ::inflate(&stream, Z_SYNC_FLUSH);
      message.append(taken(stream, room));
      if (message.size() > bytes_max) return Fault::too_large;
      // A client may end its blocks with a last one and begin anew (section 7.2.3.4).
      if (done == Z_STREAM_END) {
        TF_CHECK(inflateReset(&stream) == Z_OK);
      } else if (done != Z_OK && done != Z_BUF_ERROR) {
        return Fault::damaged;
      }
    } while (stream.avail_in > 0 || stream.avail_out == 0);
  }
  if ((stream.data_type & kBetweenBlocks) == 0) return Fault::damaged;
  return std::nullopt;
}

}  // namespace twofold::http::ws
