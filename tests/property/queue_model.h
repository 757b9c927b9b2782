#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queue/queues.h"

namespace twofold::queue {

/// Where a group stands in the ring of those with something to deliver. Whoever entered with a
/// smaller number comes first. A range, where it may have entered at any moment within it: several
/// became free at once, or a restart forgot the order.
struct ModelPlace {
  bool in_ring = false;
  bool touched = false;  // may have left and come back since it was looked at last
  std::uint64_t from = 0;
  std::uint64_t upto = 0;
  std::uint32_t weight = 0;       // fair: its messages in flight
  std::uint32_t deliverable = 0;  // messages that may go out
  // while counting
  bool stopped = false;
  std::uint32_t next_weight = 0;
};

struct ModelMessage {
  enum class Is : std::uint8_t {
    fresh,    ///< neither delivered nor delayed so far
    again,    ///< ready again
    held,     ///< somebody has it until `due`
    delayed,  ///< ready at `due`
    dead,
    leaving,  ///< acked, but a crash would bring it back
    gone,
  };
  Offset offset{-1};  // of what is not committed: not known yet
  std::uint32_t body = 0;
  std::uint32_t group = 0;  // 0: none
  Is is = Is::fresh;
  bool was_held = false;  // leaving or dying: counts as in flight
  bool was_dead = false;  // leaving: holds nobody up
  bool dying = false;     // dead, but a crash would bring it back
  bool blocked = false;   // ready, but behind others of its group
  bool put_off = false;   // given back since it was delivered
  bool is_letter = false;
  Instant due{0};
  std::size_t receipt = 0;  // hash of the newest one's text; 0: nobody holds one
  std::uint32_t receives = 0;
  std::uint32_t reason = 0;     // dead: 0 is "receives used up"
  std::uint32_t edit = 0;       // of its header "edited"; 0: it has none
  bool edit_in_record = false;  // it was edited before it came here
  // a letter: what its headers say
  std::uint32_t letter_receives = 0;
  std::uint32_t letter_reason = 0;
  std::uint32_t letter_queue = 0;
  Offset letter_offset{0};
  // order of arrival among those of a group that came from an ordered queue in one step
  std::uint64_t step = 0;
  Offset came_from{-1};
  ModelPlace place;  // of a message without group

  bool is_ready() const { return is == Is::fresh || is == Is::again; }
  bool counts_in_order() const {
    return is != Is::gone && !(is == Is::dead && !dying) && !(is == Is::leaving && was_dead);
  }
  bool comes_first() const { return is == Is::again && receives <= 1; }
  bool waits() const { return is == Is::held || is == Is::delayed; }
};

/// What was remembered of a deduplication id.
struct ModelId {
  std::uint32_t id;
  std::uint32_t group;  // 0 where ids are the queue's
  std::uint32_t body;   // of the first message
  Instant sent;
};

/// What a receive with an attempt id gave.
struct ModelAttempt {
  std::string id;
  std::vector<Offset> offsets;
  std::vector<std::size_t> receipts;
  Instant visible_at;
  Instant until;
};

/// One queue as the rules say it should be: one struct a message, linear scans. It decides from the
/// rules and knows nothing of how queue/ keeps its state.
///
///   key, strict  of a group the longest run from its oldest message on goes out of which none is
///                in flight, delayed, or acked but not durably so. Groups go in the order in which
///                they got something to deliver; a served group starts over at the end.
///   fair         of fresh messages, the oldest of a group with the fewest in flight; among equals
///                whoever has waited longest since its number changed.
///   none, fair   what is ready again after one delivery at most, oldest first. Of the others, of
///                four messages handed out one is ready again and three are fresh, as long as there
///                are both; those ready again in turn by offset, going round.
/// A new ring order, and where the turns begin, is anybody's guess after a restart: all are right.
///
/// With a small window not all that may go out is remembered: then a receive gives something if
/// there is anything, of each group the oldest, and whose turn it is, is not checked.
class ModelQueue {
 public:
  static constexpr std::uint32_t kGroups = 12;
  enum class Moment { together, in_order };

  std::string name;
  std::uint32_t number = 0;
  bool exists = false;
  bool has_small_window = false;
  bool target_exists = false;  // of its dead letters
  QueueConfig config;
  std::vector<ModelMessage> messages;  // committed, by offset; what is gone is not in it
  std::vector<ModelMessage> pending;   // in the log, but not committed
  std::vector<ModelId> ids;
  std::vector<ModelAttempt> attempts;
  Offset end{0};  // of what is committed

  bool partial() const { return has_small_window && config.order != Order::none; }
  /// 0: without end. What has no place to go does not die of it.
  std::uint32_t receives_max() const {
    return config.dead_letter.empty() || target_exists ? config.max_receives : 0;
  }
  /// Whoever was delivered that often already is not delivered again.
  void kill_used_up();
  bool ordered() const { return config.order == Order::key || config.order == Order::strict; }
  ModelMessage* find(Offset o);
  std::uint32_t deliverable() const { return deliverable_; }
  const QueueCounters& counters() const { return counters_; }
  /// The first moment after `now` at which something comes free.
  ModelPlace& place_of(const ModelMessage& message);
  std::optional<Instant> next_due(Instant now) const;

  /// Time has come to `now`: due messages are ready again, or dead when received often enough.
  void expire(Instant now);
  Instant expired_upto() const { return expired_upto_; }
  /// Something changed: who has something to deliver now, and how many are what.
  void recheck(Moment moment = Moment::together);
  void touch(const ModelMessage& message) { place_of(message).touched = true; }
  /// These went to a consumer who asked for `max`. Says what is wrong with that, if anything.
  std::string deliver(const std::vector<Offset>& got, std::size_t max, Instant visible_at,
                      const std::vector<std::size_t>& receipts);
  void die(ModelMessage& message, std::uint32_t reason);
  void erase_gone();
  /// Nobody knows any more whose turn it is.
  void forget_turns();
  void restart();
  const ModelId* first_of(std::uint32_t id, std::uint32_t group, Instant now) const;

 private:
  template <class Visit>
  void each_place(Visit visit);
  bool is_turn_of(const ModelPlace& place, const std::vector<const ModelPlace*>& served);
  std::string ring();
  std::string wrong_in_groups(const std::vector<Offset>& got);
  std::string wrong_in_order(const std::vector<Offset>& got);
  std::string wrong_in_turns(const std::vector<Offset>& got, std::size_t max);
  std::string wrong_first(const std::vector<Offset>& got, std::size_t max);
  std::string wrong_again(const std::vector<Offset>& got, std::size_t again, std::size_t fresh,
                          std::size_t max);
  std::string wrong_fresh(const std::vector<Offset>& got);
  std::string wrong_fair(const std::vector<Offset>& got);

  std::array<ModelPlace, kGroups + 1> groups_;
  std::uint64_t moment_ = 0;
  std::uint32_t deliverable_ = 0;
  QueueCounters counters_;
  Instant expired_upto_{0};
  std::uint32_t turns_ = 0xF;      // a bit for each turn of four that it may be
  std::optional<Offset> rotor_{};  // where those ready again go on; absent: anywhere
};

}  // namespace twofold::queue
