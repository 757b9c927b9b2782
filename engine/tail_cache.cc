#include "engine/tail_cache.h"

#include <algorithm>

namespace twofold::engine {

void TailCache::add(JournalPosition position, std::shared_ptr<const Slab> slab) {
  bytes_ += slab->size();
  items_.push_back(Item{position, std::move(slab)});
  while (bytes_ > bytes_max_ && items_.size() > 1) {
    bytes_ -= items_.front().slab->size();
    items_.pop_front();
  }
}

std::shared_ptr<const Slab> TailCache::find(std::uint32_t file, std::uint32_t place,
                                            JournalPosition* block) const {
  const JournalPosition wanted{file, place};
  auto it = std::upper_bound(items_.begin(), items_.end(), wanted,
                             [](const auto& at, const Item& item) { return at < item.position; });
  if (it == items_.begin()) return nullptr;
  --it;
  if (it->position.file != file || place - it->position.place >= it->slab->size()) return nullptr;
  *block = it->position;
  return it->slab;
}

}  // namespace twofold::engine
