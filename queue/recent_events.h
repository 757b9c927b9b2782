#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "queue/client_names.h"
#include "queue/op.h"
#include "queue/views.h"

namespace twofold::queue {

/// The last changes of state of all queues together, since the broker started: for people who look.
/// 65,536 of 40 bytes, taken when the first comes; each is about a run of messages. The names of
/// those who received are kept once each, as long as a change speaks of them. Threads  the core.
class RecentEvents {
 public:
  static constexpr std::size_t kEventsMax = 1 << 16;
  static constexpr std::size_t kRunsMax = 64;  // of one change; what follows is left out

  void add(std::uint32_t queue, std::size_t partition, const Op& op, WallTime at,
           std::string_view client = {}) {
    std::visit([&](const auto& of) { add_op(queue, partition, of, at, client); }, op);
  }

  /// Those of one message, oldest first.
  std::vector<MessageEvent> of(std::uint32_t queue, MessageId id) const {
    std::vector<MessageEvent> events;
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const Entry& entry = ring_[(next_ + i) % ring_.size()];
      const auto partition = static_cast<std::int32_t>(entry.partition);
      if (entry.queue != queue || partition != id.partition.value()) continue;
      if (id.offset < entry.base || id.offset >= engine::advance(entry.base, entry.count)) continue;
      events.push_back({entry.kind, entry.at, entry.due, clients_.name(entry.client)});
    }
    return events;
  }
  /// Who received each of these last, in one pass over everything.
  std::vector<std::string> receivers(std::uint32_t queue,
                                     const std::vector<MessageId>& messages) const {
    std::vector<std::size_t> order(messages.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return messages[a] < messages[b]; });
    std::vector<std::string> names(messages.size());
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const Entry& entry = ring_[(next_ + i) % ring_.size()];
      if (entry.queue != queue || entry.kind != MessageEvent::Kind::received) continue;
      const MessageId first{PartitionId{entry.partition}, entry.base};
      const Offset end = engine::advance(entry.base, entry.count);
      auto at =
          std::lower_bound(order.begin(), order.end(), first,
                           [&](std::size_t a, const MessageId& b) { return messages[a] < b; });
      for (; at != order.end() && messages[*at].partition == first.partition &&
             messages[*at].offset < end;
           ++at)
        names[*at] = clients_.name(entry.client);
    }
    return names;
  }
  /// What happened before is not known.
  std::optional<WallTime> since() const {
    if (ring_.size() < kEventsMax) return std::nullopt;
    return ring_[next_].at;
  }

 private:
  struct Entry {
    WallTime at;
    Offset base;
    Instant due;
    std::uint32_t count;
    std::uint32_t queue;
    std::uint32_t client;
    std::uint16_t partition;
    MessageEvent::Kind kind;
  };
  static_assert(sizeof(Entry) == 40);

  template <class T>
  void add_op(std::uint32_t queue, std::size_t partition, const T& op, WallTime at,
              std::string_view client) {
    if constexpr (HasRuns<T>) {
      std::size_t runs = 0;
      for (const Run& run : op.runs) {
        if (++runs > kRunsMax) return;
        const auto count =
            static_cast<std::uint32_t>(std::min<std::int64_t>(run.count, UINT32_MAX));
        put({at, run.base, due_of(op), count, queue, clients_.take(client),
             static_cast<std::uint16_t>(partition), kind_of<T>()});
      }
    }
  }

  template <class T>
  static Instant due_of(const T& op) {
    if constexpr (requires { op.visible_at; }) return op.visible_at;
    if constexpr (requires { op.due; }) return op.due;
    return Instant{0};
  }

  template <class T>
  static constexpr MessageEvent::Kind kind_of() {
    using enum MessageEvent::Kind;
    if constexpr (std::is_same_v<T, ReceiveOp>) return received;
    if constexpr (std::is_same_v<T, AckOp>) return acked;
    if constexpr (std::is_same_v<T, NackOp>) return given_back;
    if constexpr (std::is_same_v<T, ExtendOp>) return extended;
    if constexpr (std::is_same_v<T, DelayOp>) return delayed;
    if constexpr (std::is_same_v<T, DeadOp>) return died;
    if constexpr (std::is_same_v<T, ReleaseOp>) return released;
    if constexpr (std::is_same_v<T, EditOp>) return edited;
    return revived;
  }

  void put(const Entry& entry) {
    if (ring_.size() < kEventsMax) {
      if (ring_.empty()) ring_.reserve(kEventsMax);
      ring_.push_back(entry);
      return;
    }
    clients_.give_back(ring_[next_].client);
    ring_[next_] = entry;
    next_ = (next_ + 1) % kEventsMax;
  }

  ClientNames clients_;
  std::vector<Entry> ring_;
  std::size_t next_ = 0;  // the oldest, once it is full
};

}  // namespace twofold::queue
