#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/bench/http_text.h"
#include "src/bench/payload.h"

namespace twofold::bench {

/// What the streaming loads say and hear over a WebSocket (docs/streaming.md), with as little work
/// as possible: requests are made once and patched, deliveries are searched for marks, not parsed.

/// The request that makes an HTTP connection a WebSocket of the subprotocol for `encoding`.
std::string upgrade_request(const Target& target, std::string_view path, Encoding encoding);

/// A client's frame with a mask of zeros: the broker unmasks it like any other.
std::string client_frame(std::uint8_t opcode, std::string_view payload);

std::string hello_frame(Encoding encoding);

/// At the start of every value: when it was sent (nanoseconds of the generator's clock) and which
/// one it is. "#@" and twice 16 hex digits.
struct Mark {
  std::uint64_t sent_ns = 0;
  std::uint64_t number = 0;
};
inline constexpr std::size_t kMarkBytes = 2 + 16 + 16;

/// A `publish` frame of `shape.batch` records whose marks are written anew each time.
class PublishFrame {
 public:
  PublishFrame(const Shape& shape, std::string_view topic);

  /// Gives the records the numbers from `first` on. Valid until the next call.
  std::string_view stamp(std::uint64_t sent_ns, std::uint64_t first);
  std::size_t records() const { return marks_.size(); }

 private:
  std::string bytes_;
  std::vector<std::size_t> marks_;  // where they stand
};

enum class FrameKind { published, subscribed, messages, error, other };
FrameKind kind_of(Encoding encoding, std::string_view payload);

/// The next mark of `payload` at or behind `at`, which then stands behind it.
std::optional<Mark> next_mark(std::string_view payload, std::size_t& at);

}  // namespace twofold::bench
