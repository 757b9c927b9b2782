#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/unique_function.h"
#include "engine/block.h"
#include "engine/read_plan.h"

namespace twofold::engine {

/// A block on its way to the device.
struct SealedBlock {
  std::shared_ptr<Slab> slab;
  std::uint64_t seq;
  JournalPosition position;
  std::size_t bytes() const { return slab->size(); }
};

/// What the journal is told to write next, and what is needed to write its header.
struct BlockPlan {
  JournalPosition position;
  std::uint64_t seq;
  std::uint64_t durable_seq;
  std::uint32_t prev_block_crc;
};

/// Where replay begins: the position after the last block that a checkpoint reflects.
struct ReplayStart {
  std::uint64_t next_seq = 1;
  JournalPosition position;  ///< of block next_seq, if it was written
  std::uint32_t prev_block_crc = 0;
};

/// Blocks that were acknowledged and do not verify.
struct DamagedBlocks {
  std::uint64_t first_seq;
  std::uint64_t upto_seq;      ///< one past the last
  JournalPosition position;    ///< where the first should stand
  std::uint64_t bytes = 0;     ///< that were lost at most, headers included
};

struct ReplayEnd {
  std::uint64_t next_seq = 1;
  JournalPosition position;
  std::uint32_t prev_block_crc = 0;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
  bool torn_tail = false;      ///< a write that was never acknowledged was cut off
  std::vector<DamagedBlocks> damaged;
};

/// A block that verified (or what could be salvaged of it), during replay.
struct ReplayedBlock {
  std::uint64_t seq;
  JournalPosition position;
  ClockReading sealed_at;
  std::string_view payload;           ///< entries
  std::shared_ptr<const Slab> slab;   ///< holds the payload
  bool salvage = false;               ///< the payload's checksum is wrong: check each entry
};

/// The first home of data: one ordered sequence of blocks, each kept whole or not at all.
///
/// Contract
///   plan_next()  the place of the next block: given on the one thread that decides.
///   write()      one block at a time; `written` when the kernel has it, `durable` when the device
///                has it. Requires ready().
///   failure      is final. After one failed write or sync nothing more becomes durable here: we no
///                longer know what the file holds, and guessing is how brokers lose data.
///   release()    files that end before `file` are no longer needed and may be recycled.
/// Threads   called on the core and completes there; replay() blocks and comes before everything.
class Journal {
 public:
  using Done = UniqueFunction<void(Result<>)>;

  virtual ~Journal() = default;
  /// Reads blocks from `from` in order. Tells a torn tail (cut off silently) from damaged
  /// acknowledged data (reported, skipped, everything sound after it kept).
  /// `durable_seq` is what a checkpoint or clean stop knows to have been on the device.
  virtual Result<ReplayEnd> replay(const ReplayStart& from, std::uint64_t durable_seq,
                                   const std::function<Result<>(const ReplayedBlock&)>& visit) = 0;
  /// Opens for writing after replay.
  virtual Result<> open(const ReplayEnd& end, std::uint64_t incarnation) = 0;

  /// Whether a block of `bytes` can be handed over now.
  virtual bool ready(std::size_t bytes) const = 0;
  /// Where a block of at most `bytes` goes. Requires ready(bytes).
  virtual BlockPlan plan_next(std::size_t bytes) = 0;
  virtual std::uint64_t stream_id() const = 0;
  virtual std::uint64_t incarnation() const = 0;
  virtual void write(SealedBlock block, std::uint32_t header_crc, Done written, Done durable) = 0;
  /// Called whenever ready() may have become true again (beyond write completions).
  virtual void on_ready(UniqueFunction<void()> call) = 0;

  /// Blocks stored entries: reads them back once they left memory. Any thread but the core.
  struct Stretch {
    std::uint32_t place;  ///< of the entry in the file
    std::uint32_t bytes;  ///< header and payload
    Offset upto;          ///< one past the batch's last offset
  };
  virtual std::shared_ptr<const ColdSource> stored(std::uint32_t file,
                                                   std::vector<Stretch> entries) = 0;
  virtual std::uint32_t current_file() const = 0;
  virtual std::uint32_t oldest_file() const = 0;
  virtual void release(std::uint32_t file) = 0;
  /// Whether the device refused room for a file to come. What is reserved still takes acks.
  virtual bool out_of_room() const = 0;
  /// Makes the next file for a block of `bytes` that does not fit any more; on_ready() tells.
  virtual void make_ready(std::size_t bytes) = 0;
  /// Asks the device again.
  virtual void retry_room() = 0;
  /// How the file is written, for the start line: "direct" or "buffered".
  virtual const char* mode() const = 0;
};

}  // namespace twofold::engine
