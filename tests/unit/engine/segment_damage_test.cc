#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/entry.h"
#include "engine/scrub.h"
#include "engine/segment_format.h"
#include "tests/unit/engine/file_systems.h"
#include "tests/unit/engine/segments_rig.h"

namespace twofold::engine {
namespace {

using Offsets = std::vector<std::int64_t>;
constexpr LogId kLog{3};
constexpr LogId kOther{9};
constexpr SegmentId kSegment{7};
const std::string kName = "segments/" + segment_name(kSegment);

/// Two logs of five batches each: 0, 10, 20, 30, 40, four records in every batch.
class ADamagedSegment : public ::testing::Test {
 protected:
  ADamagedSegment() {
    std::vector<StoredBatch> batches;
    for (std::int64_t i = 0; i < 5; ++i) batches.push_back(make_batch(i * 10, 4, 30));
    batch_bytes = batches[0].bytes.size();
    write_segment(*store, kSegment,
                  {
                      {kLog,   batches},
                      {kOther, batches}
    });
    whole = disk.contents(kName);
  }

  /// Where entry `i` of all ten begins.
  std::uint64_t entry_at(std::uint64_t i) const {
    return kEntriesBegin + i * (kEntryHeaderBytes + batch_bytes);
  }
  void restore() { disk.rot(kName, 0, whole); }
  std::shared_ptr<const Segment> reopen() {
    store = *open_segments(disk);
    return *store->open(kSegment);
  }
  ReadAll read(LogId log) { return read_everything(*reopen(), log, Offset{0}, Offset{44}); }

  SeededRandom random{3};
  SimulatedFileSystem disk{random};
  std::unique_ptr<SegmentStore> store = *open_segments(disk);
  std::size_t batch_bytes = 0;
  std::string whole;
};

const Offsets kAll{0, 10, 20, 30, 40};

TEST_F(ADamagedSegment, IsFoundByAScrubBeforeAReaderNeedsIt) {
  const auto sound = scrub(*reopen(), ScrubPlace{}, UINT64_MAX);
  ASSERT_TRUE(sound);
  EXPECT_TRUE(sound->at_end);
  EXPECT_TRUE(sound->damaged.empty());
  EXPECT_EQ(sound->bytes, 10 * batch_bytes);
  disk.flip_bit(kName, (entry_at(2) + kEntryHeaderBytes + 70) * 8);
  const auto hit = scrub(*reopen(), ScrubPlace{}, UINT64_MAX);
  ASSERT_TRUE(hit);
  ASSERT_EQ(hit->damaged.size(), 1u);
  EXPECT_EQ(hit->damaged[0].log, kLog);
  EXPECT_LE(hit->damaged[0].from, Offset{20});
  EXPECT_GE(hit->damaged[0].upto, Offset{24});
  EXPECT_LE(hit->damaged[0].upto, Offset{30});
  EXPECT_EQ(hit->bytes, 9 * batch_bytes);
}

TEST_F(ADamagedSegment, IsScrubbedInSteps) {
  const auto segment = reopen();
  ScrubPlace place;
  std::uint64_t bytes = 0;
  int steps = 0;
  for (bool at_end = false; !at_end && steps < 100; ++steps) {
    const auto step = scrub(*segment, place, 1);
    ASSERT_TRUE(step);
    place = step->next;
    bytes += step->bytes;
    at_end = step->at_end;
  }
  EXPECT_GT(steps, 2);
  EXPECT_EQ(bytes, 10 * batch_bytes);
}

TEST_F(ADamagedSegment, CostsTheBatchThatWasHitAndNamesItsOffsets) {
  disk.flip_bit(kName, (entry_at(2) + kEntryHeaderBytes + 70) * 8);
  const auto log = read(kLog);
  EXPECT_EQ(log.bases, (Offsets{0, 10, 30, 40}));
  ASSERT_EQ(log.damage.size(), 1u);
  EXPECT_EQ(log.damage[0], "segment 0000000000000007.seg: offsets 14 to 29 of log 3 do not verify");
  EXPECT_EQ(read(kOther).bases, kAll);
}

TEST_F(ADamagedSegment, FindsItsWayBehindAHeaderThatNoLongerSaysHowLongItIs) {
  disk.rot(kName, entry_at(1), std::string(kEntryHeaderBytes, '\xFF'));
  const auto log = read(kLog);
  EXPECT_EQ(log.bases, (Offsets{0, 20, 30, 40}));
  EXPECT_EQ(log.damage.size(), 1u);
}

TEST_F(ADamagedSegment, AHoleOverSeveralBatchesIsOneStretch) {
  disk.rot(kName, entry_at(1) + 20, std::string(2 * batch_bytes, '\0'));
  const auto log = read(kLog);
  EXPECT_EQ(log.bases, (Offsets{0, 30, 40}));
  ASSERT_EQ(log.damage.size(), 1u);
  EXPECT_EQ(log.damage[0], "segment 0000000000000007.seg: offsets 4 to 29 of log 3 do not verify");
}

TEST_F(ADamagedSegment, TheEndOfALogMayBeMissing) {
  disk.rot(kName, entry_at(4), std::string(batch_bytes, '\0'));
  const auto log = read(kLog);
  EXPECT_EQ(log.bases, (Offsets{0, 10, 20, 30}));
  EXPECT_EQ(log.damage.size(), 1u);
  EXPECT_EQ(read(kOther).bases, kAll);
}

TEST_F(ADamagedSegment, ReadersOfOtherOffsetsHearNothingOfIt) {
  disk.rot(kName, entry_at(1), std::string(batch_bytes, '\0'));
  const auto segment = reopen();
  const auto behind = segment->read(kLog, Offset{20}, Offset{44}, 1 << 20);
  ASSERT_TRUE(behind);
  EXPECT_EQ(bases(*behind), (Offsets{20, 30, 40}));
  const auto before = segment->read(kLog, Offset{0}, Offset{4}, 1 << 20);
  ASSERT_TRUE(before);
  EXPECT_EQ(bases(*before), Offsets{0});
}

TEST_F(ADamagedSegment, PagesThatTheDeviceRefusesAreDamageToo) {
  disk.fail(DiskCall::read, disk.calls(DiskCall::read) + 1000, DiskFault::io_error);  // never
  const auto segment = reopen();
  ASSERT_TRUE(segment->ranges());
  disk.heal();
  // The large read fails, and so does the first page of the second attempt.
  disk.fail(DiskCall::read, 1, DiskFault::io_error, 2);
  const auto read = segment->read(kLog, Offset{0}, Offset{44}, 1 << 20);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::data_damaged);
  EXPECT_EQ(read_everything(*segment, kLog, Offset{0}, Offset{44}).bases, kAll)
      << "an error that passes leaves nothing behind";
}

TEST_F(ADamagedSegment, EitherFooterIsEnough) {
  disk.rot(kName, whole.size() - kFooterBytes, std::string(kFooterBytes, '\0'));
  EXPECT_EQ(read(kLog).bases, kAll);
  EXPECT_EQ(reopen()->ranges()->at(0).append_time, WallTime{5000});

  restore();
  disk.rot(kName, 0, std::string(kEntriesBegin, '\0'));
  EXPECT_EQ(read(kOther).bases, kAll);
  EXPECT_EQ(reopen()->ranges()->at(1).append_time, WallTime{5000});
}

TEST_F(ADamagedSegment, WithoutBothFootersTheEntriesSayItAll) {
  disk.rot(kName, whole.size() - kFooterBytes, std::string(kFooterBytes, '\0'));
  disk.rot(kName, 0, std::string(kEntriesBegin, '\0'));
  EXPECT_EQ(read(kLog).bases, kAll);
  EXPECT_EQ(read(kOther).bases, kAll);
  const auto ranges = reopen()->ranges();
  ASSERT_EQ(ranges->size(), 2u);
  EXPECT_EQ(ranges->at(1).first, Offset{0});
  EXPECT_EQ(ranges->at(1).upto, Offset{44});
  EXPECT_EQ(ranges->at(1).bytes, 5 * batch_bytes);
  EXPECT_EQ(*reopen()->find_time(kLog, WallTime{1000}), Offset{0});
}

TEST_F(ADamagedSegment, AnotherSegmentUnderThisNameIsNotReadAsThisOne) {
  write_segment(*store,
                SegmentId{
                    8
  },
                {{kLog, {make_batch(0, 4)}}});
  ASSERT_TRUE(disk.rename("segments/" + segment_name(SegmentId{8}), kName));
  const auto read = reopen()->read(kLog, Offset{0}, Offset{44}, 1);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().detail,
            "the file 0000000000000007.seg holds segment 0000000000000008.seg");
}

