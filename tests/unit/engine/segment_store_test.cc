#include "engine/segment_store.h"

#include <thread>

#include <gtest/gtest.h>

#include "engine/segment_format.h"
#include "tests/unit/engine/file_systems.h"
#include "tests/unit/engine/segments_rig.h"

namespace twofold::engine {
namespace {

using Offsets = std::vector<std::int64_t>;
constexpr LogId kLog{3};
constexpr LogId kOther{9};
constexpr SegmentId kSegment{7};

class ASegmentStore : public OverFileSystems {
 protected:
  std::unique_ptr<SegmentStore> open_store() {
    auto opened = open_segments(*files);
    TF_CHECK(opened.has_value());
    return std::move(*opened);
  }
  std::unique_ptr<SegmentStore> store = open_store();
};
INSTANTIATE_TEST_SUITE_P(All, ASegmentStore, kEveryFileSystem, file_system_name);

TEST_P(ASegmentStore, WhatWasAddedIsReadBackByteForByte) {
  const auto first = make_batch(10, 5);
  const auto second = make_batch(20, 1);
  const auto segment = write_segment(*store, kSegment,
                                     {
                                         {kLog, {first, second}}
  });

  const auto read = segment->read(kLog, Offset{10}, Offset{21}, 1 << 20);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].bytes, first.bytes);
  EXPECT_EQ((*read)[0].base_seq, first.base_seq);
  EXPECT_EQ((*read)[1].bytes, second.bytes);
  EXPECT_EQ(segment->id(), kSegment);
}

TEST_P(ASegmentStore, FinishAndRangesTellTheSameTruth) {
  auto writer = *store->create(kSegment);
  const auto late = make_batch(100, 3, 10, 9000);
  const auto early = make_batch(200, 2, 10, 2000);
  ASSERT_TRUE(writer->add(kLog, late, WallTime{9500}));
  ASSERT_TRUE(writer->add(kLog, early, WallTime{9100}));
  ASSERT_TRUE(writer->add(kOther, make_batch(0, 1), WallTime{1}));
  const auto finished = writer->finish();
  ASSERT_TRUE(finished);
  ASSERT_EQ(finished->size(), 2u);
  const auto& range = finished->front();
  EXPECT_EQ(range.log, kLog);
  EXPECT_EQ(range.first, Offset{100});
  EXPECT_EQ(range.upto, Offset{202});
  EXPECT_EQ(range.bytes, late.bytes.size() + early.bytes.size());
  EXPECT_EQ(range.max_timestamp, WallTime{9000});
  EXPECT_EQ(range.append_time, WallTime{9500});

  const auto read = (*store->open(kSegment))->ranges();
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*read)[i].log, (*finished)[i].log);
    EXPECT_EQ((*read)[i].first, (*finished)[i].first);
    EXPECT_EQ((*read)[i].upto, (*finished)[i].upto);
    EXPECT_EQ((*read)[i].bytes, (*finished)[i].bytes);
    EXPECT_EQ((*read)[i].max_timestamp, (*finished)[i].max_timestamp);
    EXPECT_EQ((*read)[i].append_time, (*finished)[i].append_time);
  }
}

TEST_P(ASegmentStore, EveryOffsetIsFoundInASegmentOfManyIndexItems) {
  // 400 batches of 1 KiB with a gap after each: an index item for every sixteenth.
  std::vector<StoredBatch> batches;
  for (std::int64_t i = 0; i < 400; ++i) batches.push_back(make_batch(i * 10, 5, 200));
  const auto segment = write_segment(*store, kSegment,
                                     {
                                         {kLog,   batches},
                                         {kOther, batches}
  });
  for (std::int64_t offset = 0; offset < 4000; ++offset) {
    const auto read = segment->read(kLog, Offset{offset}, Offset{4000}, 1);
    ASSERT_TRUE(read);
    const auto in_gap = offset % 10 >= 5;
    const auto expected = (offset / 10 + (in_gap ? 1 : 0)) * 10;
    if (expected == 4000) {
      ASSERT_TRUE(read->empty());
    } else {
      ASSERT_EQ(bases(*read), Offsets{expected}) << "from " << offset;
    }
  }
}

