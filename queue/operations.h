#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "queue/messages.h"
#include "queue/record_filter.h"

namespace twofold::queue {

/// Moves what waits in a queue to another one in the background: dead letters back, mostly.
struct MoveRequest {
  std::string id;  ///< whatever the caller likes to call it
  std::string source;
  std::string destination{};                  ///< empty: each to the queue where it died
  std::optional<std::uint32_t> per_second{};  ///< absent: as fast as it goes
};
enum class MoveStatus { running, completed, cancelled, failed };
struct Move {
  MoveRequest request;
  MoveStatus status = MoveStatus::running;
  WallTime started{0};
  std::uint64_t moved = 0;
  std::uint64_t to_move = 0;  ///< what was ready when it began; it ends there
  std::optional<engine::Errc> failure{};
};

/// One thing done to many messages of a queue, in the background.
///   replay   acked ones are ready again
///   redrive  dead ones are
///   move     to another queue's own log: there and gone from here in one commit
///   purge    done with
enum class SweepAction { replay, redrive, move, purge };
struct SweepRequest {
  SweepAction action = SweepAction::replay;
  std::string queue{};
  /// Empty: acked ones are replayed, dead ones redriven, all but those in flight moved, and all
  /// purged.
  std::vector<MessageState> states{};
  std::vector<MessageId> ids{};    ///< only these, when there are any
  std::optional<WallTime> from{};  ///< by the records' timestamps
  std::optional<WallTime> upto{};
  std::shared_ptr<const RecordFilter> filter{};
  std::string destination{};                  ///< of a move; empty: each to the queue where it died
  std::optional<std::uint32_t> per_second{};  ///< absent: as fast as it goes
  bool dry_run = false;                       ///< counts, and changes nothing
  bool at_once = false;  ///< what is refused (a full disk) ends it, instead of being tried again
};
struct Sweep {
  std::uint64_t id = 0;
  SweepRequest request{};
  MoveStatus status = MoveStatus::running;
  WallTime started{0};
  std::optional<WallTime> ended{};
  std::uint64_t to_scan = 0;  ///< messages there were when it began, done with or not
  std::uint64_t scanned = 0;
  std::uint64_t matched = 0;  ///< and acted upon, unless it is a dry run
  std::uint64_t bytes = 0;    ///< of their keys, values and headers
  std::uint64_t unreadable = 0;
  /// Of a move without a destination: those that have no queue to go back to and, in an ordered
  /// queue, those of their group behind them, which must not go past.
  std::uint64_t stayed = 0;
  std::vector<MessageId> sample{};  ///< the first ten
  std::optional<engine::Error> failure{};
};

}  // namespace twofold::queue
