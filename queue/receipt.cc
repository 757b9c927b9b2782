#include "queue/receipt.h"

#include <cstring>

#include <sodium.h>

#include "engine/base/bytes.h"

namespace twofold::queue {
namespace {

constexpr std::string_view kPrefix = "r1.";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kTimeBytes = 6;
constexpr std::size_t kSignedBytes = 1 + 4 + 2 + 8 + 4 + kTimeBytes;
constexpr std::size_t kBytes = kSignedBytes + 8;
constexpr std::size_t kChars = kBytes / 3 * 4;
static_assert(kBytes == 33);
static_assert(kBytes % 3 == 0, "so that no character is half used and each receipt has one text");

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}();

void write_base64(const char* in, char* out) {
  for (std::size_t i = 0; i < kBytes; i += 3) {
    const auto at = [in, i](std::size_t k) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(in[i + k]));
    };
    const std::uint32_t three = at(0) << 16 | at(1) << 8 | at(2);
    for (int shift = 18; shift >= 0; shift -= 6) *out++ = kAlphabet[(three >> shift) & 63];
  }
}

bool read_base64(const char* in, char* out) {
  std::uint8_t bad = 0;
  for (std::size_t i = 0; i < kChars; i += 4) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::uint8_t digit = kDigits[static_cast<unsigned char>(in[i + k])];
      bad |= digit & 0xC0;
      three = three << 6 | digit;
    }
    for (int shift = 16; shift >= 0; shift -= 8) *out++ = static_cast<char>(three >> shift);
  }
  return bad == 0;
}

}  // namespace

std::string ReceiptCoder::encode(const Receipt& receipt) const {
  char bytes[kBytes];
  engine::store_le(bytes, kVersion);
  engine::store_le(bytes + 1, receipt.queue);
  engine::store_le(bytes + 5, receipt.partition);
  engine::store_le(bytes + 7, receipt.offset.value());
  engine::store_le(bytes + 15, receipt.nonce);
  const std::int64_t received = receipt.received.value();
  std::memcpy(bytes + 19, &received, kTimeBytes);
  engine::store_le(bytes + kSignedBytes, tag(bytes));

  std::string text(kPrefix.size() + kChars, '\0');
  kPrefix.copy(text.data(), kPrefix.size());
  write_base64(bytes, text.data() + kPrefix.size());
  return text;
}

std::optional<Receipt> ReceiptCoder::decode(std::string_view text) const {
  if (text.size() != kPrefix.size() + kChars || !text.starts_with(kPrefix)) return std::nullopt;
  char bytes[kBytes];
  if (!read_base64(text.data() + kPrefix.size(), bytes)) return std::nullopt;
  if (engine::load_le<std::uint8_t>(bytes) != kVersion) return std::nullopt;
  if (engine::load_le<std::uint64_t>(bytes + kSignedBytes) != tag(bytes)) return std::nullopt;
  std::int64_t received = 0;
  std::memcpy(&received, bytes + 19, kTimeBytes);
  return Receipt{engine::load_le<std::uint32_t>(bytes + 1),
                 engine::load_le<std::uint16_t>(bytes + 5),
                 engine::Offset{engine::load_le<std::int64_t>(bytes + 7)},
                 engine::load_le<std::uint32_t>(bytes + 15), engine::Instant{received}};
}

std::uint64_t ReceiptCoder::tag(const char* bytes) const {
  static_assert(crypto_shorthash_KEYBYTES == std::tuple_size_v<ReceiptKey>);
  static_assert(crypto_shorthash_BYTES == sizeof(std::uint64_t));
  unsigned char out[crypto_shorthash_BYTES];
  crypto_shorthash(out, reinterpret_cast<const unsigned char*>(bytes), kSignedBytes, key_.data());
  return engine::load_le<std::uint64_t>(reinterpret_cast<const char*>(out));
}

}  // namespace twofold::queue
