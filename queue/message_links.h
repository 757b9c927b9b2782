#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <vector>

#include "engine/base/ids.h"
#include "queue/runs.h"

namespace twofold::queue {

/// How a message stands, as far as the order of delivery is concerned.
enum class Standing : std::uint8_t {
  unknown,  ///< not remembered
  ready,
  busy,  ///< in flight or delayed
  gone,  ///< acked or dead
};

/// What is remembered of one message: its group, how it stands, and the next one of the group.
struct Link {
  engine::Offset next{-1};  ///< -1: none
  std::uint32_t group = 0;
  Standing standing = Standing::unknown;
  bool listed = false;     ///< in the list of its group
  bool delivered = false;  ///< fair: since it was listed; it only waits to leave the list
};

/// Links by offset: those of 64 offsets lie side by side, in a window that goes when its last link
/// does. 16 bytes a message where messages lie close together, nine times that where each lies
/// alone. References last until another link of the window comes or goes.
class MessageLinks {
 public:
  Link* find(engine::Offset o) {
    Window* const in = window(window_of(o));
    if (!in || (in->taken & bit_of(o)) == 0) return nullptr;
    return &in->links[place(*in, o)];
  }
  const Link* find(engine::Offset o) const { return const_cast<MessageLinks*>(this)->find(o); }

  /// A link for a message that has none.
  Link& add(engine::Offset o) {
    Window* in = window(window_of(o));
    if (!in) {
      last_index_ = window_of(o);
      last_ = in = &windows_[last_index_];
    }
    capacity_ -= in->links.capacity();
    const auto at = in->links.begin() + static_cast<std::ptrdiff_t>(place(*in, o));
    Link& link = *in->links.insert(at, Link{});
    capacity_ += in->links.capacity();
    in->taken |= bit_of(o);
    ++size_;
    return link;
  }

  void erase(engine::Offset o) {
    Window& in = *window(window_of(o));
    in.links.erase(in.links.begin() + static_cast<std::ptrdiff_t>(place(in, o)));
    in.taken &= ~bit_of(o);
    --size_;
    if (in.taken == 0) {
      capacity_ -= in.links.capacity();
      last_index_ = -1;
      windows_.erase(window_of(o));
    } else if (in.links.size() * kSlack <= in.links.capacity()) {
      capacity_ -= in.links.capacity();
      in.links.shrink_to_fit();
      capacity_ += in.links.capacity();
    }
  }

  std::size_t size() const { return size_; }
  /// What they take, in links.
  std::size_t weight() const { return capacity_ + kWindowWeight * windows_.size(); }

  /// Calls visit(offset) for each link before `upto`, in order; visit may erase that link and
  /// others.
  template <class Visit>
  void each_before(engine::Offset upto, Visit visit) {
    for (auto at = windows_.begin(); at != windows_.end() && window_base(at->first) < upto;) {
      const std::int64_t index = at->first;
      for (Bits bits = at->second.taken & bits_before(index, upto); bits != 0; bits &= bits - 1)
        visit(engine::advance(window_base(index), std::countr_zero(bits)));
      at = windows_.upper_bound(index);
    }
  }

 private:
  static constexpr std::size_t kWindowWeight = 6;  // the window itself, in links
  static constexpr std::size_t kSlack = 4;

  struct Window {
    Bits taken = 0;
    std::vector<Link> links;  // in order of offset
  };

  static std::size_t place(const Window& in, engine::Offset o) {
    return static_cast<std::size_t>(std::popcount(in.taken & (bit_of(o) - 1)));
  }
  Window* window(std::int64_t index) {
    if (index == last_index_) return last_;
    const auto found = windows_.find(index);
    if (found == windows_.end()) return nullptr;
    last_index_ = index;
    last_ = &found->second;
    return last_;
  }

  std::map<std::int64_t, Window> windows_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::int64_t last_index_ = -1;
  Window* last_ = nullptr;
};

}  // namespace twofold::queue
