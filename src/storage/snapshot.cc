#include "src/storage/snapshot.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "engine/journal_files.h"

namespace twofold::storage {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 20;
constexpr std::size_t kBufferBytes = 1 << 20;
constexpr const char* kSuperblocks[] = {"superblock.0", "superblock.1"};

/// A file that stays readable when its name goes.
class OpenFile {
 public:
  OpenFile(fs::path path, std::string name)
      : name_(std::move(name)), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(OpenFile&& other) noexcept
      : name_(std::move(other.name_)), fd_(std::exchange(other.fd_, -1)) {}
  OpenFile& operator=(OpenFile&&) = delete;

  bool is_open() const { return fd_ >= 0; }
  const std::string& name() const { return name_; }

  /// Everything in it, synced; nothing on an error, which errno says.
  std::optional<std::uint64_t> copy_to(const fs::path& path) const {
    const int out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (out < 0) return std::nullopt;
    const auto copied = copy_to(out);
    const bool synced = copied && ::fdatasync(out) == 0;
    const int error = errno;
    ::close(out);
    errno = error;
    return synced ? copied : std::nullopt;
  }

 private:
  std::optional<std::uint64_t> copy_to(int out) const {
    std::vector<char> buffer(kBufferBytes);
    std::uint64_t at = 0;
    while (true) {
      const ssize_t got = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::nullopt;
      if (got == 0) return at;
      for (ssize_t done = 0; done < got;) {
        const ssize_t put =
            ::write(out, buffer.data() + done, static_cast<std::size_t>(got - done));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return std::nullopt;
        done += put;
      }
      at += static_cast<std::uint64_t>(got);
    }
  }

  std::string name_;
  int fd_;
};

std::string contents(const fs::path& path) {
  std::string bytes(64 << 10, '\0');
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), 0);
  ::close(fd);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

std::vector<std::string> superblocks(const fs::path& from) {
  std::vector<std::string> all;
  for (const char* name : kSuperblocks) all.push_back(contents(from / name));
  return all;
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file(error)) names.push_back(at->path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Newest first. Spares have other names, and nothing in them.
std::vector<std::string> journal_files(const fs::path& from) {
  std::vector<std::string> files;
  for (const std::string& name : names_in(from / engine::kJournalDirectory)) {
    const std::string path = fmt::format("{}/{}", engine::kJournalDirectory, name);
    if (engine::journal_file_number(path)) files.push_back(path);
  }
  std::reverse(files.begin(), files.end());
  return files;
}

class Copy {
 public:
  Copy(fs::path from, fs::path to) : from_(std::move(from)), to_(std::move(to)) {}

  /// Nothing: a checkpoint came in between, or what one had given back went.
  Outcome<std::optional<Snapshot>> attempt() {
    const auto before = superblocks(from_);
    std::error_code error;
    for (const char* folder : {"checkpoints", "journal", "segments", "orphans"}) {
      fs::create_directories(to_ / folder, error);
      if (error) return failed(to_ / folder, error.value());
    }
    std::vector<OpenFile> others;
    for (const char* folder : {"checkpoints", "segments"}) {
      for (const std::string& name : names_in(from_ / folder)) {
        if (fs::path(name).extension() == ".tmp") continue;
        others.emplace_back(from_ / folder / name, fmt::format("{}/{}", folder, name));
      }
    }
    for (const std::string& name : journal_files(from_)) {
      const OpenFile file(from_ / name, name);
      if (!file.is_open()) return std::optional<Snapshot>();
      if (auto copied = copy(file); !copied) return copied.error();
    }
    // What was drained meanwhile, and is named at the end of the journal copied just now.
    for (const std::string& name : names_in(from_ / "segments")) {
      const std::string path = "segments/" + name;
      const bool is_open = std::any_of(others.begin(), others.end(),
                                       [&](const auto& file) { return file.name() == path; });
      if (!is_open && fs::path(name).extension() == ".seg") others.emplace_back(from_ / path, path);
    }
    if (superblocks(from_) != before) return std::optional<Snapshot>();
    for (const OpenFile& file : others) {
      if (!file.is_open()) return std::optional<Snapshot>();
      if (auto copied = copy(file); !copied) return copied.error();
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (auto written = write(kSuperblocks[i], before[i]); !written) return written.error();
    }
    return std::optional(done_);
  }

 private:
  static Refused failed(const fs::path& path, int reason) {
    return Refused(fmt::format("{}: {}", path.string(), std::strerror(reason)));
  }
  Outcome<Done> copy(const OpenFile& file) {
    const auto bytes = file.copy_to(to_ / file.name());
    if (!bytes) return failed(to_ / file.name(), errno);
    ++done_.files;
    done_.bytes += *bytes;
    return Done{};
  }
  Outcome<Done> write(const char* name, const std::string& bytes) {
    if (bytes.empty()) return Done{};
    const fs::path path = to_ / name;
    const int out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    const bool good =
        out >= 0 &&
        ::write(out, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
        ::fsync(out) == 0;
    const int reason = errno;
    if (out >= 0) ::close(out);
    if (!good) return failed(path, reason);
    ++done_.files;
    done_.bytes += bytes.size();
    return Done{};
  }

  const fs::path from_;
  const fs::path to_;
  Snapshot done_;
};

}  // namespace

Outcome<Snapshot> take_snapshot(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!fs::exists(fs::path(from) / kSuperblocks[0], error)) {
    return Refused(
        fmt::format("{} is no data directory of a broker: there is no superblock in it", from));
  }
  const bool existed = fs::exists(to, error);
  if (existed && !fs::is_empty(to, error)) return Refused(fmt::format("{} is not empty", to));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto copied = Copy(from, to).attempt();
    if (copied && *copied) {
      ::sync();
      return **copied;
    }
    fs::remove_all(to, error);
    if (existed) fs::create_directories(to, error);
    if (!copied) return copied.error();
  }
  return Refused(fmt::format(
      "{} checkpoints came in between: the broker writes faster than this copies", kAttempts));
}

}  // namespace twofold::storage
