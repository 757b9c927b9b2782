#pragma once

#include <cstddef>
#include <cstdint>

#include "src/config/config.h"

namespace twofold {

/// What the broker's memory is given to, as far as there are accounts for it, in bytes.
///
/// With limits.memory = M: a quarter of M for request bodies, a quarter for accepted bytes that
/// wait for the journal, a sixteenth for the tail cache unless storage.tail_cache says it. The rest
/// is for what has no account: the delivery state of messages, answers that are being written,
/// buffers of connections. Bodies and the journal each get at least what one request of
/// http.max_body needs. With M = 0: 256 MiB, 256 MiB and storage.tail_cache.
struct MemoryBudgets {
  std::uint64_t bodies;
  std::size_t gathered;
  std::size_t tail_cache;

  /// All of them; consumers may go a quarter beyond what waits for the journal.
  std::uint64_t total() const { return bodies + gathered + gathered / 4 + tail_cache; }
};

MemoryBudgets memory_budgets(const Config& config);

}  // namespace twofold