TEST_P(ASegmentStore, AReadGivesAtLeastOneBatchAndThenWhatFits) {
  const std::vector<StoredBatch> batches{make_batch(0, 1, 1000), make_batch(1, 1, 1000),
                                         make_batch(2, 1, 1000), make_batch(3, 1, 1000)};
  const auto segment = write_segment(*store, kSegment,
                                     {
                                         {kLog, batches}
  });
  const auto size = batches[0].bytes.size();
  const auto read = [&](std::int64_t from, std::int64_t upto, std::size_t bytes_max) {
    return bases(*segment->read(kLog, Offset{from}, Offset{upto}, bytes_max));
  };
  EXPECT_EQ(read(0, 4, 0), Offsets{0});
  EXPECT_EQ(read(0, 4, 2 * size - 1), Offsets{0});
  EXPECT_EQ(read(0, 4, 2 * size), (Offsets{0, 1}));
  EXPECT_EQ(read(1, 3, 1 << 20), (Offsets{1, 2}));
  EXPECT_EQ(read(4, 9, 1 << 20), Offsets{});
  EXPECT_EQ(read(2, 2, 1 << 20), Offsets{});
  EXPECT_TRUE(segment->read(LogId{4}, Offset{0}, Offset{9}, 1)->empty());
}

TEST_P(ASegmentStore, ABatchLargerThanAnyReadAheadComesWhole) {
  const auto large = make_batch(5, 1, 6 << 20);
  const auto segment = write_segment(*store, kSegment,
                                     {
                                         {kLog, {make_batch(0, 5), large, make_batch(6, 1)}}
  });
  const auto read = segment->read(kLog, Offset{5}, Offset{7}, 100);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front().bytes, large.bytes);
  EXPECT_EQ(read_everything(*segment, kLog, Offset{0}, Offset{7}, 100).bases, (Offsets{0, 5, 6}));
}

TEST_P(ASegmentStore, TheFirstBatchFromATimeOnIsFoundThoughTimesRunBackwards) {
  // Newest timestamps: 100 101 .. with a dip of 50 after each tenth, over several index items.
  std::vector<StoredBatch> batches;
  std::vector<std::int64_t> times;
  for (std::int64_t i = 0; i < 200; ++i) {
    times.push_back(100 + i - (i % 10 == 9 ? 50 : 0));
    batches.push_back(make_batch(i, 1, 500, times.back()));
  }
  const auto segment = write_segment(*store, kSegment,
                                     {
                                         {kLog,   batches},
                                         {kOther, batches}
  });
  for (std::int64_t time = 90; time < 310; ++time) {
    std::int64_t expected = 200;
    for (std::int64_t i = 199; i >= 0; --i) {
      if (times[static_cast<std::size_t>(i)] >= time) expected = i;
    }
    const auto found = segment->find_time(kOther, WallTime{time});
    ASSERT_TRUE(found);
    ASSERT_EQ(*found, Offset{expected}) << "time " << time;
  }
  EXPECT_EQ(segment->find_time(LogId{1}, WallTime{0}).error().code, Errc::invalid_request);
}

TEST_P(ASegmentStore, AnUnfinishedSegmentDoesNotExistAndLeavesNothing) {
  {
    auto writer = store->create(kSegment);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->add(kLog, make_batch(0, 1), WallTime{0}));
    EXPECT_TRUE(store->list()->empty());
    EXPECT_FALSE(store->open(kSegment));
  }
  EXPECT_TRUE(files->list("segments")->empty());
}

