#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/file_segments.h"
#include "engine/record_batch.h"
#include "engine/segment_store.h"

namespace twofold::engine {

/// A batch of `count` records with values of `value_bytes`, all of one time.
inline StoredBatch make_batch(std::int64_t first, int count, std::size_t value_bytes = 10,
                              std::int64_t time = 1000) {
  BatchBuilder builder(Offset{first});
  for (int i = 0; i < count; ++i) {
    const std::string value(value_bytes, static_cast<char>('a' + (first + i) % 26));
    builder.add(Offset{first + i}, {std::nullopt, value, {}, WallTime{time}});
  }
  auto bytes = std::make_shared<std::string>();
  builder.finish(*bytes);
  const std::string_view view = *bytes;
  return {std::move(bytes), view, Seq{static_cast<std::uint64_t>(1000 + first)}};
}

/// The base offsets of batches, which must verify.
inline std::vector<std::int64_t> bases(const std::vector<StoredBatch>& batches) {
  std::vector<std::int64_t> out;
  for (const auto& batch : batches) {
    const auto header = parse_batch(batch.bytes);
    EXPECT_TRUE(header);
    if (!header) continue;
    EXPECT_EQ(batch.base_seq.value(), static_cast<std::uint64_t>(1000 + header->base_offset));
    out.push_back(header->base_offset);
  }
  return out;
}

struct LogBatches {
  LogId log;
  std::vector<StoredBatch> batches;
};

/// Writes and opens a segment; stops the test when that fails.
inline std::shared_ptr<const Segment> write_segment(SegmentStore& store, SegmentId id,
                                                    const std::vector<LogBatches>& logs) {
  auto writer = store.create(id);
  TF_CHECK(writer.has_value());
  for (const auto& [log, batches] : logs) {
    for (const auto& batch : batches) {
      const auto added = (*writer)->add(log, batch, WallTime{5000});
      TF_CHECK(added.has_value());
    }
  }
  const auto finished = (*writer)->finish();
  TF_CHECK(finished.has_value());
  auto segment = store.open(id);
  TF_CHECK(segment.has_value());
  return *segment;
}

/// Reads [from, upto) in portions as a reader does: on from the end of what it got, and on behind
/// what is damaged. Gives the base offsets and counts the damaged stretches.
struct ReadAll {
  std::vector<std::int64_t> bases;
  std::vector<std::string> damage;
};
inline ReadAll read_everything(const Segment& segment, LogId log, Offset from, Offset upto,
                               std::size_t bytes_max = 1 << 20) {
  ReadAll all;
  while (from < upto) {
    const auto read = segment.read(log, from, upto, bytes_max);
    if (!read) {
      EXPECT_EQ(read.error().code, Errc::data_damaged);
      EXPECT_GT(read.error().number, from.value()) << "the way on must lead on";
      if (read.error().number <= from.value()) return all;
      all.damage.push_back(read.error().detail);
      from = Offset{read.error().number};
      continue;
    }
    if (read->empty()) return all;
    for (const auto base : bases(*read)) all.bases.push_back(base);
    from = advance(batch_header(read->back().bytes).last_offset(), 1);
  }
  return all;
}

}  // namespace twofold::engine
