#include "src/cli/device_sync.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "engine/base/stopwatch.h"

namespace twofold::cli {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr int kWrites = 50;

/// A file without a name: it cannot be left behind.
class NamelessFile {
 public:
  explicit NamelessFile(const std::string& directory) {
    std::string name = directory + "/.twofold-sync-XXXXXX";
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ >= 0) ::unlink(name.c_str());
  }
  ~NamelessFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;

  bool opened() const { return descriptor_ >= 0; }
  bool write_block(int index, const std::string& block) const {
    const auto wrote = ::pwrite(descriptor_, block.data(), block.size(),
                                static_cast<off_t>(index) * static_cast<off_t>(kBlock));
    return wrote == static_cast<ssize_t>(block.size());
  }
  bool sync() const { return ::fdatasync(descriptor_) == 0; }

 private:
  int descriptor_ = -1;
};

Refused refusal(const std::string& directory) {
  return Refused(fmt::format("cannot write in {}: {}", directory, std::strerror(errno)));
}

}  // namespace

Outcome<SyncLatency> measure_sync(const std::string& directory) {
  const NamelessFile file(directory);
  if (!file.opened()) return refusal(directory);
  // Written once before, as the journal's recycled files are: growing a file costs more.
  std::string block(kBlock, 'x');
  for (int i = 0; i < kWrites; ++i) {
    if (!file.write_block(i, block)) return refusal(directory);
  }
  if (!file.sync()) return refusal(directory);

  std::vector<std::chrono::nanoseconds> times;
  for (int i = 0; i < kWrites; ++i) {
    block[0] = static_cast<char>('a' + i % 26);
    const engine::Stopwatch watch;
    if (!file.write_block(i, block) || !file.sync()) return refusal(directory);
    times.push_back(watch.elapsed());
  }
  std::sort(times.begin(), times.end());
  return SyncLatency{times[kWrites / 2], times[kWrites - 1], kWrites};
}

}  // namespace twofold::cli
