#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "queue/delivery.h"
#include "queue/leaving.h"
#include "queue/message_links.h"

namespace twofold::queue {

/// A keyed hash of a group's name; 0 is "no group". Two groups that share one wait for each other:
/// at a million groups that happens once in forty million brokers.
using GroupHash = std::uint64_t;

/// Whose turn it is among the message groups of one log. Derived from the log and from Delivery,
/// never journaled: after a restart the log is read again.
///
///   Order::key   of a group the longest run of messages from its oldest on goes out of which none
///                is in flight or delayed. Groups with something to deliver stand in a ring: the
///                first is served, as many of its messages as fit, then the next. Served, a group
///                leaves the ring; it comes back at the end when something of it may go out.
///   Order::fair  of messages never delivered, one of the group with the fewest in flight, round
///                robin among equals. Those that are ready again are not told apart.
///
/// Not everything is remembered. Of a group that takes more than its share of the room only the
/// beginning is: it is cut, and knows from which offset on it has to be read again, which happens
/// before it runs out. So a group that nobody finishes does not keep the others from being read.
///
/// Contract
///   add()      every message of the log that is not done with, oldest first.
///   changed()  after every change of a message's state, served() after a delivery instead.
///   choose()   changes nothing.
///   missing_from() says where the log must be read again; then find_missing() each message from
///              there on, oldest first, and found_upto().
/// Costs     O(1) for each message and each change, O(log) of how many different numbers of
///           messages in flight there are in fair queues, and of how many groups are cut; 16 bytes
///           a message, 80 a group.
/// Threads   the core.
class MessageGroups {
 public:
  /// `rule` is not none; strict is one group that every message is in.
  explicit MessageGroups(Order rule) : rule_(rule), ordered_(rule != Order::fair) {}

  // -- message_groups.cc
  void add(Offset o, GroupHash group, const Delivery& state);
  void changed(Offset o, const Delivery& state);
  void changed(const Runs& runs, const Delivery& state);
  /// `offsets` were delivered, in this order.
  void served(const std::vector<Offset>& offsets, const Delivery& state);
  /// Acked, but a crash could bring them back: they do not go out, nor does what is behind them in
  /// an ordered queue until let_go().
  void hold(const Runs& runs, const Delivery& state);
  void let_go(const Runs& runs, const Delivery& state);
  /// The state of everything before `upto` changed: it is done with.
  void forget_before(Offset upto, const Delivery& state);
  /// Groups that know of no message, but still of those that are held.
  std::unique_ptr<MessageGroups> anew(Order rule);

  Order rule() const { return rule_; }
  bool ordered() const { return ordered_; }
  /// The oldest that is held.
  std::optional<Offset> first_held() const { return leaving_.first(); }
  bool has_ready() const { return !rings_.empty(); }
  /// Ready messages that wait behind others of their group.
  std::uint64_t blocked() const { return blocked_; }
  /// Messages remembered.
  std::size_t size() const { return links_.size(); }
  bool knows(Offset o) const { return links_.find(o) != nullptr; }
  /// Of those: in flight or delayed, in an ordered queue.
  std::size_t busy() const { return busy_; }
  /// What the others take, in units of 16 bytes. Of a fair queue only what was never delivered
  /// counts: what was is accounted for as delivery state.
  std::size_t weight() const;

  // -- message_groups_choose.cc
  /// Up to `max` messages in the order of their delivery. Of a fair queue none that was delivered
  /// before; with `again`, of an ordered one none that was never.
  std::vector<Offset> choose(std::size_t max, const Delivery* again = nullptr) const;
  /// What keeps `o` back: the first message of its group that is in flight or delayed and lies
  /// before it; nullopt when there is none, or `o` is not known here.
  std::optional<Offset> blocker(Offset o) const;

