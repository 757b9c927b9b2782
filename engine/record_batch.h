#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/ids.h"
#include "engine/record.h"

namespace twofold::engine {

/// Kafka record batch v2, the stored unit: the same bytes in journal, segment and fetch response.
/// Layout (big endian): baseOffset i64 @0, batchLength i32 @8, partitionLeaderEpoch i32 @12,
/// magic i8=2 @16, crc u32 @17, attributes i16 @21, lastOffsetDelta i32 @23, baseTimestamp i64 @27,
/// maxTimestamp i64 @35, producerId i64 @43, producerEpoch i16 @51, baseSequence i32 @53,
/// recordCount i32 @57, records @61. The crc is CRC-32C over [21, end).
inline constexpr std::size_t kBatchHeaderBytes = 61;
/// Bytes at which a coalesced batch is closed and the next one begins. A batch is read whole and
/// walked from its front, also for its last record: larger ones cost the reader of single messages
/// more than they save anybody else.
inline constexpr std::size_t kCoalescedBytesMax = 16 << 10;

/// The fixed fields of a batch whose length, magic and checksum were verified.
struct BatchHeader {
  std::int64_t base_offset;
  std::int32_t batch_length;
  std::int16_t attributes;
  std::int32_t last_offset_delta;
  std::int64_t base_timestamp;
  std::int64_t max_timestamp;
  std::int64_t producer_id;
  std::int16_t producer_epoch;
  std::int32_t base_sequence;
  std::int32_t record_count;

  std::size_t size() const { return static_cast<std::size_t>(batch_length) + 12; }
  Offset last_offset() const { return Offset{base_offset + last_offset_delta}; }
};

/// Reads and verifies the batch at the start of `bytes` (more may follow). Errors: data_damaged.
Result<BatchHeader> parse_batch(std::string_view bytes);
/// As above for a batch this process has verified before: fields only, no checksum.
BatchHeader batch_header(std::string_view bytes);

/// What a batch says of itself beside its records: kept when some of them are dropped.
struct BatchMarks {
  std::int16_t attributes = 0;  ///< without a codec
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::optional<WallTime> base_timestamp;  ///< absent: the first record's
};

/// Gathers records into one uncompressed batch. The records' offsets may have gaps (what remains of
/// a batch after acked messages were dropped), never steps back.
class BatchBuilder {
 public:
  explicit BatchBuilder(Offset base, const BatchMarks& marks = {});

  void add(Offset offset, const NewRecord& record);
  bool empty() const { return count_ == 0; }
  std::size_t bytes() const { return kBatchHeaderBytes + records_.size(); }
  std::int32_t count() const { return count_; }
  Offset base() const { return base_; }
  WallTime max_timestamp() const { return WallTime{max_timestamp_}; }

  /// Appends the finished batch to `out`. `last` keeps the end of a batch whose tail was dropped.
  void finish(std::string& out, std::optional<Offset> last = std::nullopt) const;

 private:
  Offset base_;
  BatchMarks marks_;
  std::int64_t base_timestamp_ = 0;
  std::int64_t max_timestamp_ = 0;
  std::int32_t last_delta_ = 0;
  std::int32_t count_ = 0;
  std::string records_;
};

/// The most bytes that `record` can take inside a batch.
std::size_t record_bytes_max(const NewRecord& record);

/// Walks the records of a verified, uncompressed batch. What it gives out are views into `batch`.
class BatchCursor {
 public:
  BatchCursor(std::string_view batch, Seq base_seq);
  /// The next record, nullopt after the last. A batch in log-append time gives every record that
  /// time. Errors: data_damaged when the records do not parse; the cursor is then of no further
  /// use.
  Result<std::optional<StoredRecord>> next();
  /// Leaves out the records before `offset`, at a fraction of the cost of reading them. What does
  /// not parse stops it: next() says so.
  void skip_before(Offset offset);

 private:
  std::string_view rest_;
  std::int64_t base_offset_ = 0;
  std::int64_t base_timestamp_ = 0;
  std::optional<std::int64_t> append_timestamp_;
  std::int64_t previous_delta_ = -1;
  std::int32_t last_delta_ = 0;
  std::int32_t left_ = 0;
  bool compressed_ = false;
  Seq base_seq_;
};

}  // namespace twofold::engine
