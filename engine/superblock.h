#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/file_system.h"
#include "engine/block.h"

namespace twofold::engine {

/// The format of a whole data directory: the newest is what this program writes, and what it makes
/// of an older one when it starts on it. The structures inside have versions of their own.
inline constexpr std::uint32_t kFormatVersion = 3;
inline constexpr std::uint32_t kFormatVersionOldest = 1;

/// A checkpoint file and what must be true of it. The checksum outside the thing finds a write that
/// was lost or went elsewhere.
struct CheckpointRef {
  std::uint64_t id = 0;  ///< 0: none
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
  std::uint64_t block_seq = 0;       ///< newest block it reflects
  JournalPosition position;          ///< where the block after that stands
  std::uint32_t prev_block_crc = 0;  ///< header checksum of block_seq
  std::uint32_t oldest_file = 0;     ///< oldest journal file that it or its replay needs
};

/// What a data directory is and where recovery starts.
struct Superblock {
  std::uint64_t generation = 0;
  std::array<std::uint64_t, 2> uuid{};
  std::uint64_t stream_id = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t durable_seq = 0;  ///< blocks up to this were on the device when it was written
  bool clean = false;             ///< the last stop was orderly: a hint and a witness, no more
  CheckpointRef newest;
  CheckpointRef previous;
  std::uint32_t format = kFormatVersion;  ///< as it was found; the next one is written in our own
};

std::string encode_superblock(const Superblock& block);
/// data_damaged when it does not verify, newer_version (which names `file`) when a Twofold wrote it
/// whose format this one does not read.
Result<Superblock> decode_superblock(std::string_view bytes,
                                     std::string_view file = "a superblock");

/// One of the two files of a superblock, as it is found.
struct SuperblockSlot {
  std::string name;
  bool there = false;        ///< false: it was never written, or is gone
  Result<Superblock> block;  ///< data_damaged also when only what fills the file up has changed
};

/// The superblock in two files, written in turn: a torn or rotten one never costs more than one
/// generation, and the one before names what is kept as long. Blocking; one thread at a time.
class SuperblockStore {
 public:
  explicit SuperblockStore(FileSystem& fs) : fs_(fs) {}
  /// The newest valid one; nullopt when there is none at all. newer_version refuses, and io when
  /// one is there that cannot be read: the next start may be luckier, and this one would write over
  /// it.
  Result<std::optional<Superblock>> load();
  /// Both files, each by itself: for those who look whether all of it is sound. Errors: io.
  Result<std::array<SuperblockSlot, 2>> slots();
  /// Writes the next generation, synced with its name.
  Result<> store(Superblock& block);

 private:
  FileSystem& fs_;
};

}  // namespace twofold::engine
