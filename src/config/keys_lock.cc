#include "src/config/keys_lock.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

namespace twofold::config {
namespace {

constexpr int kTries = 500;
constexpr int kBetweenTriesMs = 10;  // who holds it reads and writes one small file

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

Outcome<KeysLock> KeysLock::take(const std::string& path) {
  const std::string folder = folder_of(path);
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0)
    return Refused(fmt::format("cannot open the folder of {}: {}", path, std::strerror(errno)));
  KeysLock lock(handle);
  for (int tries = 0; tries < kTries; ++tries) {
    if (::flock(handle, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK && errno != EINTR) return lock;  // it cannot be locked at all
    ::poll(nullptr, 0, kBetweenTriesMs);
  }
  return Refused(fmt::format(
      "somebody else has been changing {} for 5 seconds: another twofold key, or a broker", path));
}

KeysLock::KeysLock(KeysLock&& other) noexcept : folder_(std::exchange(other.folder_, -1)) {}

KeysLock::~KeysLock() {
  if (folder_ >= 0) ::close(folder_);
}

}  // namespace twofold::config
