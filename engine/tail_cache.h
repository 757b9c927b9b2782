#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "engine/block.h"

namespace twofold::engine {

/// The newest blocks, kept in memory for readers until a budget evicts the oldest. A block that a
/// reader still holds lives on with the reader.
class TailCache {
 public:
  explicit TailCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Blocks come in journal order.
  void add(JournalPosition position, std::shared_ptr<const Slab> slab);
  /// The block that covers `place` in `file`; null when it was evicted. `block` receives its start.
  std::shared_ptr<const Slab> find(std::uint32_t file, std::uint32_t place,
                                   JournalPosition* block) const;
  std::size_t bytes() const { return bytes_; }

 private:
  struct Item {
    JournalPosition position;
    std::shared_ptr<const Slab> slab;
  };
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<Item> items_;
};

}  // namespace twofold::engine
