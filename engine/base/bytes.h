#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/base/check.h"

namespace twofold::engine {

static_assert(std::endian::native == std::endian::little, "the formats are written for LE hosts");

template <class T>
constexpr T byte_swapped(T v) {
  static_assert(std::is_integral_v<T>);
  using U = std::make_unsigned_t<T>;
  if constexpr (sizeof(T) == 1) return v;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<U>(v)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<U>(v)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<U>(v)));
}

template <class T>
T load_le(const char* p) {
  T v{};
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
T load_be(const char* p) {
  return byte_swapped(load_le<T>(p));
}
template <class T>
void store_le(char* p, T v) {
  std::memcpy(p, &v, sizeof v);
}
template <class T>
void store_be(char* p, T v) {
  store_le(p, byte_swapped(v));
}

constexpr std::uint64_t zigzag(std::int64_t n) {
  return (static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t n) {
  return static_cast<std::int64_t>((n >> 1) ^ (~(n & 1) + 1));
}
constexpr std::size_t uvarint_size(std::uint64_t v) {
  return (static_cast<std::size_t>(std::bit_width(v | 1)) + 6) / 7;
}
constexpr std::size_t varint_size(std::int64_t v) { return uvarint_size(zigzag(v)); }

/// Writes a LEB128 number at `p` and returns where it ends.
inline char* store_uvarint(char* p, std::uint64_t v) {
  while (v >= 0x80) {
    *p++ = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  *p++ = static_cast<char>(v);
  return p;
}
inline char* store_varint(char* p, std::int64_t v) { return store_uvarint(p, zigzag(v)); }

/// Appends fixed little-endian numbers, LEB128 numbers and length-prefixed bytes to a string.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <class T>
  void fixed(T v) {
    char raw[sizeof(T)];
    store_le(raw, v);
    out_.append(raw, sizeof raw);
  }
  void uvarint(std::uint64_t v) {
    char raw[10];
    out_.append(raw, static_cast<std::size_t>(store_uvarint(raw, v) - raw));
  }
  void varint(std::int64_t v) { uvarint(zigzag(v)); }
  void bytes(std::string_view b) {
    uvarint(b.size());
    out_.append(b);
  }
  void raw(std::string_view b) { out_.append(b); }
  std::size_t size() const { return out_.size(); }

 private:
  std::string& out_;
};

/// Reads what ByteWriter wrote, or anything hostile in its place. Never reads past the end: the
/// first short or overlong field makes the reader fail for good, and every later read gives zero.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && in_.empty(); }
  std::size_t remaining() const { return in_.size(); }

  template <class T>
  T fixed() {
    if (!take_check(sizeof(T))) return T{};
    const T v = load_le<T>(in_.data());
    in_.remove_prefix(sizeof(T));
    return v;
  }
  template <class T>
  T fixed_be() {
    return byte_swapped(fixed<T>());
  }
  std::uint64_t uvarint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (!take_check(1)) return 0;
      const auto b = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      if (shift == 63 && b > 1) return fail();
      v |= static_cast<std::uint64_t>(b & 0x7F) << shift;
      if (b < 0x80) return v;
    }
    return fail();
  }
  std::int64_t varint() { return unzigzag(uvarint()); }
  std::string_view bytes() { return raw(uvarint()); }
  std::string_view raw(std::uint64_t n) {
    if (!take_check(n)) return {};
    const auto v = in_.substr(0, static_cast<std::size_t>(n));
    in_.remove_prefix(static_cast<std::size_t>(n));
    return v;
  }
  /// The next `n` bytes; zeros when there are fewer.
  void copy(char* to, std::size_t n) {
    const std::string_view from = raw(n);
    std::memset(to, 0, n);
    if (!from.empty()) std::memcpy(to, from.data(), n);
  }
  /// How many items of at least `item_bytes_min` each can still follow; fails when `n` is more.
  std::size_t count(std::size_t item_bytes_min) {
    const std::uint64_t n = uvarint();
    if (n > in_.size() / item_bytes_min) return static_cast<std::size_t>(fail());
    return static_cast<std::size_t>(n);
  }

 private:
  bool take_check(std::uint64_t n) {
    if (ok_ && n <= in_.size()) return true;
    fail();
    return false;
  }
  std::uint64_t fail() {
    ok_ = false;
    in_ = {};
    return 0;
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace twofold::engine
