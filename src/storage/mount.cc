#include "src/storage/mount.h"

#include <algorithm>
#include <array>

namespace twofold::storage {
namespace {

using Weight = MountTrouble::Weight;

struct Known {
  std::string_view option;
  MountTrouble trouble;
};
// The worst first.
constexpr auto kKnown = std::to_array<Known>({
    {"ro",
     {Weight::keeps_from_starting, "mounted read-only",
      "after an error the kernel does that by itself: see dmesg, then mount it with rw"}         },
    {"nobarrier",
     {Weight::harms, "nobarrier: a power cut may take back what was synced",
      "mount it without nobarrier"}                                                              },
    {"barrier=0",
     {Weight::harms, "barrier=0: a power cut may take back what was synced",
      "mount it without barrier=0"}                                                              },
    {"soft",
     {Weight::harms, "soft: a server that is slow for a while fails writes for good",
      "mount it with hard"}                                                                      },
    {"sync",
     {Weight::harms, "sync: every write waits for the device, also those that need not",
      "mount it without sync: the broker syncs what it must"}                                    },
    {"discard",
     {Weight::may_cost, "discard",
      "if syncs stall while files are removed: mount it without discard, and run fstrim instead"}},
});

std::string_view next_word(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

// Spaces, tabs, newlines and backslashes in names are written as \040 and so on.
std::string unescaped(std::string_view text) {
  std::string plain;
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) &&
                        is_octal(text[i + 2]) && is_octal(text[i + 3]);
    if (!escape) {
      plain += text[i];
      continue;
    }
    plain +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return plain;
}

bool is_at_or_above(std::string_view point, std::string_view path) {
  if (point == "/") return path.starts_with('/');
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

void add_options(std::string_view list, std::vector<std::string>& options) {
  while (!list.empty()) {
    const std::string_view option = next_word(list, ',');
    if (!option.empty() && std::find(options.begin(), options.end(), option) == options.end())
      options.emplace_back(option);
  }
}

// 27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
std::optional<Mount> parse_line(std::string_view line) {
  for (int skipped = 0; skipped < 4; ++skipped) next_word(line, ' ');
  Mount mount;
  mount.point = unescaped(next_word(line, ' '));
  add_options(next_word(line, ' '), mount.options);
  while (!line.empty() && next_word(line, ' ') != "-") {
  }
  mount.type = next_word(line, ' ');
  next_word(line, ' ');  // what it is mounted from
  add_options(line, mount.options);
  if (mount.point.empty() || mount.type.empty()) return std::nullopt;
  return mount;
}

}  // namespace

std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view path) {
  std::optional<Mount> found;
  while (!mountinfo.empty()) {
    auto mount = parse_line(next_word(mountinfo, '\n'));
    if (!mount || !is_at_or_above(mount->point, path)) continue;
    if (!found || mount->point.size() >= found->point.size()) found = std::move(mount);
  }
  return found;
}

std::optional<MountTrouble> trouble_of(const Mount& mount) {
  for (const Known& known : kKnown) {
    const auto& options = mount.options;
    if (std::find(options.begin(), options.end(), known.option) != options.end())
      return known.trouble;
  }
  return std::nullopt;
}

}  // namespace twofold::storage
