#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/ids.h"

namespace twofold::queue {

/// One delivery of one message. The nonce tells deliveries of the same message apart.
struct Receipt {
  std::uint32_t queue;
  std::uint16_t partition;
  engine::Offset offset;
  std::uint32_t nonce;
  engine::Instant received;  ///< broker time, 0 to 2^48 ms

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

using ReceiptKey = std::array<unsigned char, 16>;

/// Turns receipts into text that only this broker can make, and back, without a table.
///
///   "r1." + base64url of 33 bytes, 44 characters, no padding:
///
///    0         1          5              7            15         19            25             33
///   +---------+----------+--------------+------------+----------+-------------+--------------+
///   | version | queue    | partition    | offset     | nonce    | received    | tag          |   LE
///   +---------+----------+--------------+------------+----------+-------------+--------------+
///
/// tag is SipHash-2-4 of the 25 bytes before it, keyed with the broker's key: a receipt that was
/// guessed, changed or made elsewhere does not decode.
class ReceiptCoder {
 public:
  explicit ReceiptCoder(const ReceiptKey& key) : key_(key) {}

  std::string encode(const Receipt& receipt) const;
  const ReceiptKey& key() const { return key_; }
  /// nullopt when it is not one of ours.
  std::optional<Receipt> decode(std::string_view text) const;

 private:
  std::uint64_t tag(const char* bytes) const;

  ReceiptKey key_;
};

}  // namespace twofold::queue
