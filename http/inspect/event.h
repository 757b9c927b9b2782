#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/ids.h"

namespace twofold::http::inspect {

/// What can happen to what is looked at. docs/inspect.md says what each means to a message.
enum class EventType : std::uint8_t {
  appended,
  delivered,
  acked,
  moved,
  passed_over,
  nacked,
  expired,
  ready,
  extended,
  delayed,
  released,
  revived,
  edited,
  dead_lettered,
  queue_trimmed,
  purged,
  committed,
  positioned,
  joined,
  left,
  rebalanced,
  group_deleted,
  retention,
  attached,
  detached,
  configured,
  topic_created,
  topic_deleted,
  resync,  ///< never sent: what follows makes sense on top of a new snapshot only
};
inline constexpr std::size_t kEventTypes = static_cast<std::size_t>(EventType::resync) + 1;
std::string_view type_text(EventType type);

/// How many events of each type there were.
using Counts = std::array<std::uint64_t, kEventTypes>;

/// Who reads which partitions of the topic.
struct Assignment {
  std::int32_t generation = 0;
  std::string state;
  std::vector<std::pair<std::string, std::vector<std::int32_t>>> members;
};

/// One event, as plain data. Which of the fields mean something follows from the type; the names of
/// the topic and the queue are the view's.
struct Event {
  EventType type = EventType::resync;
  bool of_queue = false;  ///< appended: to the queue's own log
  std::int32_t partition = 0;
  std::uint32_t receives = 0;
  std::uint32_t group = 0;  ///< index among the view's groups
  engine::Offset offset{0};
  engine::WallTime at{0};   ///< when it happened
  engine::WallTime due{0};  ///< in flight or delayed until then
  std::string who{};        ///< consumer, member
  std::string text{};       ///< why it died; a member's client
  std::string to{};  ///< queue where it went; topic of a committed offset, of an attached queue
  std::shared_ptr<const Assignment> assignment{};
};

}  // namespace twofold::http::inspect
