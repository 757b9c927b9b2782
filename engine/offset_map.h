#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"

namespace twofold::engine {

/// The newest offset of each key, in bounded memory: what a cleaning knows of the dirty part of a
/// log.
///
/// Keys are kept as 128 bits of SipHash under a key of this process's own, so that nobody can
/// choose two that meet; by chance a billion keys meet once in 10^20 cleanings. Memory   24 bytes a
/// slot, at most three quarters of them taken; grows as it fills, up to the bound. Threads  one at
/// a time.
class OffsetMap {
 public:
  using Secret = std::array<unsigned char, 16>;

  /// Room for one key at least, however small `bytes_max`.
  OffsetMap(std::size_t bytes_max, const Secret& secret);

  /// The newest record of `key` so far is at `offset`. False when there is no room for another key:
  /// then nothing changed.
  bool put(std::string_view key, Offset offset);
  std::optional<Offset> newest(std::string_view key) const;

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::int64_t offset = -1;  // -1: free
  };
  using Hash = std::array<std::uint64_t, 2>;

  Hash hash(std::string_view key) const;
  std::size_t find(const std::vector<Slot>& slots, const Hash& hash) const;
  bool make_room();

  const Secret secret_;
  const std::size_t slots_max_;
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace twofold::engine
