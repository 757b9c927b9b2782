#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/clock.h"
#include "engine/read_plan.h"
#include "queue/message_groups.h"
#include "queue/record_filter.h"

namespace twofold::queue {

/// What a queue must know of a record before it can deliver it.
struct Seen {
  Offset offset;
  GroupHash group;  ///< 0: none
  bool matches;
  bool expired;
};

/// A stretch of a log that was looked at.
struct Look {
  Offset from{0};
  std::vector<Seen> seen{};                ///< in order of offset
  Offset upto{0};                          ///< the next look begins here
  std::optional<engine::Error> trouble{};  ///< met at `upto`
  std::uint32_t number = 0;                ///< of the beginning it belongs to
  bool again = false;                      ///< for groups that were cut
};

/// How records are looked at. Copied to whatever thread does it.
struct Looker {
  Order order = Order::none;
  std::shared_ptr<const RecordFilter> filter;  ///< may be null
  std::array<unsigned char, 16> key{};         ///< of the groups' hashes
  engine::WallTime now{0};

  /// Looks at the records from `from` on. Threads: any.
  Look look(const engine::Result<std::vector<engine::StoredBatch>>& batches, Offset from) const;
};

}  // namespace twofold::queue
