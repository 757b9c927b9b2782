#include "http/ws/outbox.h"

#include <algorithm>
#include <cstring>

#include <sys/uio.h>

#include "engine/base/check.h"

namespace twofold::http::ws {
namespace {

constexpr std::size_t kVectorsMax = 64;
constexpr std::size_t kKeptBytes = 96;   // of what keeps a message, beside its text
constexpr std::size_t kPiecesKept = 16;  // room for them is not given back

using HeadBytes = std::array<char, kHeadBytesMax>;

std::size_t write_head(HeadBytes& head, const Prefix& prefix, const OutMessage& message) {
  const bool is_stored = message.deflated && prefix.size > 0;
  const std::size_t own = prefix.size + (is_stored ? kStoredHeaderBytes : 0);
  std::size_t at =
      write_frame_header(head.data(), message.opcode, own + message.tail.size(), message.deflated);
  if (is_stored) at += write_stored_header(head.data() + at, prefix.size);
  std::memcpy(head.data() + at, prefix.bytes.data(), prefix.size);
  return at + prefix.size;
}

iovec vector_of(const void* bytes, std::size_t size) { return {const_cast<void*>(bytes), size}; }

}  // namespace

void Prefix::append(std::string_view text) {
  TF_CHECK(size + text.size() <= bytes.size());
  std::memcpy(bytes.data() + size, text.data(), text.size());
  size = static_cast<std::uint8_t>(size + text.size());
}

std::size_t frame_size(const Prefix& prefix, const OutMessage& message) {
  HeadBytes head;
  return write_head(head, prefix, message) + message.tail.size();
}

OutMessage own_message(Opcode opcode, std::string payload, Account* account) {
  struct Kept {
    std::string payload;
    Share share;
  };
  auto kept = std::make_shared<Kept>();
  kept->payload = std::move(payload);
  if (account) {
    kept->share = Share(*account);
    kept->share.set(kept->payload.size());
  }
  OutMessage message;
  message.opcode = opcode;
  message.tail = kept->payload;
  message.keep = std::move(kept);
  return message;
}

OutMessage deflated(Deflater& deflater, const OutMessage& message, Account* account) {
  std::string blocks = deflater.deflate(message.tail);
  if (blocks.size() + kStoredHeaderBytes >= message.tail.size()) return message;
  OutMessage smaller = own_message(message.opcode, std::move(blocks), account);
  smaller.deflated = true;
  return smaller;
}

void Outbox::add(Piece piece) {
  added_ += piece.size();
  if (piece.is_own) own_ += sizeof(Piece) + kKeptBytes + piece.size();
  pieces_.push_back(std::move(piece));
}

void Outbox::add(const Prefix& prefix, const OutMessage& message) {
  Piece piece{};
  piece.head_size = static_cast<std::uint8_t>(write_head(piece.head, prefix, message));
  piece.tail = message.tail;
  piece.keep = message.keep;
  add(std::move(piece));
}

void Outbox::add_own(const OutMessage& message) {
  Piece piece{};
  piece.is_own = true;
  piece.head_size = static_cast<std::uint8_t>(write_head(piece.head, Prefix{}, message));
  piece.tail = message.tail;
  piece.keep = message.keep;
  add(std::move(piece));
}

void Outbox::add_frame(std::string frame) {
  auto kept = std::make_shared<const std::string>(std::move(frame));
  Piece piece{};
  piece.is_own = true;
  piece.tail = *kept;
  piece.keep = std::move(kept);
  add(std::move(piece));
}

// The usual case is that nothing waits and everything fits: then nothing is stored and no reference
// is counted.
Outbox::Wrote Outbox::write(Wire& wire, const Prefix& prefix,
                            std::span<const OutMessage> messages) {
  if (unsent() > 0 || 2 * messages.size() > kVectorsMax) {
    for (const OutMessage& message : messages) add(prefix, message);
    return flush(wire);
  }
  std::array<HeadBytes, kVectorsMax / 2> heads;
  std::array<iovec, kVectorsMax> vectors;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::size_t head = write_head(heads[i], prefix, messages[i]);
    vectors[2 * i] = vector_of(heads[i].data(), head);
    vectors[2 * i + 1] = vector_of(messages[i].tail.data(), messages[i].tail.size());
    bytes += head + messages[i].tail.size();
  }
  const auto sent = wire.send({vectors.data(), 2 * messages.size()});
  if (sent < 0) return Wrote::failed;
  if (static_cast<std::size_t>(sent) == bytes) {
    added_ += bytes;
    written_ += bytes;
    return Wrote::all;
  }
  for (const OutMessage& message : messages) add(prefix, message);
  drop(static_cast<std::size_t>(sent));
  return Wrote::some;
}

Outbox::Wrote Outbox::flush(Wire& wire) {
  while (unsent() > 0) {
    const Wrote wrote = write_gathered(wire);
    if (wrote != Wrote::all) return wrote;
  }
  return Wrote::all;
}

Outbox::Wrote Outbox::write_gathered(Wire& wire) {
  std::array<iovec, kVectorsMax> vectors;
  std::size_t count = 0;
  std::size_t bytes = 0;
  std::size_t skip = offset_;
  const auto put = [&](const char* data, std::size_t size) {
    const std::size_t skipped = std::min(skip, size);
    skip -= skipped;
    if (skipped == size) return;
    vectors[count++] = vector_of(data + skipped, size - skipped);
    bytes += size - skipped;
  };
  for (std::size_t i = first_; i < pieces_.size() && count + 2 <= kVectorsMax; ++i) {
    put(pieces_[i].head.data(), pieces_[i].head_size);
    put(pieces_[i].tail.data(), pieces_[i].tail.size());
  }
  const auto sent = wire.send({vectors.data(), count});
  if (sent < 0) return Wrote::failed;
  drop(static_cast<std::size_t>(sent));
  return static_cast<std::size_t>(sent) == bytes ? Wrote::all : Wrote::some;
}

void Outbox::drop(std::size_t bytes) {
  written_ += bytes;
  offset_ += bytes;
  while (first_ < pieces_.size() && offset_ >= pieces_[first_].size()) {
    offset_ -= pieces_[first_].size();
    if (pieces_[first_].is_own) own_ -= sizeof(Piece) + kKeptBytes + pieces_[first_].size();
    pieces_[first_++] = Piece{};
  }
  if (first_ == pieces_.size()) {
    pieces_.clear();
    first_ = 0;
    if (pieces_.capacity() > kPiecesKept) pieces_.shrink_to_fit();
  } else if (first_ > kVectorsMax && 2 * first_ > pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void Outbox::clear() {
  pieces_.clear();
  first_ = offset_ = own_ = 0;
  added_ = written_;
}

}  // namespace twofold::http::ws
