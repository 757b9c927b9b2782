#include "engine/base/simulated_file_system.h"

#include <set>

#include <gtest/gtest.h>

#include "engine/base/crc32c.h"
#include "tests/unit/engine/file_systems.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kSector = 512;

class ASimulatedDisk : public ::testing::Test {
 protected:
  std::shared_ptr<File> create(const std::string& name) {
    auto file = disk.open(name, OpenMode::create);
    TF_CHECK(file.has_value());
    return *file;
  }
  /// A synced file of 8 sectors of 'a' whose name is durable.
  std::shared_ptr<File> durable_file(const std::string& name) {
    auto file = create(name);
    TF_CHECK(file->write_at(0, std::string(8 * kSector, 'a')).has_value());
    TF_CHECK(file->sync().has_value());
    TF_CHECK(disk.sync_directory("").has_value());
    return file;
  }

  SeededRandom random{7};
  SimulatedFileSystem disk{random};
};

TEST_F(ASimulatedDisk, APowerCutKeepsWhatWasSynced) {
  durable_file("data");
  for (int i = 0; i < 20; ++i) {
    disk.crash(random);
    EXPECT_EQ(disk.contents("data"), std::string(8 * kSector, 'a'));
  }
}

TEST_F(ASimulatedDisk, APowerCutKeepsAnySubsetOfUnsyncedSectors) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SeededRandom fate(seed);
    SimulatedFileSystem fresh(fate);
    auto file = *fresh.open("data", OpenMode::create);
    ASSERT_TRUE(file->write_at(0, std::string(3 * kSector, 'a')));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(fresh.sync_directory(""));
    ASSERT_TRUE(file->write_at(0, std::string(3 * kSector, 'b')));
    fresh.crash(fate);
    const auto now = fresh.contents("data");
    std::string shape;
    for (std::size_t at = 0; at < now.size(); at += kSector) {
      EXPECT_EQ(now.substr(at, kSector), std::string(kSector, now[at])) << "a sector never tears";
      shape += now[at];
    }
    outcomes.insert(shape);
  }
  EXPECT_EQ(outcomes.size(), 8u) << "each of the 2^3 subsets turns up, later ones without earlier";
}

TEST_F(ASimulatedDisk, ASectorWrittenTwiceMayKeepAnyVersion) {
  std::set<char> versions;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SeededRandom fate(seed);
    SimulatedFileSystem fresh(fate);
    auto file = *fresh.open("data", OpenMode::create);
    ASSERT_TRUE(file->write_at(0, std::string(kSector, 'a')));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(fresh.sync_directory(""));
    ASSERT_TRUE(file->write_at(0, std::string(kSector, 'b')));
    ASSERT_TRUE(file->write_at(0, std::string(kSector, 'c')));
    fresh.crash(fate);
    versions.insert(fresh.contents("data").front());
  }
  EXPECT_EQ(versions, (std::set<char>{'a', 'b', 'c'}));
}

TEST_F(ASimulatedDisk, TheSameSeedDoesTheSame) {
  const auto run = [](std::uint64_t seed) {
    SeededRandom fate(seed);
    SimulatedFileSystem fresh(fate);
    auto file = *fresh.open("data", OpenMode::create);
    EXPECT_TRUE(fresh.sync_directory(""));
    for (std::uint64_t i = 0; i < 50; ++i) {
      const std::string bytes(700, static_cast<char>('a' + i % 26));
      EXPECT_TRUE(file->write_at(i * 300, bytes));
      if (i % 20 == 0) {
        EXPECT_TRUE(file->sync());
      }
    }
    fresh.crash(fate);
    return crc32c(fresh.contents("data"));
  };
  EXPECT_EQ(run(11), run(11));
  EXPECT_NE(run(11), run(12));
}

