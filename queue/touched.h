#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "queue/due_heap.h"
#include "queue/runs.h"

namespace twofold::queue {

/// What is known of a touched message. Numbers are on disk (checkpoints) and never change.
enum class MarkKind : std::uint8_t {
  held = 1,     ///< received; a consumer has it until `due`, then it is ready again
  delayed = 2,  ///< ready at `due`: sent with a delay, nacked or released
  dead = 3,     ///< kept, not delivered
  acked = 4,    ///< done with before the never-delivered messages below it
};

struct Mark {
  engine::Instant due;
  engine::Instant first;        ///< when it was received first; 0 before that
  std::uint32_t nonce;          ///< of the newest delivery
  std::uint32_t receives : 24;  ///< how often it was delivered; stops counting at the limit
  std::uint32_t revived : 1;    ///< was done with or dead, and brought back
  std::uint32_t kind_ : 7;

  MarkKind kind() const { return static_cast<MarkKind>(kind_); }
  bool has_due() const { return kind() == MarkKind::held || kind() == MarkKind::delayed; }
  friend bool operator==(const Mark&, const Mark&) = default;
};
inline constexpr std::uint32_t kReceivesMax = (1u << 24) - 1;
Mark make_mark(MarkKind kind, engine::Instant due, std::uint32_t nonce, std::uint32_t receives,
               engine::Instant first = engine::Instant{0}, bool revived = false);
/// The same message as another kind.
inline Mark changed(const Mark& mark, MarkKind kind, engine::Instant due) {
  return make_mark(kind, due, mark.nonce, mark.receives, mark.first, mark.revived != 0);
}

/// What time has done.
struct Expired {
  std::vector<engine::Offset> used_up;
  Runs ready;  ///< in no order
  std::uint64_t timed_out = 0;  ///< of all of them: were held, not delayed
};

/// The messages of one log that were touched and are not done with: everything else is either never
/// delivered or acked, and costs nothing.
///
/// Kept by windows of 64 offsets. Inside a window, messages that share a mark share one group of 32
/// bytes: a batch receive is one group per window, single receives are up to 64. A message that
/// stays for ever pins its own window and nothing else. Every lookup is O(log windows) + O(groups
/// of one window), the last window is remembered.
///
/// "Ready" is not part of a mark: it follows from `due` and the time, so that a replay that knows
/// no time arrives at the same marks. expire() turns due into ready.
class Touched {
 public:
  struct Group {
    Bits bits;
    Mark mark;
  };
  struct Window {
    Bits taken = 0;                 ///< offsets that some group holds
    Bits ready = 0;                 ///< of those, the ones that are due and may be delivered
    Bits first = 0;                 ///< of those, the ones that were delivered once at most
    engine::Instant armed{kNever};  ///< earliest due in here that the heap knows of
    std::vector<Group> groups;
  };
  struct Counts {
    std::uint64_t held = 0, delayed = 0, dead = 0, acked = 0;  ///< not ready ones
    std::uint64_t ready = 0;
    std::uint64_t first = 0;  ///< of the ready ones: delivered once at most
    std::uint64_t& of(MarkKind kind);
    std::uint64_t alive() const { return held + delayed + dead + ready; }
    friend bool operator==(const Counts&, const Counts&) = default;
  };
  using Windows = std::map<std::int64_t, Window>;

  const Counts& counts() const { return counts_; }
  bool empty() const { return windows_.empty(); }
  const Windows& windows() const { return windows_; }
  const Window* find(std::int64_t window) const {
    return const_cast<Touched*>(this)->window(window);
  }
  Bits taken(std::int64_t window) const;
  std::optional<Mark> mark(engine::Offset o) const;
  bool is_ready(engine::Offset o) const;
  /// How many of [from, upto) are touched, acked ones included.
  std::int64_t count(engine::Offset from, engine::Offset upto) const;

  /// Marks messages that are not touched yet.
  void add(std::int64_t window, Bits bits, const Mark& mark);
  /// Gives those of `bits` that are touched the mark that change(mark) answers; nullopt forgets
  /// them.
  template <class Change>
  void change(std::int64_t window, Bits bits, Change change);
  /// Forgets everything before `upto`.
  void forget_before(engine::Offset upto);

  /// Makes ready what is due and lies before `visible_end`; about `limit` messages at most. Those
  /// delivered `receives_max` times (0: no limit) become no longer ready but are added to
  /// `used_up`, and the caller marks them dead in the same turn.
  void expire(engine::Instant now, engine::Offset visible_end, std::uint32_t receives_max,
              std::size_t limit, Expired& expired);
  /// When expire() has something to do; it may be in the past.
  std::optional<engine::Instant> next_due();
  /// [from, upto) became visible: what was due before it showed gets its chance.
  void rearm(engine::Offset from, engine::Offset upto);
  /// First window at or after `window` with messages that are ready, with such that were delivered
  /// once at most, with dead ones.
  std::optional<std::int64_t> ready_window(std::int64_t window) const;
  std::optional<std::int64_t> first_window(std::int64_t window) const;
  std::optional<std::int64_t> dead_window(std::int64_t window) const;
  Bits dead_bits(std::int64_t window) const;

  void write(engine::ByteWriter& out) const;
  bool read(engine::ByteReader& in);
  /// Counts everything again, by looking: for tests.
  Counts recount() const;

 private:
  static constexpr std::int64_t kNever = INT64_MAX;

  Window* window(std::int64_t index);
  void place(std::int64_t index, Window& window, Bits bits, const Mark& mark);
  void lift(std::int64_t index, Window& window, std::size_t group, Bits bits);
  static std::size_t group_of(const Window& window, Bits bit);
  void tidy(std::int64_t index, Window& window);
  void arm(std::int64_t index, Window& window, engine::Instant due);
  void disarm(Window& window);
  void set_ready(std::int64_t index, Window& window, Bits bits, Bits first);
  std::size_t expire_window(std::int64_t index, Window& window, engine::Instant now, Bits visible,
                            std::uint32_t receives_max, Expired& expired);
  bool read_window(engine::ByteReader& in, std::int64_t index);
  bool alive(const DueHeap::Item& item);

  Windows windows_;
  std::set<std::int64_t> ready_windows_;
  std::set<std::int64_t> first_windows_;
  std::set<std::int64_t> dead_windows_;
  DueHeap dues_;
  Counts counts_;
  std::int64_t last_index_ = -1;
  Window* last_ = nullptr;
};

template <class Change>
void Touched::change(std::int64_t index, Bits bits, Change change) {
  Window* const in = window(index);
  if (!in) return;
  // What was placed again is no longer pending, so a group never meets its own successor.
  for (Bits pending = bits & in->taken; pending != 0;) {
    const std::size_t at = group_of(*in, pending & (~pending + 1));
    const Bits hit = in->groups[at].bits & pending;
    const Mark before = in->groups[at].mark;
    pending &= ~hit;
    const std::optional<Mark> after = change(before);
    if (after && *after == before) continue;  // what is ready stays ready
    lift(index, *in, at, hit);
    if (after) place(index, *in, hit, *after);
  }
  tidy(index, *in);
}

}  // namespace twofold::queue
