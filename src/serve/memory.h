#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "src/config/config.h"

namespace twofold {

/// What the broker's memory is given to, as far as there are accounts for it, in bytes.
///
/// With limits.memory = M: a quarter of M for request bodies, a quarter for accepted bytes that
/// wait for the journal, an eighth for large answers that wait for their reader, an eighth for the
/// delivery state of messages, a sixteenth for what ordered
/// and fair queues know of the messages that wait, a sixteenth for the tail cache unless
/// storage.tail_cache says it, a thirty-second each for requests with an Idempotency-Key, for
/// producers, and for keys that publishes expect something of, a sixty-fourth each for groups and
/// for readers that wait. The rest is for what has no account:
/// definitions, indexes, buffers of connections. Bodies and the journal each get at least what one
/// request of http.max_body needs. With M = 0: 256 MiB each, 50 million messages, and
/// storage.tail_cache. With M of the control group (follow_group()): the less of both, of each.
struct MemoryBudgets {
  std::uint64_t bodies = 0;
  std::size_t gathered = 0;
  std::uint64_t answers = 0;
  std::uint64_t marked_messages = 0;  ///< in flight, delayed or dead
  std::uint64_t ahead = 0;  ///< of messages that queues remember before they are received, / 16
  std::size_t tail_cache = 0;
  std::size_t requests = 0;   ///< requests with an Idempotency-Key
  std::size_t producers = 0;  ///< that number their records
  std::size_t keys = 0;       ///< whose newest records are expected
  std::size_t groups = 0;     ///< offsets and members
  std::size_t waiting = 0;    ///< readers that wait for records

  /// All that is in bytes; consumers may go a quarter beyond what waits for the journal.
  std::uint64_t total() const {
    return bodies + gathered + gathered / 4 + answers + tail_cache + requests + producers + keys +
           groups + waiting;
  }
};

MemoryBudgets memory_budgets(const Config& config);

/// Where limits.memory comes from that nobody has set.
inline constexpr std::string_view kOfControlGroup = "half the limit of the control group";

/// Whoever says nothing of memory means what there is: sets limits.memory to half of what the
/// control group allows. Answers how much that is; 0: it was said, or there is no such limit.
std::uint64_t follow_group(Config& config, std::optional<std::uint64_t> group_bytes);

}  // namespace twofold