TEST_P(ASegmentStore, AnIdIsUsedOnce) {
  write_segment(*store, kSegment,
                {
                    {kLog, {make_batch(0, 1)}}
  });
  EXPECT_FALSE(store->create(kSegment));
  EXPECT_EQ(*store->list(), std::vector<SegmentId>{kSegment});
}

TEST_P(ASegmentStore, ARemovedSegmentIsReadableForAsLongAsSomebodyHoldsIt) {
  const auto segment = write_segment(*store, kSegment,
                                     {
                                         {kLog, {make_batch(0, 5)}}
  });
  ASSERT_TRUE(store->remove(kSegment));
  EXPECT_TRUE(store->list()->empty());
  EXPECT_TRUE(files->list("segments")->empty());
  EXPECT_FALSE(store->open(kSegment));
  store.reset();
  EXPECT_EQ(bases(*segment->read(kLog, Offset{0}, Offset{5}, 1)), Offsets{0});
}

TEST_P(ASegmentStore, CleaningUpSetsOrphansAsideAndRemovesLeftOvers) {
  const SegmentId known{1};
  const SegmentId orphan{2};
  for (const auto id : {known, orphan})
    write_segment(*store, id,
                  {
                      {kLog, {make_batch(0, 1)}}
    });
  for (const auto* name : {"segments/0000000000000003.seg.tmp", "segments/0000000000000004.seg.del",
                           "segments/notes.txt"})
    ASSERT_TRUE(files->open(name, OpenMode::create));

  const auto moved = store->clean_up({known});
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, 1u);
  EXPECT_EQ(*store->list(), std::vector<SegmentId>{known});
  EXPECT_EQ(*files->list("orphans"), std::vector<std::string>{segment_name(orphan)});
  EXPECT_EQ(*files->list("segments"), (std::vector<std::string>{segment_name(known), "notes.txt"}));
  EXPECT_EQ(*store->clean_up({known}), 0u);
}

TEST_P(ASegmentStore, IndexesAreLoadedAgainAfterTheBudgetDroppedThem) {
  FileSegmentsOptions tight;
  tight.index_bytes_max = 1;
  auto small = *open_segments(*files, tight);
  std::vector<std::shared_ptr<const Segment>> segments;
  for (std::uint64_t id = 1; id <= 3; ++id)
    segments.push_back(write_segment(*small,
                                     SegmentId{
                                         id
    },
                                     {{kLog, {make_batch(0, 5)}}}));
  for (int round = 0; round < 2; ++round) {
    for (const auto& segment : segments) {
      EXPECT_EQ(bases(*segment->read(kLog, Offset{0}, Offset{5}, 1)), Offsets{0});
    }
  }
}

TEST_P(ASegmentStore, ManyThreadsReadAtOnce) {
  std::vector<StoredBatch> batches;
  for (std::int64_t i = 0; i < 300; ++i) batches.push_back(make_batch(i, 1, 300));
  const auto segment = write_segment(*store, kSegment,
                                     {
                                         {kLog, batches}
  });
  std::vector<std::thread> threads;
  for (std::int64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::int64_t i = t; i < 300; i += 4) {
        const auto read = segment->read(kLog, Offset{i}, Offset{300}, 1);
        ASSERT_TRUE(read);
        ASSERT_EQ(bases(*read), Offsets{i});
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(SegmentName, HasOneSpelling) {
  EXPECT_EQ(segment_name(SegmentId{0xABC}), "0000000000000abc.seg");
  EXPECT_EQ(parse_segment_name("0000000000000abc.seg"), SegmentId{0xABC});
  EXPECT_EQ(parse_segment_name("ffffffffffffffff.seg"), SegmentId{UINT64_MAX});
  for (const auto* name : {"0000000000000ABC.seg", "abc.seg", "0000000000000abc.seg.tmp",
                           "000000000000 abc.seg", "-000000000000abc.seg", ""})
    EXPECT_FALSE(parse_segment_name(name)) << name;
}

}  // namespace
}  // namespace twofold::engine
