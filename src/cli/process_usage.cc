#include "src/cli/process_usage.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace twofold::cli {
namespace {

// The fields of /proc/<pid>/stat from the third on: the second, the name, may contain anything.
std::istringstream stat_of(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  return std::istringstream(name_end == std::string::npos ? "" : line.substr(name_end + 1));
}

// Numbered as proc(5) does.
std::optional<double> field_of(int pid, int number) {
  std::istringstream fields = stat_of(pid);
  std::string skipped;
  for (int i = 3; i < number; ++i) fields >> skipped;
  double value = 0;
  if (!(fields >> value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> cpu_seconds_of(int pid) {
  constexpr int kUserTicks = 14, kSystemTicks = 15;
  const auto user = field_of(pid, kUserTicks);
  const auto system = field_of(pid, kSystemTicks);
  if (!user || !system) return std::nullopt;
  return (*user + *system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<std::uint64_t> resident_bytes_of(int pid) {
  constexpr int kResidentPages = 24;
  const auto pages = field_of(pid, kResidentPages);
  if (!pages) return std::nullopt;
  return static_cast<std::uint64_t>(*pages) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<std::uint64_t> disk_bytes_of(const std::string& directory) {
  constexpr std::uint64_t kBlock = 512;  // st_blocks counts these
  std::error_code error;
  std::uint64_t bytes = 0;
  std::filesystem::recursive_directory_iterator at(directory, error);
  if (error) return std::nullopt;
  for (; at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    if (error) return std::nullopt;
    struct stat info {};
    // A file may go between being listed and being looked at.
    if (::lstat(at->path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
      bytes += static_cast<std::uint64_t>(info.st_blocks) * kBlock;
  }
  return bytes;
}

}  // namespace twofold::cli
