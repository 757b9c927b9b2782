#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "queue/queues.h"

namespace twofold::queue {

/// A move, and what it is called inside.
struct MoveTask {
  std::uint64_t number = 0;
  std::uint32_t source = 0;  ///< the queue's id: its name may come to mean another
  Move move{};
  Instant patient_until{0};  ///< after a restart: what it held then comes back until that time
  bool one_by_one = false;   ///< a read of several failed: find out which one it was
  /// Receipts of messages that have no queue to go back to. They are held until the move ends, so
  /// that it does not meet them again, and so that nothing of their group goes past them.
  std::vector<std::string> stepped_over{};
  Instant held_until{0};  ///< for this long, of the first of them
};

/// What the catalog keeps of a move, under "move/<number>". Bytes: twofold.catalog.Move.
std::string encode_move(const MoveTask& task);
/// Errors: data_damaged.
Result<MoveTask> decode_move(std::string_view bytes);

}  // namespace twofold::queue