TEST_F(ADamagedSegment, AFileOfANewerVersionIsRefused) {
  auto header = encode_segment_header(kSegment).substr(0, kSegmentHeaderBytes - 4);
  header[4] = 2;
  ByteWriter(header).fixed(crc32c(header));
  disk.rot(kName, 0, header);
  EXPECT_EQ(reopen()->ranges().error().code, Errc::newer_version);
}

// Whatever single bit goes, each batch is either read as it was or said to be damaged, and at most
// one is.
TEST_F(ADamagedSegment, AnyFlippedBitCostsAtMostOneBatch) {
  for (std::uint64_t bit = 0; bit < whole.size() * 8; bit += 5) {
    disk.flip_bit(kName, bit);
    std::size_t damaged = 0;
    std::size_t found = 0;
    for (const auto log : {kLog, kOther}) {
      const auto all = read(log);
      damaged += all.damage.size();
      found += all.bases.size();
      ASSERT_TRUE(std::includes(kAll.begin(), kAll.end(), all.bases.begin(), all.bases.end()));
    }
    const bool in_entries = bit / 8 >= kEntriesBegin && bit / 8 < entry_at(10);
    ASSERT_EQ(damaged, in_entries ? 1u : 0u) << "bit " << bit;
    ASSERT_EQ(found, in_entries ? 9u : 10u) << "bit " << bit;
    disk.flip_bit(kName, bit);
  }
}

TEST_F(ADamagedSegment, CutAtAnyByteItStillGivesEveryWholeEntry) {
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    SeededRandom fate(1);
    SimulatedFileSystem other(fate);
    auto cut_store = *open_segments(other);
    auto file = *other.open(kName, OpenMode::create);
    ASSERT_TRUE(file->write_at(0, whole.substr(0, size)));
    const auto segment = *cut_store->open(kSegment);
    std::size_t found = 0;
    for (const auto log : {kLog, kOther})
      found += read_everything(*segment, log, Offset{0}, Offset{44}).bases.size();
    std::size_t expected = 0;
    while (expected < 10 && entry_at(expected + 1) <= size) ++expected;
    ASSERT_EQ(found, expected) << "cut at " << size;
  }
}

}  // namespace
}  // namespace twofold::engine
