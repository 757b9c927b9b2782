#include "src/cli/device_sync.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "engine/base/stopwatch.h"
#include "src/cli/nameless_file.h"

namespace twofold::cli {
namespace {

constexpr std::size_t kBlockBytes = 4096;
constexpr int kWrites = 50;

struct alignas(kBlockBytes) Block {
  char bytes[kBlockBytes];
};

bool write_durably(const NamelessFile& file, bool direct, int index, const Block& block) {
  const auto place = static_cast<off_t>(index) * static_cast<off_t>(kBlockBytes);
  const auto wrote = ::pwrite(file.descriptor(), block.bytes, kBlockBytes, place);
  if (wrote != static_cast<ssize_t>(kBlockBytes)) return false;
  return direct || ::fdatasync(file.descriptor()) == 0;
}

Refused refusal(const std::string& directory) {
  return Refused(fmt::format("cannot write in {}: {}", directory, std::strerror(errno)));
}

Outcome<SyncLatency> measure(const std::string& directory, bool direct) {
  const NamelessFile file(directory, direct ? O_DIRECT | O_DSYNC : 0);
  if (!file.opened()) return refusal(directory);
  Block block{};
  // The first round gives the file its blocks, as the journal's recycled files have theirs: growing
  // a file costs more.
  std::vector<std::chrono::nanoseconds> times;
  for (const bool measured : {false, true}) {
    for (int i = 0; i < kWrites; ++i) {
      block.bytes[0] = static_cast<char>('a' + i % 26);
      const engine::Stopwatch watch;
      if (!write_durably(file, direct, i, block)) return refusal(directory);
      if (measured) times.push_back(watch.elapsed());
    }
  }
  std::sort(times.begin(), times.end());
  return SyncLatency{times[kWrites / 2], times[kWrites - 1], kWrites, direct};
}

}  // namespace

Outcome<SyncLatency> measure_sync(const std::string& directory) {
  auto direct = measure(directory, true);
  if (direct) return direct;
  return measure(directory, false);
}

}  // namespace twofold::cli
