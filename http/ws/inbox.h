#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/buffer.hpp>

#include "http/ws/framing.h"

namespace twofold::http::ws {

/// Memory that a lane reads into, and that the messages of whichever connection was read lie in.
/// Kept by whoever still looks at such a message.
class ReadBlock {
 public:
  static constexpr std::size_t kBytes = 256 << 10;

  explicit ReadBlock(std::size_t bytes = kBytes) : bytes_(new char[kHeadroom + bytes]) {}
  char* begin() { return bytes_.get() + kHeadroom; }

 private:
  friend class Inbox;
  static constexpr std::size_t kHeadroom = 16;  // for the beginning of a header from before
  std::unique_ptr<char[]> bytes_;
};

/// Of the fragments of one message.
inline constexpr int kSmallFragmentsMax = 32;
inline constexpr std::size_t kSmallFragmentBytes = 16 << 10;

/// Puts a client's messages together out of what the socket gives.
///
/// Bytes are read into the lane's block; a connection that has sent whole frames so far holds no
/// memory. A frame that has begun gets memory of its own, which grows with what has arrived, not
/// with what its header announces; the rest of it is read straight into that. Payloads are unmasked
/// where they lie and handed out as views. Without memory for more the connection ends: a fault
/// (too_much).
///     inbox.feed(block, bytes_read);
///     while ((event = inbox.next(message)) != Event::more) ...
/// Everything that RFC 6455 forbids a client is a fault: unmasked frames, reserved bits, unknown
/// opcodes, control frames that are fragmented or long, continuations of nothing. So is a message
/// in more than kSmallFragmentsMax small pieces: what costs nothing to send must not cost more to
/// take. Pieces of kSmallFragmentBytes and more, as browsers make of large messages, do not count.
/// With RFC 7692 agreed on the first frame of a message may say that the message is deflated.
class Inbox {
 public:
  enum class Event { more, message, ping, pong, close, fault };
  struct Message {
    Opcode opcode = Opcode::text;
    std::string_view bytes;
    std::shared_ptr<const void> keep;  ///< what the bytes lie in
    bool deflated = false;
  };

  explicit Inbox(std::uint64_t bytes_max, bool may_be_deflated = false)
      : bytes_max_(bytes_max), may_be_deflated_(may_be_deflated) {}

  /// From now on a message may have so many bytes.
  void allow(std::uint64_t bytes_max) { bytes_max_ = bytes_max; }

  /// Where the next read goes: the rest of a frame that has begun, then the block.
  std::array<boost::asio::mutable_buffer, 2> room(ReadBlock& block);
  /// `bytes` were read into room(). Everything fed before has been taken by next().
  void feed(std::shared_ptr<ReadBlock> block, std::size_t bytes);
  /// The next event in what was fed. After a fault the connection must be closed.
  Event next(Message& message);
  /// Forgets the block: what is left of it is copied.
  void let_go();
  /// Whether something that was fed waits to be taken by next().
  bool is_fed() const { return block_ != nullptr; }
  /// Lets go of the block while what it holds has to wait: that is copied, and counts in held().
  void set_aside();

  CloseCode fault() const { return fault_; }
  std::string_view fault_reason() const { return fault_reason_; }
  /// Bytes that messages take which have begun, or which were set aside.
  std::size_t held() const { return partial_room_ + assembly_.size() + aside_; }

 private:
  Event fail(CloseCode code, std::string_view reason);
  Event check(const FrameHeader& header);
  Event take_frame(const FrameHeader& header, char* payload, std::shared_ptr<const void> keep,
                   Message& message);
  Event take_data(const FrameHeader& header, std::string_view payload,
                  std::shared_ptr<const void> keep, Message& message);
  bool begin_partial(const FrameHeader& header, std::string_view begun);
  bool grow_partial(std::uint64_t bytes);
  Event no_memory();

  std::uint64_t bytes_max_;
  const bool may_be_deflated_;
  std::shared_ptr<ReadBlock> block_;
  char* at_ = nullptr;  // in the block
  char* end_ = nullptr;
  std::size_t aside_ = 0;  // bytes of block_, when it holds nothing but what was set aside

  std::array<char, kHeaderBytesMax> begun_{};  // a header that is not whole yet
  std::size_t begun_size_ = 0;

  FrameHeader partial_header_;
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char[], Free> partial_;  // the payload of a frame that is not whole yet
  std::size_t partial_size_ = 0;
  std::size_t partial_room_ = 0;  // no more than what is to come
  bool has_partial_ = false;

  bool assembling_ = false;
  Opcode assembly_opcode_ = Opcode::text;
  bool assembly_deflated_ = false;
  std::string assembly_;  // of fragments
  int small_fragments_ = 0;

  CloseCode fault_ = CloseCode::normal;
  std::string_view fault_reason_;
};

}  // namespace twofold::http::ws
