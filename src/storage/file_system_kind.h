#pragma once

#include <string>
#include <string_view>

namespace twofold::storage {

/// What a kind of file system makes of a sync that it has answered.
enum class Keeps {
  all,              ///< what was synced is there after a power cut
  dearly,           ///< the same, but copy-on-write makes every sync cost more
  while_contained,  ///< until the container goes
  nothing,          ///< it is memory: a restart of the machine empties it
  unknown           ///< as good as a network, a host or another program makes it
};

/// Where a data directory is, as far as that can be told.
struct FileSystemKind {
  std::string name;  ///< "ext4", or "unknown type 0x..."; never empty
  Keeps keeps;
  std::string_view what;  ///< for people; empty where there is nothing to say
  std::string_view hint;  ///< what to do; empty likewise
};

/// The kind that a kernel's number (statfs(2), f_type) stands for.
FileSystemKind kind_of_magic(unsigned long magic);

/// The kind of file system that `directory` is on, or would be on if it were made. Asks the kernel;
/// where that says nothing the kind is unknown.
FileSystemKind file_system_kind(const std::string& directory);

/// The nearest directory at or above `path` that exists: where the data directory would be made.
std::string existing_parent(std::string path);

}  // namespace twofold::storage
