#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/account.h"
#include "http/wire.h"
#include "http/ws/deflate.h"
#include "http/ws/framing.h"

namespace twofold::http::ws {

inline constexpr std::size_t kPrefixBytesMax = 48;
/// A frame header and a prefix, which a deflated message has as a stored block.
inline constexpr std::size_t kHeadBytesMax = 10 + kStoredHeaderBytes + kPrefixBytesMax;

/// The beginning of a message that is its receiver's own: `{"type":"messages","sub":7,`.
struct Prefix {
  std::array<char, kPrefixBytesMax> bytes{};
  std::uint8_t size = 0;

  std::string_view view() const { return {bytes.data(), size}; }
  void append(std::string_view text);
};

/// One message on its way out: what only this receiver gets, and what many may share.
struct OutMessage {
  Opcode opcode = Opcode::text;
  std::string_view tail;
  std::shared_ptr<const void> keep;  ///< what `tail` lies in
  bool deflated = false;             ///< the tail is
};

/// The same with its tail deflated, unless that makes it no smaller.
OutMessage deflated(Deflater& deflater, const OutMessage& message, Account* account = nullptr);
/// A message of one's own. It counts in the account for as long as somebody keeps it; null: it does
/// not, because whoever sends it counts it.
OutMessage own_message(Opcode opcode, std::string payload, Account* account = nullptr);

/// Of the whole frame.
std::size_t frame_size(const Prefix& prefix, const OutMessage& message);

/// What goes out on one connection, in order. Tries to write at once and gathers; only what the kernel
/// has no room for is kept, and of that the tails are shared, not copied.
/// Threads  the connection's.
class Outbox {
 public:
  enum class Wrote { all, some, failed };

  /// Adds a message that others may share; flush() sends it.
  void add(const Prefix& prefix, const OutMessage& message);
  /// Adds one that nobody else has.
  void add_own(const OutMessage& message);
  /// Adds bytes that are a frame already (control frames).
  void add_frame(std::string frame);

  /// Writes these messages, behind what waits, with as few calls as can be.
  Wrote write(Wire& wire, const Prefix& prefix, std::span<const OutMessage> messages);
  Wrote flush(Wire& wire);
  /// Forgets what waits: nobody will read it.
  void clear();

  std::size_t unsent() const { return static_cast<std::size_t>(added_ - written_); }
  /// Memory, about, of the frames that wait and that nobody else has.
  std::size_t own() const { return own_; }
  /// Bytes, since the beginning.
  std::uint64_t added() const { return added_; }
  std::uint64_t written() const { return written_; }

 private:
  struct Piece {
    std::array<char, kHeadBytesMax> head;  // frame header and prefix
    std::uint8_t head_size = 0;
    std::string_view tail;
    std::shared_ptr<const void> keep;
    bool is_own = false;
    std::size_t size() const { return head_size + tail.size(); }
  };
  void add(Piece piece);
  void drop(std::size_t bytes);
  Wrote write_gathered(Wire& wire);

  std::vector<Piece> pieces_;
  std::size_t first_ = 0;   // of pieces_, not written yet
  std::size_t offset_ = 0;  // of the first piece, written
  std::size_t own_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace twofold::http::ws
