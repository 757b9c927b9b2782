#include "src/serve/group_memory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace twofold {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class GroupMemory : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const auto file = std::filesystem::path(root()) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void TearDown() override { std::filesystem::remove_all(root()); }
  static std::string root() {
    return testing::TempDir() + "group-memory-" + std::to_string(::getpid());
  }
};

TEST_F(GroupMemory, OfVersion2TheLeastOnTheWayUpCounts) {
  write("proc/self/cgroup", "0::/a.slice/b.service\n");
  write("sys/fs/cgroup/a.slice/b.service/memory.max", "1073741824\n");
  EXPECT_EQ(group_memory(root()), 1024 * kMiB);
  write("sys/fs/cgroup/a.slice/memory.max", "536870912\n");
  EXPECT_EQ(group_memory(root() + "/"), 512 * kMiB);
  write("sys/fs/cgroup/a.slice/memory.max", "max\n");
  EXPECT_EQ(group_memory(root()), 1024 * kMiB);
}

TEST_F(GroupMemory, OfVersion1TheControllersOwnHierarchyCounts) {
  write("proc/self/cgroup", "7:cpu,cpuacct:/x\n4:memory:/docker/1a2b\n0::/\n");
  write("sys/fs/cgroup/memory/docker/1a2b/memory.limit_in_bytes", "268435456\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(group_memory(root()), 256 * kMiB);
}

TEST_F(GroupMemory, InAContainerTheRootIsItsOwnGroup) {
  write("proc/self/cgroup", "0::/system.slice/docker-1a2b.scope\n");
  write("sys/fs/cgroup/memory.max", "536870912\n");
  EXPECT_EQ(group_memory(root()), 512 * kMiB);
}

TEST_F(GroupMemory, WithoutALimitThereIsNone) {
  EXPECT_EQ(group_memory(root()), std::nullopt) << "no such files at all";
  write("proc/self/cgroup", "0::/user.slice\nnonsense\n12:pids\n");
  EXPECT_EQ(group_memory(root()), std::nullopt);
  write("sys/fs/cgroup/user.slice/memory.max", "max\n");
  EXPECT_EQ(group_memory(root()), std::nullopt);
  write("proc/self/cgroup", "4:memory:/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(group_memory(root()), std::nullopt) << "as version 1 says it";
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "");
  EXPECT_EQ(group_memory(root()), std::nullopt);
}

}  // namespace
}  // namespace twofold
