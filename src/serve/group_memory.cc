#include "src/serve/group_memory.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "src/config/text_file.h"

namespace twofold {
namespace {

// Version 1 says "no limit" with the largest number of pages.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60;

std::optional<std::uint64_t> limit_in(const std::string& file) {
  const auto text = config::read_text_file(file);
  if (!text) return std::nullopt;
  std::uint64_t bytes = 0;
  const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), bytes);
  if (failed != std::errc() || bytes == 0 || bytes >= kNoLimit) return std::nullopt;  // "max"
  return bytes;
}

void keep_least(std::optional<std::uint64_t>& least, std::optional<std::uint64_t> other) {
  if (other) least = std::min(least.value_or(*other), *other);
}

// From the group up to the one that holds all.
std::optional<std::uint64_t> least_on_the_way(const std::string& top, std::string path,
                                              std::string_view file) {
  std::optional<std::uint64_t> least;
  for (;;) {
    while (path.ends_with('/')) path.pop_back();
    std::string name = top;
    name.append(path).append("/").append(file);
    keep_least(least, limit_in(name));
    if (path.empty()) return least;
    path.erase(std::min(path.rfind('/'), path.size()));
  }
}

bool lists_memory(std::string_view controllers) {
  while (!controllers.empty()) {
    const std::size_t comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == "memory") return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

// "4:memory:/docker/1a2b" of version 1, "0::/system.slice/twofold.service" of version 2.
std::optional<std::uint64_t> limit_of(const std::string& groups, std::string_view line) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
  if (second == line.npos) return std::nullopt;
  const std::string_view controllers = line.substr(first + 1, second - first - 1);
  const std::string path(line.substr(second + 1));
  if (controllers.empty()) return least_on_the_way(groups, path, "memory.max");
  if (!lists_memory(controllers)) return std::nullopt;
  return least_on_the_way(groups + "/memory", path, "memory.limit_in_bytes");
}

}  // namespace

std::optional<std::uint64_t> group_memory(const std::string& root) {
  std::string top = root;
  while (top.ends_with('/')) top.pop_back();
  const auto text = config::read_text_file(top + "/proc/self/cgroup");
  if (!text) return std::nullopt;
  std::optional<std::uint64_t> least;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    keep_least(least, limit_of(top + "/sys/fs/cgroup", rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return least;
}

}  // namespace twofold
