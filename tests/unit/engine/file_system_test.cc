#include "engine/base/file_system.h"

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/unit/engine/file_systems.h"

namespace twofold::engine {
namespace {

using Names = std::vector<std::string>;

class AFileSystem : public OverFileSystems {};
INSTANTIATE_TEST_SUITE_P(All, AFileSystem, kEveryFileSystem, file_system_name);

TEST_P(AFileSystem, WhatWasWrittenIsReadBackFromAnyPlace) {
  auto file = files->open("data", OpenMode::create);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->write_at(0, "hello"));
  ASSERT_TRUE((*file)->write_at(100'000, "world"));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ(*(*file)->size(), 100'005u);

  const auto all = read_all(**file);
  EXPECT_EQ(all.substr(0, 6), std::string("hello\0", 6)) << "a hole reads as zeros";
  EXPECT_EQ(all.substr(100'000), "world");
  char few[10];
  EXPECT_EQ(*(*file)->read_at(100'003, few, sizeof few), 2u) << "fewer bytes at the end only";
  EXPECT_EQ(*(*file)->read_at(200'000, few, sizeof few), 0u);
}

TEST_P(AFileSystem, CreateInsistsOnANewNameAndTheOthersOnAnOldOne) {
  EXPECT_EQ(files->open("data", OpenMode::read_only).error().code, Errc::io);
  EXPECT_EQ(files->open("data", OpenMode::read_write).error().code, Errc::io);
  ASSERT_TRUE(files->open("data", OpenMode::create));
  const auto again = files->open("data", OpenMode::create);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().detail, "open data: File exists");
  EXPECT_TRUE(files->open("data", OpenMode::read_write));
  EXPECT_FALSE(files->open("nowhere/data", OpenMode::create));
}

TEST_P(AFileSystem, AFileOpenedForReadingCannotBeWritten) {
  ASSERT_TRUE(files->open("data", OpenMode::create));
  auto file = files->open("data", OpenMode::read_only);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->write_at(0, "x").error().code, Errc::io);
}

TEST_P(AFileSystem, DirectModesWriteWholePagesAndReadAnything) {
  auto file = files->open("journal", OpenMode::create_direct);
  ASSERT_TRUE(file);
  const AlignedBytes page(8192, 'j');
  ASSERT_TRUE((*file)->allocate(16384));
  ASSERT_TRUE((*file)->write_at(4096, page.view()));
  EXPECT_EQ(*(*file)->size(), 16384u);
  char few[3];
  ASSERT_EQ(*(*file)->read_at(5000, few, sizeof few), 3u);
  EXPECT_EQ(std::string_view(few, 3), "jjj");
  EXPECT_TRUE(files->open("journal", OpenMode::write_direct));
}

TEST_P(AFileSystem, NamesAreListedInOrderDirectoryByDirectory) {
  ASSERT_TRUE(files->make_directory("inner"));
  ASSERT_TRUE(files->make_directory("inner")) << "making it twice is no error";
  for (const auto* name : {"b", "a", "inner/c"}) ASSERT_TRUE(files->open(name, OpenMode::create));
  EXPECT_EQ(*files->list(""), (Names{"a", "b", "inner"}));
  EXPECT_EQ(*files->list("inner"), Names{"c"});
  EXPECT_FALSE(files->list("elsewhere"));
  EXPECT_TRUE(files->sync_directory(""));
  EXPECT_TRUE(files->sync_directory("inner"));
  EXPECT_FALSE(files->sync_directory("elsewhere"));
  EXPECT_FALSE(files->make_directory("a")) << "a file has this name";
}

TEST_P(AFileSystem, ADirectoryIsRemovedOnceItIsEmpty) {
  ASSERT_TRUE(files->make_directory("inner"));
  ASSERT_TRUE(files->open("inner/c", OpenMode::create));
  const auto early = files->remove("inner");
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().detail, "rmdir inner: Directory not empty");
  ASSERT_TRUE(files->remove("inner/c"));
  ASSERT_TRUE(files->remove("inner"));
  EXPECT_EQ(*files->list(""), Names{});
  EXPECT_FALSE(files->remove("inner"));
  EXPECT_FALSE(files->open("inner/c", OpenMode::create));
}

TEST_P(AFileSystem, RenameReplacesAndKeepsOpenFilesReadable) {
  auto first = files->open("first", OpenMode::create);
  auto second = files->open("second", OpenMode::create);
  ASSERT_TRUE((*first)->write_at(0, "one"));
  ASSERT_TRUE((*second)->write_at(0, "two"));
  ASSERT_TRUE(files->rename("first", "second"));
  EXPECT_EQ(*files->list(""), Names{"second"});
  EXPECT_EQ(read_all(**files->open("second", OpenMode::read_only)), "one");
  EXPECT_EQ(read_all(**second), "two") << "whoever has it open keeps it";
  EXPECT_FALSE(files->rename("first", "third"));
}

TEST_P(AFileSystem, ARemovedFileIsReadableForAsLongAsItIsOpen) {
  auto file = files->open("data", OpenMode::create);
  ASSERT_TRUE((*file)->write_at(0, "still here"));
  ASSERT_TRUE(files->remove("data"));
  EXPECT_EQ(read_all(**file), "still here");
  EXPECT_TRUE(files->list("")->empty());
  EXPECT_FALSE(files->remove("data"));
}

TEST_P(AFileSystem, AllocatingMakesRoomAndNeverShrinks) {
  auto file = files->open("data", OpenMode::create);
  ASSERT_TRUE((*file)->allocate(1 << 20));
  EXPECT_EQ(*(*file)->size(), 1u << 20);
  ASSERT_TRUE((*file)->allocate(4096));
  EXPECT_EQ(*(*file)->size(), 1u << 20);
  EXPECT_GT(*files->free_bytes(), 0u);
}

TEST_P(AFileSystem, TheLockIsHeldOnce) { EXPECT_TRUE(files->lock("LOCK")); }

TEST(PosixFileSystem, ASecondBrokerIsRefusedAndToldWhoHoldsTheDirectory) {
  const TemporaryDirectory directory;
  auto first = open_file_system(directory.path());
  auto second = open_file_system(directory.path());
  ASSERT_TRUE((*first)->lock("LOCK"));
  const auto refused = (*second)->lock("LOCK");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::busy);
  EXPECT_NE(refused.error().detail.find("pid " + std::to_string(::getpid())), std::string::npos)
      << refused.error().detail;

  first->reset();
  EXPECT_TRUE((*second)->lock("LOCK")) << "the lock goes with its holder";
}

TEST(PosixFileSystem, AMissingDirectoryIsMadeWithAllAboveIt) {
  const TemporaryDirectory directory;
  const auto path = directory.path() + "/one/two/three/";
  ASSERT_TRUE(open_file_system(path));
  EXPECT_TRUE(std::filesystem::is_directory(path));

  std::ofstream(directory.path() + "/file") << "x";
  const auto refused = open_file_system(directory.path() + "/file");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::io);
}

TEST(PosixFileSystem, AFileThatWasThereIsNotThereForCreateEvenInDirectMode) {
  const TemporaryDirectory directory;
  auto files = open_file_system(directory.path());
  ASSERT_TRUE((*files)->open("journal", OpenMode::create_direct));
  EXPECT_FALSE((*files)->open("journal", OpenMode::create_direct));
}

// /dev/full answers every write with ENOSPC.
TEST(PosixFileSystem, NoSpaceLeftIsItsOwnErrorAndNamesTheFile) {
  auto files = open_file_system("/dev");
  ASSERT_TRUE(files);
  auto full = (*files)->open("full", OpenMode::read_write);
  ASSERT_TRUE(full) << full.error().detail;
  const auto written = (*full)->write_at(0, "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::storage_full);
  EXPECT_EQ(written.error().detail, "write full: No space left on device");
}

// With a file size limit the kernel writes what still fits and says so: a short count.
TEST(PosixFileSystem, AShortCountIsFollowedByTheReasonForIt) {
  const TemporaryDirectory directory;
  auto files = open_file_system(directory.path());
  auto file = (*files)->open("data", OpenMode::create);
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 1000, before.rlim_max };
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto written = (*file)->write_at(0, std::string(5000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::io);
  EXPECT_EQ(written.error().detail, "write data: File too large");
  EXPECT_EQ(*(*file)->size(), 1000u) << "what fitted was written";
}

TEST(MemoryFileSystem, AFullDeviceRefusesUntilSomethingIsRemoved) {
  MemoryFileSystem files(256 << 10);
  auto file = files.open("data", OpenMode::create);
  ASSERT_TRUE((*file)->write_at(0, std::string(200 << 10, 'x')));
  auto other = files.open("other", OpenMode::create);
  const auto refused = (*other)->write_at(0, std::string(100 << 10, 'y'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::storage_full);

  ASSERT_TRUE(files.remove("data"));
  EXPECT_EQ(*files.free_bytes(), 0u) << "somebody still has it open";
  file->reset();
  EXPECT_TRUE((*other)->write_at(0, std::string(100 << 10, 'y')));
}

TEST(MemoryFileSystem, RoomThatIsOnlyReservedTakesNoMemory) {
  MemoryFileSystem files(1 << 20);
  auto file = files.open("journal", OpenMode::create);
  ASSERT_TRUE((*file)->allocate(256 << 20));
  EXPECT_EQ(*(*file)->size(), 256u << 20);
  EXPECT_EQ(*files.free_bytes(), 1u << 20);
}

}  // namespace
}  // namespace twofold::engine