  // -- message_groups_cut.cc
  /// Whether a few groups take so much room that others may be waiting behind what was read.
  bool crowded() const;
  /// Makes room for others: afterwards all this weighs less than half of `limit`, in weight().
  void cut(std::size_t limit);
  bool misses_some() const { return pass_.runs || !queued_.empty(); }
  /// Where the log has to be read again; nullopt: nowhere.
  std::optional<Offset> missing_from();
  void find_missing(Offset o, GroupHash group, const Delivery& state);
  /// Everything before `upto` was. What lies from `end` on comes by add().
  void found_upto(Offset upto, Offset end);

 private:
  static constexpr std::uint32_t kNobody = UINT32_MAX;
  static constexpr Offset kNone{-1};

  struct Group {
    GroupHash hash = 0;
    Offset head{-1};  // of the list of its messages
    Offset tail{-1};
    Offset cut{-1};        // its messages from here on are not remembered
    Offset queued_at{-1};  // its place among those that must be read again
    std::uint32_t listed = 0;
    std::uint32_t gone = 0;     // of the listed ones
    std::uint32_t busy = 0;     // ordered: of the listed ones; fair: in flight
    std::uint32_t loose = 0;    // fair: remembered, but delivered before
    std::uint32_t blocked = 0;  // its share of blocked_
    std::uint32_t weight = 0;   // the ring it stands in
    std::uint32_t prev = kNobody;
    std::uint32_t next = kNobody;
    std::uint32_t passed_by = 0;  // the pass that goes on without it
    bool in_ring = false;
    bool is_sparse = false;  // a pass found little of it: again only when there is nothing left
    bool rides = false;      // the pass looks for its messages
    bool is_starved = false;
  };
  struct Ring {
    std::uint32_t first = kNobody;
    std::uint32_t last = kNobody;
  };
  /// The log is read again, from `from` on, for all groups that were cut behind that at once.
  struct Pass {
    bool runs = false;
    std::uint32_t number = 0;
    std::uint32_t reads = 0;
    Offset from{0};
    Offset at{0};
  };
  struct Turn;

  Standing standing(Offset o, const Delivery& state) const;
  std::uint32_t group_of(GroupHash hash);
  void remember(Offset o, std::uint32_t slot, Standing now, bool lists);
  void append(Group& group, Offset o, Link& link);
  void drop_head(Group& group);
  void update(Offset o, Link& link, const Delivery& state);
  void set(Link& link, Standing standing);
  void recheck(std::uint32_t slot);
  void enter(std::uint32_t slot, std::uint32_t weight);
  void leave(std::uint32_t slot);
  void count_blocked(Group& group);
  void drop_gone(Group& group);
  std::uint32_t prefix_of(const Group& group) const;
  void choose_ordered(std::size_t max, const Delivery* again, std::vector<Offset>& chosen) const;
  void choose_fair(std::size_t max, std::vector<Offset>& chosen) const;
  void shorten(std::uint32_t slot);
  void forget_rest(Group& group, Offset from);
  std::uint32_t waiting_of(const Group& group) const;
  bool is_on_the_way(const Group& group) const;
  bool wants_more(const Group& group) const;
  void recheck_cut(std::uint32_t slot);
  void end_pass(bool at_end);

  const Order rule_;
  const bool ordered_;
  MessageLinks links_;
  Leaving leaving_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<GroupHash, std::uint32_t> by_hash_;
  std::map<std::uint32_t, Ring> rings_;  // by weight; key queues have one
  std::uint64_t blocked_ = 0;
  std::size_t listed_ = 0;  // messages in the lists of all groups
  std::size_t busy_ = 0;
  std::size_t in_rings_ = 0;  // groups

  std::uint32_t share_ = 0;  // messages that a group may remember once it was cut
  std::set<std::pair<Offset, std::uint32_t>> queued_;  // cut groups that want more, by where
  std::set<std::uint32_t> riders_;                     // those that the pass is for
  std::size_t starved_ = 0;                            // of them: that have nothing
  Pass pass_;
};

}  // namespace twofold::queue