TEST_F(ASimulatedDisk, ANameLivesOnceItsDirectoryIsSynced) {
  std::set<bool> outcomes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom fate(seed);
    SimulatedFileSystem fresh(fate);
    auto file = *fresh.open("data", OpenMode::create);
    ASSERT_TRUE(file->sync()) << "of the file, not of its name";
    fresh.crash(fate);
    outcomes.insert(!fresh.list("")->empty());
  }
  EXPECT_EQ(outcomes.size(), 2u) << "kept or not, as the power cut likes";

  durable_file("kept");
  disk.crash(random);
  EXPECT_EQ(disk.list("")->size(), 1u);
}

TEST_F(ASimulatedDisk, ARenameIsKeptWholeOrNotAtAll) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom fate(seed);
    SimulatedFileSystem fresh(fate);
    ASSERT_TRUE(fresh.open("before", OpenMode::create));
    ASSERT_TRUE(fresh.sync_directory(""));
    ASSERT_TRUE(fresh.rename("before", "after"));
    fresh.crash(fate);
    ASSERT_EQ(fresh.list("")->size(), 1u);
    outcomes.insert(fresh.list("")->front());
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"after", "before"}));
}

TEST_F(ASimulatedDisk, FilesGoWithTheDirectoryThatWasNeverSynced) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SeededRandom fate(seed);
    SimulatedFileSystem fresh(fate);
    ASSERT_TRUE(fresh.make_directory("inner"));
    ASSERT_TRUE(fresh.open("inner/data", OpenMode::create));
    ASSERT_TRUE(fresh.sync_directory("inner"));
    fresh.crash(fate);
    const auto names = fresh.list("inner");
    if (names) {
      EXPECT_EQ(names->size(), 1u);
    }
  }
}

TEST_F(ASimulatedDisk, AKilledProcessLeavesWhatItWroteAndNoOpenFiles) {
  auto file = create("data");
  ASSERT_TRUE(file->write_at(0, "written"));
  ASSERT_TRUE(disk.lock("LOCK"));
  EXPECT_EQ(disk.lock("LOCK").error().code, Errc::busy);
  disk.kill();
  EXPECT_TRUE(disk.lock("LOCK"));
  EXPECT_EQ(disk.contents("data"), "written");
  EXPECT_EQ(file->write_at(0, "x").error().code, Errc::io);
  EXPECT_FALSE(file->sync());
}

TEST_F(ASimulatedDisk, DirectWritesAreDurableWhenTheyReturn) {
  auto file = *disk.open("journal", OpenMode::create_direct);
  ASSERT_TRUE(disk.sync_directory(""));
  const AlignedBytes page(4096, 'j');
  ASSERT_TRUE(file->write_at(0, page.view()));
  EXPECT_TRUE(file->is_direct());
  disk.crash(random);
  EXPECT_EQ(disk.contents("journal"), page.view());

  disk.set_direct(false);
  EXPECT_FALSE((*disk.open("journal", OpenMode::write_direct))->is_direct());
}

TEST_F(ASimulatedDisk, AfterAFailedSyncLaterSyncsSucceedWithoutTheData) {
  auto file = durable_file("data");
  ASSERT_TRUE(file->write_at(0, std::string(8 * kSector, 'b')));
  disk.fail(DiskCall::sync, 1, DiskFault::io_error);
  ASSERT_FALSE(file->sync());
  EXPECT_TRUE(file->sync()) << "the kernel has forgotten";
  EXPECT_EQ(disk.contents("data"), std::string(8 * kSector, 'b')) << "and shows what it lost";

  disk.crash(random);
  const auto left = disk.contents("data");
  EXPECT_NE(left.find('a'), std::string::npos) << "some of it never reached the device";
  EXPECT_NE(left.find('b'), std::string::npos) << "and some did";
}

TEST_F(ASimulatedDisk, OpeningAFileAgainShowsWhatTheDeviceHolds) {
  auto file = durable_file("data");
  ASSERT_TRUE(file->write_at(0, std::string(8 * kSector, 'b')));
  disk.fail(DiskCall::sync, 1, DiskFault::io_error);
  ASSERT_FALSE(file->sync());
  disk.kill();
  auto again = disk.open("data", OpenMode::read_only);
  const auto seen = read_all(**again);
  EXPECT_NE(seen.find('a'), std::string::npos);
  disk.crash(random);
  EXPECT_EQ(disk.contents("data"), seen) << "and that is what stays";
}

