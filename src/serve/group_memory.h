#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace twofold {

/// How much memory the control group that this process is in may take: the least of its own limit
/// and of the groups around it, of version 2 (memory.max) or version 1 (memory.limit_in_bytes).
/// Nullopt: there is no group, or no limit, or nothing of it can be read. In bytes.
///
/// A container mostly sees its own group as the root of all: then that one's limit counts.
/// `root` is where proc/self/cgroup and sys/fs/cgroup are found: "/", and a folder in tests.
std::optional<std::uint64_t> group_memory(const std::string& root);

}  // namespace twofold
