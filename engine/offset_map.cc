#include "engine/offset_map.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <sodium.h>

#include "engine/base/check.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kSlotsMin = 2;
constexpr std::size_t kSlotsFirst = 1024;

}  // namespace

OffsetMap::OffsetMap(std::size_t bytes_max, const Secret& secret)
    : secret_(secret),
      slots_max_(std::bit_floor(std::max(kSlotsMin, bytes_max / sizeof(Slot)))),
      slots_(std::min(kSlotsFirst, slots_max_)) {}

OffsetMap::Hash OffsetMap::hash(std::string_view key) const {
  static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(Hash));
  static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(Secret));
  unsigned char out[crypto_shorthash_siphashx24_BYTES];
  crypto_shorthash_siphashx24(out, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                              secret_.data());
  Hash hash;
  std::memcpy(hash.data(), out, sizeof hash);
  return hash;
}

// The slot of a key, or the free one where it would be.
std::size_t OffsetMap::find(const std::vector<Slot>& slots, const Hash& hash) const {
  const std::size_t mask = slots.size() - 1;
  for (std::size_t at = hash[0] & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots[at];
    if (slot.offset < 0 || (slot.high == hash[0] && slot.low == hash[1])) return at;
  }
}

bool OffsetMap::put(std::string_view key, Offset offset) {
  TF_CHECK(offset >= Offset{0});
  const Hash at = hash(key);
  Slot* slot = &slots_[find(slots_, at)];
  if (slot->offset < 0) {
    if (!make_room()) return false;
    slot = &slots_[find(slots_, at)];
    *slot = {at[0], at[1], offset.value()};
    ++size_;
    return true;
  }
  slot->offset = std::max(slot->offset, offset.value());
  return true;
}

bool OffsetMap::make_room() {
  const auto has_room = [this] { return (size_ + 1) * 4 <= slots_.size() * 3; };
  if (has_room()) return true;
  if (slots_.size() == slots_max_) return false;
  std::vector<Slot> larger(slots_.size() * 2);
  for (const Slot& slot : slots_) {
    if (slot.offset >= 0) larger[find(larger, {slot.high, slot.low})] = slot;
  }
  slots_ = std::move(larger);
  return has_room();
}

std::optional<Offset> OffsetMap::newest(std::string_view key) const {
  const Slot& slot = slots_[find(slots_, hash(key))];
  if (slot.offset < 0) return std::nullopt;
  return Offset{slot.offset};
}

}  // namespace twofold::engine
