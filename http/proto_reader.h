#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/bytes.h"

namespace twofold::http {

/// Walks the fields of one Protobuf message on the wire. Like engine::ByteReader it never reads past
/// the end, and the first broken field ends it for good.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : in_(message) {}

  /// Moves to the next field; false at the end or when the message is broken.
  bool next() {
    if (!in_.ok() || in_.done()) return false;
    const std::uint64_t tag = in_.uvarint();
    number_ = static_cast<std::uint32_t>(tag >> 3);
    type_ = static_cast<std::uint32_t>(tag & 7);
    if (!in_.ok() || number_ == 0 || tag >> 3 > kFieldMax) return broken();
    switch (type_) {
      case 0: value_ = in_.uvarint(); break;
      case 1: in_.raw(8); break;
      case 2: bytes_ = in_.bytes(); break;
      case 5: in_.raw(4); break;
      default: return broken();
    }
    return in_.ok();
  }
  bool ok() const { return in_.ok(); }

  std::uint32_t field() const { return number_; }
  /// Whether this field is there as a number, or as bytes: any other type of a known field is
  /// skipped as if it were unknown.
  bool is_number(std::uint32_t field) const { return number_ == field && type_ == 0; }
  bool is_bytes(std::uint32_t field) const { return number_ == field && type_ == 2; }
  std::uint64_t number() const { return value_; }
  std::int64_t signed_number() const { return static_cast<std::int64_t>(value_); }
  std::string_view bytes() const { return bytes_; }

 private:
  static constexpr std::uint64_t kFieldMax = (1u << 29) - 1;
  bool broken() {
    in_.raw(UINT64_MAX);  // fails the reader
    return false;
  }

  engine::ByteReader in_;
  std::uint32_t number_ = 0;
  std::uint32_t type_ = 0;
  std::uint64_t value_ = 0;
  std::string_view bytes_;
};

}  // namespace twofold::http
