#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/call.h"
#include "log/position.h"
#include "queue/record_filter.h"

namespace twofold::http {

/// What a reader has made of one record.
enum class Mark : std::uint8_t {
  filtered,      ///< its filter does not want it
  before_start,  ///< older than where the queue began to read
  done,          ///< acked, or before the group's committed offset
  dead,
  in_flight,
  waiting,  ///< was delivered before, and will be again
  never_read
};
inline constexpr std::size_t kMarks = 7;

/// One reader of a topic, and what it has made of the records that were looked at.
struct CoverageReader {
  bool is_queue;
  std::string name;
  std::shared_ptr<const queue::RecordFilter> filter{};
  std::array<std::uint64_t, kMarks> counts{};
  std::vector<Mark> marks{};  ///< of the records at hand

  std::uint64_t count(Mark mark) const { return counts[static_cast<std::size_t>(mark)]; }
  /// Records that it wants.
  std::uint64_t matched() const;
};

/// Which records two readers are done with.
struct Comparison {
  static constexpr std::size_t kSampleMax = 10;
  std::uint64_t both = 0;
  std::uint64_t only_first = 0;
  std::uint64_t only_second = 0;
  std::uint64_t neither = 0;
  std::vector<std::string> sample_first;  ///< ids of some of those
  std::vector<std::string> sample_second;

  void add(engine::PartitionId partition, const std::vector<engine::Offset>& offsets,
           const CoverageReader& first, const CoverageReader& second);
};

/// The queues and groups that read a topic, or the two that `compare` names ("billing,analytics";
/// "queue:x" and "group:x" where a name means both).
Task<Try<std::vector<CoverageReader>>> coverage_readers(Call& call, std::string topic,
                                                        std::optional<std::string> compare);

/// Some records of one partition, as they were found.
struct CoverageChunk {
  engine::PartitionId partition;
  std::vector<engine::Offset> offsets;
  engine::Offset next;   ///< where to go on
  bool damaged = false;  ///< what lies between the last one and `next` cannot be read
};

/// Reads up to a thousand records, or `most`, from `at` on, evaluates the filters off the core, and
/// asks each reader on the core what it has made of them: their marks, added to their counts.
Task<Try<CoverageChunk>> cover(Call& call, const std::string& topic, log::PartitionPosition at,
                               engine::Offset to, std::size_t most,
                               std::vector<CoverageReader>& readers);

}  // namespace twofold::http
