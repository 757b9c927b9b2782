#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace twofold::http {

/// Writes Protobuf's wire format by hand into a string that is reused: records go out without
/// being copied into message objects first. Field numbers are schemas/api.proto's; a test reads
/// everything back with the generated classes.
/// As proto3 does, number() and bytes() leave out zero and empty; present_...() do not.
class ProtoWriter {
 public:
  explicit ProtoWriter(std::string& out) : out_(out) {}

  void number(std::uint32_t field, std::uint64_t value) {
    if (value != 0) present_number(field, value);
  }
  void present_number(std::uint32_t field, std::uint64_t value) {
    put(std::uint64_t{field} << 3);
    put(value);
  }
  void bytes(std::uint32_t field, std::string_view value) {
    if (!value.empty()) present_bytes(field, value);
  }
  void present_bytes(std::uint32_t field, std::string_view value) {
    begin(field, value.size());
    out_.append(value);
  }
  /// The tag and length of a nested message, map entry or string whose bytes follow.
  void begin(std::uint32_t field, std::size_t size) {
    put(std::uint64_t{field} << 3 | 2);
    put(size);
  }

  static std::size_t number_size(std::uint32_t field, std::uint64_t value) {
    return value == 0 ? 0 : tag_size(field) + engine::uvarint_size(value);
  }
  static std::size_t bytes_size(std::uint32_t field, std::size_t size) {
    return size == 0 ? 0 : nested_size(field, size);
  }
  /// With tag and length, also when empty.
  static std::size_t nested_size(std::uint32_t field, std::size_t size) {
    return tag_size(field) + engine::uvarint_size(size) + size;
  }

 private:
  static std::size_t tag_size(std::uint32_t field) {
    return engine::uvarint_size(std::uint64_t{field} << 3);
  }
  void put(std::uint64_t value) {
    char raw[10];
    out_.append(raw, static_cast<std::size_t>(engine::store_uvarint(raw, value) - raw));
  }

  std::string& out_;
};

}  // namespace twofold::http
