#include "src/storage/file_system_kind.h"

#include <array>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace twofold::storage {
namespace {

constexpr std::string_view kCopies = "correct, but copy-on-write makes every sync dearer";
constexpr std::string_view kGoes = "part of the container, and goes with it";
constexpr std::string_view kMemory = "in memory: nothing survives a restart of the machine";
constexpr std::string_view kNetwork = "locks and syncs of network file systems vary";
constexpr std::string_view kHost = "syncs may stop at the host's cache";
constexpr std::string_view kProgram = "syncs are as good as the program behind it";
constexpr std::string_view kUnheard = "whether a sync reaches the device is not known here";

constexpr std::string_view kMount = "mount a volume there, or name one with --data DIR";
constexpr std::string_view kDisk = "name a directory on a disk with --data DIR";
constexpr std::string_view kLocal = "use a file system on a device of this machine: ext4 or XFS";

struct Known {
  unsigned long magic;
  std::string_view name;
  Keeps keeps;
  std::string_view what;
  std::string_view hint;
};
constexpr auto kKnown = std::to_array<Known>({
    {0xEF53,     "ext4",    Keeps::all,             "",       ""    },
    {0x58465342, "xfs",     Keeps::all,             "",       ""    },
    {0x9123683E, "btrfs",   Keeps::dearly,          kCopies,  ""    },
    {0x2FC12FC1, "zfs",     Keeps::dearly,          kCopies,  ""    },
    {0x794C7630, "overlay", Keeps::while_contained, kGoes,    kMount},
    {0x01021994, "tmpfs",   Keeps::nothing,         kMemory,  kDisk },
    {0x858458F6, "ramfs",   Keeps::nothing,         kMemory,  kDisk },
    {0x6969,     "nfs",     Keeps::unknown,         kNetwork, kLocal},
    {0xFF534D42, "cifs",    Keeps::unknown,         kNetwork, kLocal},
    {0xFE534D42, "smb2",    Keeps::unknown,         kNetwork, kLocal},
    {0x01021997, "9p",      Keeps::unknown,         kHost,    kLocal},
    {0x65735546, "fuse",    Keeps::unknown,         kProgram, kLocal},
});

}  // namespace

FileSystemKind kind_of_magic(unsigned long magic) {
  for (const Known& known : kKnown) {
    if (known.magic == magic) return {std::string(known.name), known.keeps, known.what, known.hint};
  }
  return {fmt::format("unknown type {:#x}", magic), Keeps::unknown, kUnheard, kLocal};
}

FileSystemKind file_system_kind(const std::string& directory) {
  struct statfs found {};
  if (::statfs(existing_parent(directory).c_str(), &found) != 0)
    return {"unknown", Keeps::unknown, kUnheard, ""};
  return kind_of_magic(static_cast<unsigned long>(found.f_type) & 0xFFFFFFFFUL);
}

std::string existing_parent(std::string path) {
  struct stat found {};
  while (!path.empty() && ::stat(path.c_str(), &found) != 0) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    path.resize(slash == 0 ? 1 : slash);
    if (slash == 0) break;
  }
  return path;
}

}  // namespace twofold::storage
