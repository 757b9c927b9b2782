#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/ids.h"

namespace twofold::log {

using engine::Duration;
using engine::Instant;
using engine::Offset;
using engine::PartitionId;
using engine::Result;

/// How far a group is in agreeing on who reads what; the names are Kafka's.
///   empty                  nobody is in it (there may be offsets)
///   preparing_rebalance    waits for its members: to join again, or to let partitions go
///   completing_rebalance   everybody joined; the leader's assignment is awaited
///   stable                 everybody knows what to read
///   dead                   there is no such group
/// empty -> preparing -> completing -> stable -> preparing ...; preparing -> empty.
enum class GroupState : std::uint8_t {
  empty,
  preparing_rebalance,
  completing_rebalance,
  stable,
  dead,
};
std::string_view state_name(GroupState state);

/// Who decides which member reads which partition. A group has members of one kind at a time.
enum class GroupKind : std::uint8_t {
  none,     ///< no members
  classic,  ///< the leader among the clients (JoinGroup, SyncGroup)
  broker,   ///< the broker (REST, WebSocket)
};

/// A partition as a group knows it: by the topic's id, which is never used again.
struct PartitionKey {
  std::uint32_t topic_id;
  PartitionId partition;

  friend auto operator<=>(const PartitionKey&, const PartitionKey&) = default;
};

inline constexpr Duration kSessionMin = std::chrono::seconds{1};
inline constexpr Duration kSessionDefault = std::chrono::seconds{45};
inline constexpr Duration kSessionMax = std::chrono::minutes{30};

}  // namespace twofold::log
