#include "engine/base/simulated_node.h"

#include <algorithm>
#include <string>

namespace twofold::engine {

std::size_t SimulatedNode::read(std::uint64_t place, char* out, std::size_t size) const {
  if (place >= size_) return 0;
  const auto n = std::min<std::uint64_t>(size, size_ - place);
  bytes_.read(place, out, n);
  return n;
}

void SimulatedNode::write(std::uint64_t place, std::string_view bytes) {
  begin_change(place, bytes.size(), /*dirty=*/true);
  bytes_.write(place, bytes);
  grow(place + bytes.size());
}

void SimulatedNode::resize_up(std::uint64_t size) { grow(size); }

void SimulatedNode::sync() {
  std::erase_if(unsynced_, [](const auto& item) { return item.second.dirty; });
  durable_size_ = size_;
}

void SimulatedNode::fail_sync(Random& random) {
  for (auto it = unsynced_.begin(); it != unsynced_.end();) {
    auto& sector = it->second;
    const bool reached = sector.dirty && random.below(2) == 0;
    sector.dirty = false;
    sector.between.clear();
    it = reached ? unsynced_.erase(it) : std::next(it);
  }
}

void SimulatedNode::write_through(std::uint64_t place, std::string_view bytes) {
  bytes_.write(place, bytes);
  grow(place + bytes.size());
  durable_size_ = size_;
  const auto last = (place + bytes.size() + kSectorBytes - 1) / kSectorBytes;
  unsynced_.erase(unsynced_.lower_bound(place / kSectorBytes), unsynced_.lower_bound(last));
}

void SimulatedNode::fail_write_through(std::uint64_t place, std::string_view bytes,
                                       Random& random) {
  for (std::size_t at = 0; at < bytes.size(); at += kSectorBytes) {
    if (random.below(2) == 0) write_through(place + at, bytes.substr(at, kSectorBytes));
  }
}

void SimulatedNode::lose_write(std::uint64_t place, std::string_view bytes) {
  begin_change(place, bytes.size(), /*dirty=*/false);
  bytes_.write(place, bytes);
  grow(place + bytes.size());
}

void SimulatedNode::drop_cache() {
  for (auto it = unsynced_.begin(); it != unsynced_.end();) {
    if (!it->second.dirty) put(it->first, it->second.durable);
    it = it->second.dirty ? std::next(it) : unsynced_.erase(it);
  }
}

void SimulatedNode::crash(Random& random) {
  for (const auto& [number, sector] : unsynced_) {
    const auto versions = sector.dirty ? sector.between.size() + 2 : 1;
    const auto kept = random.below(versions);
    if (kept == 0) put(number, sector.durable);
    if (kept > 0 && kept <= sector.between.size()) put(number, sector.between[kept - 1]);
  }
  unsynced_.clear();
  if (size_ > durable_size_ && random.below(2) == 0) {
    // The new length is gone, and what lay behind the old one with it.
    bytes_.write(durable_size_, std::string(size_ - durable_size_, '\0'));
    size_ = durable_size_;
  }
  durable_size_ = size_;
}

void SimulatedNode::rot(std::uint64_t place, std::string_view bytes) { bytes_.write(place, bytes); }

SimulatedNode::Sector SimulatedNode::sector(std::uint64_t number) const {
  Sector bytes;
  bytes_.read(number * kSectorBytes, bytes.data(), bytes.size());
  return bytes;
}

void SimulatedNode::put(std::uint64_t number, const Sector& bytes) {
  bytes_.write(number * kSectorBytes, {bytes.data(), bytes.size()});
}

/// Remembers what the device holds under the sectors of a write that does not reach it yet.
void SimulatedNode::begin_change(std::uint64_t place, std::size_t size, bool dirty) {
  if (size == 0) return;
  for (auto number = place / kSectorBytes; number <= (place + size - 1) / kSectorBytes; ++number) {
    const auto now = sector(number);
    const auto [it, fresh] = unsynced_.try_emplace(number, Unsynced{now, {}, dirty});
    if (fresh) continue;
    if (it->second.dirty) it->second.between.push_back(now);
    it->second.dirty = dirty;
  }
}

void SimulatedNode::grow(std::uint64_t end) { size_ = std::max(size_, end); }

}  // namespace twofold::engine
