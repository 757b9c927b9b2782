#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "engine/base/ids.h"

namespace twofold::queue {

/// How a message stands, as far as the order of delivery is concerned.
enum class Standing : std::uint8_t {
  unknown,  ///< not remembered
  ready,
  busy,     ///< in flight or delayed
  gone,     ///< acked or dead
};

/// What is remembered of one message: its group, how it stands, and the next one of the group.
struct Link {
  engine::Offset next{-1};  ///< -1: none
  std::uint32_t group = 0;
  Standing standing = Standing::unknown;
  bool listed = false;     ///< in the list of its group
  bool delivered = false;  ///< fair: since it was listed; it only waits to leave the list
};

/// Links by offset, in chunks of 128 that go when their last link does: 16 bytes a message where
/// messages lie close together. References last until the link is erased.
class MessageLinks {
 public:
  Link* find(engine::Offset o) {
    Chunk* const in = chunk(o);
    if (!in) return nullptr;
    Link& link = in->links[place(o)];
    return link.standing == Standing::unknown ? nullptr : &link;
  }
  const Link* find(engine::Offset o) const { return const_cast<MessageLinks*>(this)->find(o); }

  /// A link for a message that has none.
  Link& add(engine::Offset o) {
    Chunk* in = chunk(o);
    if (!in) {
      in = (chunks_[o.value() >> kShift] = std::make_unique<Chunk>()).get();
      last_index_ = o.value() >> kShift;
      last_ = in;
    }
    ++in->count;
    ++size_;
    return in->links[place(o)];
  }

  void erase(engine::Offset o) {
    Chunk* const in = chunk(o);
    in->links[place(o)] = Link{};
    --size_;
    if (--in->count > 0) return;
    last_index_ = -1;
    chunks_.erase(o.value() >> kShift);
  }

  std::size_t size() const { return size_; }
  /// Links there is room for in the chunks that are held.
  std::size_t weight() const { return chunks_.size() * static_cast<std::size_t>(kChunk); }

  /// Calls visit(offset) for each link before `upto`, in order; visit may erase that link.
  template <class Visit>
  void each_before(engine::Offset upto, Visit visit) {
    while (!chunks_.empty()) {
      const std::int64_t index = chunks_.begin()->first;
      for (std::int64_t at = 0; at < kChunk; ++at) {
        const engine::Offset o{(index << kShift) + at};
        if (o >= upto) return;
        if (find(o)) visit(o);
      }
      if (!chunks_.empty() && chunks_.begin()->first == index) return;  // somebody kept one
    }
  }

 private:
  static constexpr int kShift = 7;
  static constexpr std::int64_t kChunk = 1 << kShift;

  struct Chunk {
    std::array<Link, kChunk> links;
    std::uint32_t count = 0;
  };

  static std::size_t place(engine::Offset o) {
    return static_cast<std::size_t>(o.value() & (kChunk - 1));
  }
  Chunk* chunk(engine::Offset o) {
    const std::int64_t index = o.value() >> kShift;
    if (index == last_index_) return last_;
    const auto found = chunks_.find(index);
    if (found == chunks_.end()) return nullptr;
    last_index_ = index;
    last_ = found->second.get();
    return last_;
  }

  std::map<std::int64_t, std::unique_ptr<Chunk>> chunks_;
  std::size_t size_ = 0;
  std::int64_t last_index_ = -1;
  Chunk* last_ = nullptr;
};

}  // namespace twofold::queue
