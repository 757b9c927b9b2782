#include "src/storage/mount.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twofold::storage {
namespace {

using testing::ElementsAre;
using Weight = MountTrouble::Weight;

constexpr std::string_view kMounts =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
    "40 27 254:1 / /data rw,noatime shared:1 master:2 - ext4 /dev/vdb rw,nobarrier\n"
    "41 27 254:2 / /data/my\\040disk ro,relatime - xfs /dev/vdc rw\n"
    "42 27 0:30 / /over rw - tmpfs tmpfs rw\n"
    "43 42 254:3 / /over rw - ext4 /dev/vdd rw,sync\n";

TEST(Mount, APathIsOnTheNearestMountAboveIt) {
  EXPECT_EQ(mount_of(kMounts, "/var/lib/twofold")->point, "/");
  EXPECT_EQ(mount_of(kMounts, "/data/shop")->point, "/data");
  EXPECT_EQ(mount_of(kMounts, "/data")->point, "/data");
  EXPECT_EQ(mount_of(kMounts, "/database")->point, "/") << "the name only begins alike";
  EXPECT_EQ(mount_of(kMounts, "/data/my disk/a")->type, "xfs") << "spaces are written as \\040";
  EXPECT_EQ(mount_of(kMounts, "/over/a")->type, "ext4") << "the last one covers the others";
  EXPECT_THAT(mount_of(kMounts, "/data")->options, ElementsAre("rw", "noatime", "nobarrier"));
}

TEST(Mount, WhatTakesSyncedBytesBackIsTold) {
  const auto weight = [](std::string_view path) { return trouble_of(*mount_of(kMounts, path)); };
  EXPECT_EQ(weight("/data")->weight, Weight::harms);
  EXPECT_NE(weight("/data")->what.find("nobarrier"), std::string_view::npos);
  EXPECT_EQ(weight("/data/my disk")->weight, Weight::keeps_from_starting);
  EXPECT_EQ(weight("/over")->weight, Weight::harms);
  EXPECT_EQ(weight("/")->weight, Weight::may_cost);
  EXPECT_FALSE(weight("/proc"));
}

TEST(Mount, TextThatIsCutAnywhereIsNoMount) {
  const std::string line = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw";
  const std::size_t type_begins = line.find("ext4");
  for (std::size_t size = 0; size <= line.size(); ++size)
    EXPECT_EQ(mount_of(line.substr(0, size), "/").has_value(), size > type_begins) << size;
}

}  // namespace
}  // namespace twofold::storage
