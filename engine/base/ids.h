#pragma once

#include <cstdint>

#include "engine/base/strong.h"

namespace twofold::engine {

/// The unit {core, journal}. One today; every identifier that leaves the process can carry it.
using ShardId = Strong<struct ShardIdTag, std::uint16_t>;
/// One ordered sequence of records: a topic's partition, or the log that a queue owns.
using LogId = Strong<struct LogIdTag, std::uint32_t>;
/// Place of a record in its log, from 0. Never reused, never changed.
using Offset = Strong<struct OffsetTag, std::int64_t>;
/// Place of a record in the one total order of a shard, from 1.
using Seq = Strong<struct SeqTag, std::uint64_t>;
/// Number of a journal block, from 1. A block is one commit: kept whole or not at all.
using BlockSeq = Strong<struct BlockSeqTag, std::uint64_t>;
/// A sealed file of records. Never reused.
using SegmentId = Strong<struct SegmentIdTag, std::uint64_t>;
/// A partition of a topic, from 0.
using PartitionId = Strong<struct PartitionIdTag, std::int32_t>;

constexpr Offset advance(Offset o, std::int64_t records) { return Offset{o.value() + records}; }
constexpr std::int64_t distance(Offset from, Offset to) { return to.value() - from.value(); }
constexpr BlockSeq next(BlockSeq b) { return BlockSeq{b.value() + 1}; }

}  // namespace twofold::engine
