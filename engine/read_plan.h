#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/ids.h"

namespace twofold::engine {

/// One record batch (Kafka v2, byte for byte) and the place of its first record in the total order.
/// The seq of a record is base_seq + (offset - base offset).
struct StoredBatch {
  std::shared_ptr<const void> keep_alive;
  std::string_view bytes;
  Seq base_seq;
};

/// Bytes that outlive their place: a journal file or a segment that can be read at leisure, on any
/// thread but the core, even after the broker has forgotten it.
class ColdSource {
 public:
  virtual ~ColdSource() = default;
  /// Reads stored batches of `log` that hold offsets in [from, upto), whole batches only, at least
  /// one, then as many as fit `bytes_max`. Blocking.
  /// `data_damaged` when what is there does not verify; Error::number is then the first offset
  /// behind the damage, where a reader who accepts the loss goes on. What is sound before it comes
  /// first.
  virtual Result<std::vector<StoredBatch>> read(LogId log, Offset from, Offset upto,
                                                std::size_t bytes_max) const = 0;
};

/// Everything sound that a plan names, and what was in the way of the rest.
struct Salvaged {
  std::vector<StoredBatch> batches;  ///< in offset order, with gaps
  std::optional<Error> trouble;      ///< the first met; absent: nothing is missing
  std::optional<Offset> cut{};       ///< what was left unread begins here
};

/// Stretches that did not verify when they were read back, of this process. Any thread.
std::uint64_t damaged_reads();

/// Where the bytes of a stretch of one log are: decided on the core, fetched on any other thread.
/// Holds what it names, so that trimming, draining and eviction cannot pull it away.
class ReadPlan {
 public:
  struct Piece {
    Offset from;                             ///< first wanted offset
    Offset upto;                             ///< one past the last wanted offset
    StoredBatch batch;                       ///< when in memory (cold is null)
    std::shared_ptr<const ColdSource> cold;  ///< else
    std::size_t bytes_max;
    std::uint64_t records = 0;  ///< of cold ones: that so many bytes hold; 0: not known
  };

  explicit ReadPlan(LogId log) : log_(log) {}
  LogId log() const { return log_; }
  bool empty() const { return pieces_.empty(); }
  /// Whether fetch() returns without touching a device.
  bool in_memory() const;
  void add(Piece piece) { pieces_.push_back(std::move(piece)); }
  const std::vector<Piece>& pieces() const { return pieces_; }

  /// The batches, in offset order. They may begin before the first wanted offset and end after the
  /// last: batches are stored whole. Blocking unless in_memory(); never on the core.
  Result<std::vector<StoredBatch>> fetch() const;
  /// As fetch(), for those who want single records and can do without some: does not end at the
  /// first trouble. Once it has read `bytes_max` from a device it reads no more.
  Salvaged salvage(std::size_t bytes_max = SIZE_MAX) const;

 private:
  LogId log_;
  std::vector<Piece> pieces_;
};

}  // namespace twofold::engine