TEST_F(ASimulatedDisk, ALostWriteReportsSuccess) {
  auto file = durable_file("data");
  disk.fail(DiskCall::write, 1, DiskFault::lost);
  ASSERT_TRUE(file->write_at(0, std::string(kSector, 'b')));
  ASSERT_TRUE(file->sync());
  disk.crash(random);
  EXPECT_EQ(disk.contents("data").front(), 'a');
}

TEST_F(ASimulatedDisk, AFullDiskTakesWhatFits) {
  auto file = create("data");
  ASSERT_TRUE(file->write_at(0, std::string(1000, 'a')));
  disk.set_free_bytes(100);
  EXPECT_EQ(*disk.free_bytes(), 100u);
  EXPECT_EQ(file->write_at(1000, std::string(500, 'b')).error().code, Errc::storage_full);
  EXPECT_EQ(*file->size(), 1100u);
  EXPECT_TRUE(file->write_at(0, "over what is there")) << "which needs no room";
  EXPECT_EQ(file->allocate(1 << 20).error().code, Errc::storage_full);
  ASSERT_TRUE(disk.remove("data"));
  EXPECT_EQ(*disk.free_bytes(), 1100u);
}

TEST_F(ASimulatedDisk, TheKthCallOfAKindFailsAndTheOthersDoNot) {
  auto file = create("data");
  disk.fail(DiskCall::write, 3, DiskFault::full, 2);
  EXPECT_TRUE(file->write_at(0, "1"));
  EXPECT_TRUE(file->write_at(0, "2"));
  EXPECT_EQ(file->write_at(0, "3").error().code, Errc::storage_full);
  EXPECT_EQ(file->write_at(0, "4").error().code, Errc::storage_full);
  EXPECT_TRUE(file->write_at(0, "5"));
  EXPECT_EQ(disk.calls(DiskCall::write), 5u);

  disk.fail(DiskCall::write, 1, DiskFault::partly);
  EXPECT_EQ(file->write_at(0, "abcd").error().code, Errc::storage_full);
  EXPECT_EQ(disk.contents("data"), "ab");
  disk.fail(DiskCall::read, 1, DiskFault::io_error);
  char byte = 0;
  EXPECT_EQ(file->read_at(0, &byte, 1).error().code, Errc::io);
  disk.fail(DiskCall::open, 1, DiskFault::io_error);
  EXPECT_FALSE(disk.open("other", OpenMode::create));
  disk.fail(DiskCall::rename, 1, DiskFault::io_error);
  EXPECT_FALSE(disk.rename("data", "other"));
  disk.fail(DiskCall::list, 1, DiskFault::io_error);
  EXPECT_FALSE(disk.list(""));
  disk.fail(DiskCall::remove, 1, DiskFault::io_error);
  disk.heal();
  EXPECT_TRUE(disk.remove("data"));
}

TEST_F(ASimulatedDisk, NothingWorksBetweenAPowerCutAndTheNextStart) {
  auto file = durable_file("data");
  disk.cut_power_at(2);
  ASSERT_TRUE(file->write_at(0, std::string(kSector, 'b')));
  EXPECT_FALSE(disk.rename("data", "renamed")) << "the power goes here";
  EXPECT_FALSE(file->write_at(0, "x"));
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(disk.list(""));
  disk.crash(random);
  ASSERT_TRUE(disk.list(""));
  EXPECT_EQ(disk.list("")->size(), 1u);
}

TEST_F(ASimulatedDisk, RotChangesWhatIsStored) {
  durable_file("data");
  disk.flip_bit("data", 8 * 100 + 3);
  EXPECT_EQ(disk.contents("data")[100], 'a' ^ 8);
  disk.crash(random);
  EXPECT_EQ(disk.contents("data")[100], 'a' ^ 8);
}

}  // namespace
}  // namespace twofold::engine
