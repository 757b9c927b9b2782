#include "src/cli/port_holder.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

namespace twofold::cli {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kListening = 0x0A;

// The inode of the socket that listens on `port`, from a table of the kernel's sockets:
//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
std::string listening_inode(const char* table, int port) {
  std::ifstream file(table);
  std::string line;
  while (std::getline(file, line)) {
    char address[64] = {};
    unsigned local_port = 0, state = 0;
    unsigned long long inode = 0;
    const int read = std::sscanf(
        line.c_str(), " %*d: %63[0-9A-F]:%X %*[0-9A-F]:%*X %X %*X:%*X %*X:%*X %*X %*u %*u %llu",
        address, &local_port, &state, &inode);
    if (read == 4 && state == kListening && local_port == static_cast<unsigned>(port)) {
      return fmt::format("socket:[{}]", inode);
    }
  }
  return {};
}

bool holds(const fs::path& process, const std::string& socket) {
  std::error_code ignored;
  for (fs::directory_iterator file(process / "fd", ignored), end; file != end;
       file.increment(ignored)) {
    if (fs::read_symlink(file->path(), ignored) == socket) return true;
  }
  return false;
}

}  // namespace

std::string port_holder(int port) {
  std::string socket = listening_inode("/proc/net/tcp", port);
  if (socket.empty()) socket = listening_inode("/proc/net/tcp6", port);
  if (socket.empty()) return {};
  std::error_code ignored;
  for (fs::directory_iterator process("/proc", ignored), end; process != end;
       process.increment(ignored)) {
    const std::string pid = process->path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!holds(process->path(), socket)) continue;
    std::ifstream name_file(process->path() / "comm");
    std::string name;
    std::getline(name_file, name);
    return fmt::format("{} (pid {})", name, pid);
  }
  return {};
}

}  // namespace twofold::cli
