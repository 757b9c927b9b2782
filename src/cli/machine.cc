#include "src/cli/machine.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

namespace twofold::cli {
namespace {

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "CPU";
}

}  // namespace

std::string machine_text() {
  struct sysinfo memory {};
  ::sysinfo(&memory);
  struct utsname kernel {};
  ::uname(&kernel);
  const double gib = static_cast<double>(memory.totalram) * memory.mem_unit / (1 << 30);
  const std::string_view release = kernel.release;
  return fmt::format("{} x {}, {:.0f} GiB, {} {}",
                     std::max(1u, std::thread::hardware_concurrency()), cpu_name(), gib,
                     kernel.sysname, release.substr(0, release.find('-')));
}

bool terminal_has_unicode() {
  const char* term = std::getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string lower(value);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace twofold::cli
