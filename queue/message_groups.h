#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "queue/delivery.h"
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
/// Contract
///   add()      every message of the log that is not done with, oldest first.
///   changed()  after every change of a message's state, served() after a delivery instead.
///   choose()   changes nothing.
/// Costs     O(1) for each message and each change, O(log) of how many different numbers of
///           messages in flight there are in fair queues; 16 bytes a message, 64 a group.
/// Threads   the core.
class MessageGroups {
 public:
  /// `rule` is not none; strict is one group that every message is in.
  explicit MessageGroups(Order rule) : ordered_(rule != Order::fair) {}

  void add(Offset o, GroupHash group, const Delivery& state);
  void changed(Offset o, const Delivery& state);
  void changed(const Runs& runs, const Delivery& state);
  /// `offsets` were delivered, in this order.
  void served(const std::vector<Offset>& offsets, const Delivery& state);
  /// Acked, but a crash could bring them back: they do not go out, nor does what is behind them in
  /// an ordered queue until changed().
  void hold(const Runs& runs, const Delivery& state);
  /// The state of everything before `upto` changed: it is done with.
  void forget_before(Offset upto, const Delivery& state);

  bool ordered() const { return ordered_; }
  bool has_ready() const { return !rings_.empty(); }
  /// Up to `max` messages in the order of their delivery. Of a fair queue none that was delivered
  /// before; with `again`, of an ordered one none that was never.
  std::vector<Offset> choose(std::size_t max, const Delivery* again = nullptr) const;
  /// Ready messages that wait behind others of their group.
  std::uint64_t blocked() const { return blocked_; }
  /// Messages remembered.
  std::size_t size() const { return links_.size(); }
  /// What that takes, in units of 16 bytes. Of a fair queue only what was never delivered counts:
  /// what was is accounted for as delivery state.
  std::size_t weight() const;
  /// Groups of the same rule that know of no message.
  std::unique_ptr<MessageGroups> empty_one() const;
  /// What keeps `o` back: the first message of its group that is in flight or delayed and lies
  /// before it; nullopt when there is none, or `o` is not known here.
  std::optional<Offset> blocker(Offset o) const;

 private:
  static constexpr std::uint32_t kNobody = UINT32_MAX;

  struct Group {
    GroupHash hash = 0;
    Offset head{-1};  // of the list of its messages
    Offset tail{-1};
    std::uint32_t listed = 0;
    std::uint32_t gone = 0;     // of the listed ones
    std::uint32_t busy = 0;     // ordered: of the listed ones; fair: in flight
    std::uint32_t loose = 0;    // fair: remembered, but delivered before
    std::uint32_t blocked = 0;  // its share of blocked_
    std::uint32_t weight = 0;   // the ring it stands in
    std::uint32_t prev = kNobody;
    std::uint32_t next = kNobody;
    bool in_ring = false;
  };
  struct Ring {
    std::uint32_t first = kNobody;
    std::uint32_t last = kNobody;
  };
  struct Turn;

  Standing standing(Offset o, const Delivery& state) const;
  std::uint32_t group_of(GroupHash hash);
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

  const bool ordered_;
  MessageLinks links_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<GroupHash, std::uint32_t> by_hash_;
  std::map<std::uint32_t, Ring> rings_;  // by weight; key queues have one
  std::uint64_t blocked_ = 0;
  std::size_t listed_ = 0;  // messages in the lists of all groups
};

}  // namespace twofold::queue
