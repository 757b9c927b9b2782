#include <gtest/gtest.h>

#include "engine/segment_format.h"
#include "tests/unit/engine/file_systems.h"
#include "tests/unit/engine/segments_rig.h"

namespace twofold::engine {
namespace {

using Offsets = std::vector<std::int64_t>;
constexpr LogId kLog{3};
constexpr SegmentId kOld{1};
constexpr SegmentId kNew{2};

/// Writes segment kNew, then removes kOld, as draining does. Stops at the first error.
Result<> drain(FileSystem& files, bool& written) {
  auto store = open_segments(files);
  if (!store) return store.error();
  auto writer = (*store)->create(kNew);
  if (!writer) return writer.error();
  for (std::int64_t i = 0; i < 20; ++i) {
    // 1.2 MB in all: the writer flushes on the way.
    if (auto added = (*writer)->add(kLog, make_batch(i, 1, 60'000), WallTime{0}); !added)
      return added.error();
  }
  if (auto finished = (*writer)->finish(); !finished) return finished.error();
  written = true;
  return (*store)->remove(kOld);
}

void prepare(FileSystem& files) {
  auto store = *open_segments(files);
  write_segment(*store, kOld,
                {
                    {kLog, {make_batch(0, 20)}}
  });
}

/// A segment that exists is whole; what is not listed is cleaned up without trouble.
void expect_sound(FileSystem& files, bool written) {
  auto store = open_segments(files);
  ASSERT_TRUE(store);
  const auto ids = (*store)->list();
  ASSERT_TRUE(ids);
  const auto has = [&](SegmentId id) { return std::count(ids->begin(), ids->end(), id) == 1; };
  EXPECT_TRUE(has(kOld) || has(kNew)) << "the old one goes only once the new one is there";
  if (written) {
    EXPECT_TRUE(has(kNew)) << "what finish() promised";
  }
  if (has(kNew)) {
    const auto all = read_everything(**(*store)->open(kNew), kLog, Offset{0}, Offset{20});
    EXPECT_EQ(all.bases.size(), 20u);
    EXPECT_TRUE(all.damage.empty());
  }
  ASSERT_TRUE((*store)->clean_up(*ids));
  EXPECT_EQ(files.list("segments")->size(), ids->size()) << "left-overs are gone";
}

TEST(SegmentCrash, AtAnyStepOfADrainNothingIsLostAndNothingHalfWrittenExists) {
  std::uint64_t step = 1;
  for (bool done = false; !done; ++step) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      SeededRandom random(step * 1000 + seed);
      SimulatedFileSystem disk(random);
      prepare(disk);
      disk.cut_power_at(step);
      bool written = false;
      done = drain(disk, written).has_value();
      disk.crash(random);
      expect_sound(disk, written);
    }
    ASSERT_LT(step, 100u);
  }
  EXPECT_GT(step, 8u) << "there were steps to die at";
}

TEST(SegmentCrash, AfterAnyFailedCallTheStoreIsSoundAndADrainSucceedsLater) {
  for (const auto call : {DiskCall::open, DiskCall::write, DiskCall::sync, DiskCall::rename,
                          DiskCall::remove, DiskCall::make_directory, DiskCall::sync_directory}) {
    for (const auto fault : {DiskFault::io_error, DiskFault::full, DiskFault::partly}) {
      std::uint64_t kth = 1;
      for (bool clean = false; !clean; ++kth) {
        SeededRandom random(kth);
        SimulatedFileSystem disk(random);
        prepare(disk);
        disk.fail(call, kth, fault);
        const auto before = disk.calls(call);
        bool written = false;
        const auto drained = drain(disk, written);
        clean = disk.calls(call) - before < kth;
        ASSERT_TRUE(clean || !drained || call == DiskCall::open || call == DiskCall::remove)
            << "an error was swallowed";
        disk.heal();
        disk.kill();
        expect_sound(disk, written);
        if (!written) {
          bool again = false;
          const auto second = drain(disk, again);
          ASSERT_TRUE(second || again)
              << second.error().detail << " after the " << kth << "th call of kind "
              << static_cast<int>(call) << ": " << drained.error().detail;
        }
        ASSERT_LT(kth, 50u);
      }
    }
  }
}

TEST(SegmentCrash, AFailedSyncIsFinalForTheSegment) {
  SeededRandom random(1);
  SimulatedFileSystem disk(random);
  auto store = *open_segments(disk);
  auto writer = *store->create(kNew);
  ASSERT_TRUE(writer->add(kLog, make_batch(0, 1), WallTime{0}));
  disk.fail(DiskCall::sync, 1, DiskFault::io_error);
  EXPECT_FALSE(writer->finish());
  EXPECT_FALSE(writer->finish()) << "a second sync would succeed and prove nothing";
  EXPECT_TRUE(store->list()->empty());
}

TEST(SegmentCrash, AFullDiskIsSaidToBeFull) {
  SeededRandom random(1);
  SimulatedFileSystem disk(random);
  auto store = *open_segments(disk);
  auto writer = *store->create(kNew);
  ASSERT_TRUE(writer->add(kLog, make_batch(0, 1, 5000), WallTime{0}));
  disk.set_free_bytes(1000);
  const auto finished = writer->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, Errc::storage_full);
  writer.reset();
  EXPECT_EQ(*disk.free_bytes(), 1000u) << "what was begun is gone";
}

}  // namespace
}  // namespace twofold::engine
