#include "src/cli/doctor_storage.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "src/cli/doctor_host.h"
#include "src/cli/nameless_file.h"
#include "src/config/units.h"
#include "src/storage/check.h"
#include "src/storage/mount.h"

namespace twofold::cli {
namespace {

using engine::Duration;

constexpr Duration kClockApartMax = std::chrono::seconds(2);
constexpr const char* kStop = "last stop";
constexpr const char* kStored = "stored data";

// When the file system says that a file was written which is written now.
std::optional<engine::WallTime> written_now(const std::string& directory) {
  const NamelessFile file(directory);
  if (!file.opened()) return std::nullopt;
  struct stat found {};
  const bool known = ::write(file.descriptor(), "t", 1) == 1 && ::fsync(file.descriptor()) == 0 &&
                     ::fstat(file.descriptor(), &found) == 0;
  if (!known) return std::nullopt;
  return engine::WallTime{std::int64_t{found.st_mtim.tv_sec} * 1000 +
                          found.st_mtim.tv_nsec / 1'000'000};
}

bool has_superblock(const std::string& directory) {
  std::error_code error;
  return std::filesystem::exists(directory + "/superblock.0", error) ||
         std::filesystem::exists(directory + "/superblock.1", error);
}

Check last_stop(const storage::Findings& found) {
  if (found.was_clean) return {kStop, Verdict::ok, "in order", ""};
  return {kStop, Verdict::warn, "not in order: a crash, a kill or a power cut",
          fmt::format("what was acknowledged is there: the next start replays {} of the journal",
                      about_size(found.journal_bytes))};
}

Check stored_data(const storage::Findings& found) {
  if (!found.damage.empty()) {
    const std::size_t more = found.damage.size() - 1;
    return {kStored, Verdict::warn,
            more == 0 ? found.damage.front()
                      : fmt::format("{}, and {} more", found.damage.front(), more),
            "a broker starts with what is sound; twofold storage verify reads all of it"};
  }
  return {
      kStored, Verdict::ok,
      fmt::format("the newest verifies: {} journal blocks, {} checkpoints{}", found.blocks,
                  found.checkpoints,
                  found.torn_tail ? "; the last write is torn, which nobody was told about" : ""),
      ""};
}

}  // namespace

Check check_mount(const std::string& directory) {
  std::error_code error;
  const std::string path = std::filesystem::canonical(directory, error).string();
  std::ifstream file("/proc/self/mountinfo");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto mount = error ? std::nullopt : storage::mount_of(text, path);
  if (!mount) return {"mount", Verdict::ok, "not known: the kernel does not say", ""};
  std::string detail = fmt::format("{} {}", mount->point, fmt::join(mount->options, ","));
  const auto trouble = storage::trouble_of(*mount);
  if (!trouble) return {"mount", Verdict::ok, std::move(detail), ""};
  const std::string hint(trouble->hint);
  switch (trouble->weight) {
    case storage::MountTrouble::Weight::keeps_from_starting:
      return {"mount", Verdict::fail, fmt::format("{}: {}", mount->point, trouble->what), hint};
    case storage::MountTrouble::Weight::harms:
      return {"mount", Verdict::warn, fmt::format("{}: {}", mount->point, trouble->what), hint};
    case storage::MountTrouble::Weight::may_cost:
      return {"mount", Verdict::ok, std::move(detail), hint};
  }
  __builtin_unreachable();
}

Check check_clock(const std::string& directory) {
  const engine::SystemClock clock;
  const auto before = clock.wall();
  const auto written = written_now(directory);
  const auto after = clock.wall();
  if (!written) return {"clock", Verdict::warn, std::strerror(errno), ""};
  const Duration behind = before - *written;
  const Duration ahead = *written - after;
  if (std::max(behind, ahead) <= kClockApartMax)
    return {"clock", Verdict::ok, "as the file system's", ""};
  return {"clock", Verdict::warn,
          fmt::format("{} s {} the file system's", std::max(behind, ahead).count() / 1000,
                      behind > ahead ? "ahead of" : "behind"),
          "retention goes by the clock: set it, with NTP on both machines"};
}

std::vector<Check> check_stored(const std::string& directory) {
  if (!has_superblock(directory))
    return {
        {kStored, Verdict::ok, "nothing yet", ""}
    };
  const Check running{kStored, Verdict::ok, "not looked at: a broker is running on it",
                      "GET /v1/storage/damage says what it has found"};
  if (check_lock(directory).verdict != Verdict::ok) return {running};
  const auto files = engine::open_file_system(directory);
  if (!files)
    return {
        {kStored, Verdict::fail, files.error().detail, files.error().hint}
    };
  const auto found = storage::check_newest(**files);
  // One that has started meanwhile was writing what was read.
  if (check_lock(directory).verdict != Verdict::ok) return {running};
  if (!found)
    return {
        {kStored, Verdict::fail, found.error().detail, found.error().hint}
    };
  return {last_stop(*found), stored_data(*found)};
}

}  // namespace twofold::cli
