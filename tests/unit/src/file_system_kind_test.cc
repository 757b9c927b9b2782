// What a data directory stands on decides what "kept" can mean.

#include "src/storage/file_system_kind.h"

#include <gtest/gtest.h>

#include "src/serve/volume.h"

namespace twofold::storage {
namespace {

TEST(FileSystemKind, IsKnownByTheKernelsNumber) {
  EXPECT_EQ(kind_of_magic(0xEF53).name, "ext4");
  EXPECT_EQ(kind_of_magic(0xEF53).keeps, Keeps::all);
  EXPECT_EQ(kind_of_magic(0x58465342).keeps, Keeps::all);
  EXPECT_EQ(kind_of_magic(0x9123683E).keeps, Keeps::dearly);
  EXPECT_EQ(kind_of_magic(0x794C7630).keeps, Keeps::while_contained);
  EXPECT_EQ(kind_of_magic(0x01021994).keeps, Keeps::nothing);
  EXPECT_EQ(kind_of_magic(0x858458F6).keeps, Keeps::nothing);
  for (const unsigned long magic :
       {0x6969UL, 0xFF534D42UL, 0xFE534D42UL, 0x01021997UL, 0x65735546UL})
    EXPECT_EQ(kind_of_magic(magic).keeps, Keeps::unknown) << magic;
}

TEST(FileSystemKind, OneThatNobodyKnowsIsNamedByItsNumber) {
  const FileSystemKind kind = kind_of_magic(0xF2F52010);
  EXPECT_EQ(kind.name, "unknown type 0xf2f52010");
  EXPECT_EQ(kind.keeps, Keeps::unknown);
  EXPECT_FALSE(kind.hint.empty());
}

TEST(FileSystemKind, IsThatOfTheDirectoryAboveWhileThereIsNone) {
  EXPECT_EQ(existing_parent("/proc/no/such/thing"), "/proc");
  EXPECT_EQ(existing_parent("/nowhere"), "/");
  EXPECT_EQ(existing_parent("nowhere-at-all"), ".");
  EXPECT_EQ(file_system_kind("/proc/no/such/thing").name, "unknown type 0x9fa0");
}

TEST(Volume, MayBeVolatileOnlyWhenSomebodySaidSo) {
  Config config;
  config.storage.durability = engine::Durability::disk;
  EXPECT_FALSE(may_be_volatile(config));
  config.storage.durability = engine::Durability::os;
  EXPECT_FALSE(may_be_volatile(config));
  config.storage.durability = engine::Durability::memory;
  EXPECT_TRUE(may_be_volatile(config));
  config.storage.durability = engine::Durability::disk;
  config.storage.allow_volatile = true;
  EXPECT_TRUE(may_be_volatile(config));
}

}  // namespace
}  // namespace twofold::storage
