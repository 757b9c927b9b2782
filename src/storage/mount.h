#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::storage {

/// What a directory is mounted from and how, as the kernel says it.
struct Mount {
  std::string point;                 ///< "/var/lib/twofold"
  std::string type;                  ///< "ext4"
  std::vector<std::string> options;  ///< of the mount and of its file system, each once
};

/// The mount that `path` (absolute, without links) is on, of a text like /proc/self/mountinfo: of
/// several over each other the last. Nullopt where the text names none.
std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view path);

/// What an option does to a broker's data, and what to do about it.
struct MountTrouble {
  enum class Weight { keeps_from_starting, harms, may_cost };
  Weight weight;
  std::string_view what;
  std::string_view hint;
};

/// The worst of what the options of a mount do; nullopt when they are fine.
std::optional<MountTrouble> trouble_of(const Mount& mount);

}  // namespace twofold::storage
