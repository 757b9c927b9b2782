#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/base/file_system.h"

namespace twofold::engine {
namespace {

constexpr std::uint64_t kDirectUnit = 4096;
constexpr mode_t kFileRights = 0640;
constexpr mode_t kDirectoryRights = 0750;

Error failed(const char* call, const std::string& name, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return Error(full ? Errc::storage_full : Errc::io,
               fmt::format("{} {}: {}", call, name.empty() ? "." : name, strerrordesc_np(error)));
}

/// Repeats a system call for as long as a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ != -1) ::close(fd_);
  }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ != -1; }

 private:
  int fd_ = -1;
};

Descriptor open_at(const Descriptor& root, const std::string& name, int flags) {
  return Descriptor(uninterrupted(
      [&] { return ::openat(root.get(), name.c_str(), flags | O_CLOEXEC, kFileRights); }));
}

class PosixFile final : public File {
 public:
  /// `direct` is empty where the page cache cannot be bypassed, or need not be.
  PosixFile(std::string name, Descriptor buffered, Descriptor direct)
      : name_(std::move(name)), buffered_(std::move(buffered)), direct_(std::move(direct)) {}

  Result<> write_at(std::uint64_t place, std::string_view bytes) override {
    if (direct_) {
      TF_CHECK(place % kDirectUnit == 0);
      TF_CHECK(bytes.size() % kDirectUnit == 0);
      TF_CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % kDirectUnit == 0);
    }
    const int fd = direct_ ? direct_.get() : buffered_.get();
    // A device that fills up gives a short count first and the reason only with the next call.
    while (!bytes.empty()) {
      const auto n = uninterrupted(
          [&] { return ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(place)); });
      if (n == -1) return failed("write", name_, errno);
      if (n == 0) return failed("write", name_, EIO);
      place += static_cast<std::uint64_t>(n);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t place, char* out, std::size_t size) override {
    std::size_t done = 0;
    while (done < size) {
      const auto n = uninterrupted([&] {
        return ::pread(buffered_.get(), out + done, size - done, static_cast<off_t>(place + done));
      });
      if (n == -1) return failed("read", name_, errno);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Result<> sync() override {
    // Never repeated, whatever the error: the kernel has already forgotten which pages it lost.
    const int fd = direct_ ? direct_.get() : buffered_.get();
    if (::fdatasync(fd) == -1) return failed("fdatasync", name_, errno);
    return {};
  }

  Result<> allocate(std::uint64_t size) override {
    const auto length = static_cast<off_t>(size);
    const int fd = buffered_.get();
    if (uninterrupted([&] { return ::fallocate(fd, 0, 0, length); }) == 0) return {};
    if (errno != EOPNOTSUPP) return failed("fallocate", name_, errno);

    // Some file systems reserve nothing; the size at least is then the same as everywhere.
    const auto now = this->size();
    if (!now) return now.error();
    if (*now >= size) return {};
    if (uninterrupted([&] { return ::ftruncate(fd, length); }) == -1)
      return failed("ftruncate", name_, errno);
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat st {};
    if (::fstat(buffered_.get(), &st) == -1) return failed("fstat", name_, errno);
    return static_cast<std::uint64_t>(st.st_size);
  }

  bool is_direct() const override { return static_cast<bool>(direct_); }

 private:
  const std::string name_;
  const Descriptor buffered_;
  const Descriptor direct_;
};

std::string holder_line() {
  char host[256] = "unknown";
  ::gethostname(host, sizeof host - 1);
  char when[32] = "";
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return fmt::format("pid {} on {} since {}\n", ::getpid(), host, when);
}

class PosixFileSystem final : public FileSystem {
 public:
  explicit PosixFileSystem(Descriptor root) : root_(std::move(root)) {}

  Result<std::shared_ptr<File>> open(const std::string& name, OpenMode mode) override {
    const bool fresh = mode == OpenMode::create || mode == OpenMode::create_direct;
    const bool direct = mode == OpenMode::create_direct || mode == OpenMode::write_direct;
    const int flags = mode == OpenMode::read_only ? O_RDONLY : O_RDWR;
    auto buffered = open_at(root_, name, fresh ? flags | O_CREAT | O_EXCL : flags);
    if (!buffered) return failed("open", name, errno);

    // A process that died may have left bytes that only the page cache has, or that the kernel
    // gave up on after a failed sync. What is read from here on is what the device holds.
    if (!fresh) {
      const bool cannot_sync = ::fdatasync(buffered.get()) == -1;
      // Devices and read-only file systems have nothing to sync, and say it like this.
      if (cannot_sync && errno != EINVAL && errno != EROFS) return failed("fdatasync", name, errno);
      ::posix_fadvise(buffered.get(), 0, 0, POSIX_FADV_DONTNEED);
    }

    // Not with O_CREAT: where O_DIRECT is refused, the file would be left behind.
    Descriptor unbuffered;
    if (direct) {
      unbuffered = open_at(root_, name, O_WRONLY | O_DIRECT | O_DSYNC);
      if (!unbuffered && errno != EINVAL) return failed("open", name, errno);
    }
    return std::shared_ptr<File>(
        std::make_shared<PosixFile>(name, std::move(buffered), std::move(unbuffered)));
  }

  Result<> rename(const std::string& from, const std::string& to) override {
    if (::renameat(root_.get(), from.c_str(), root_.get(), to.c_str()) == -1)
      return failed("rename", from, errno);
    return {};
  }

  Result<> remove(const std::string& name) override {
    if (::unlinkat(root_.get(), name.c_str(), 0) == 0) return {};
    if (errno != EISDIR) return failed("unlink", name, errno);
    if (::unlinkat(root_.get(), name.c_str(), AT_REMOVEDIR) == -1)
      return failed("rmdir", name, errno);
    return {};
  }

  Result<> make_directory(const std::string& name) override {
    if (::mkdirat(root_.get(), name.c_str(), kDirectoryRights) == 0) return {};
    if (errno != EEXIST) return failed("mkdir", name, errno);
    if (!open_directory(name)) return failed("mkdir", name, EEXIST);
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    auto fd = open_directory(directory);
    if (!fd) return failed("open", directory, errno);
    DIR* stream = ::fdopendir(fd.get());
    if (stream == nullptr) return failed("opendir", directory, errno);
    fd.release();

    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return failed("readdir", directory, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<> sync_directory(const std::string& directory) override {
    const auto fd = open_directory(directory);
    if (!fd) return failed("open", directory, errno);
    if (::fsync(fd.get()) == -1) return failed("fsync", directory, errno);
    return {};
  }

  Result<std::uint64_t> free_bytes() override {
    struct statvfs st {};
    if (uninterrupted([&] { return ::fstatvfs(root_.get(), &st); }) == -1)
      return failed("statvfs", "", errno);
    return static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize;
  }

  Result<> lock(const std::string& name) override {
    TF_CHECK(!lock_);
    auto fd = open_at(root_, name, O_RDWR | O_CREAT);
    if (!fd) return failed("open", name, errno);
    if (uninterrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) == -1) {
      if (errno != EWOULDBLOCK) return failed("flock", name, errno);
      return held_by_another(fd);
    }
    // Only people read the content, so a full disk here must not keep the broker from starting.
    const auto line = holder_line();
    if (::ftruncate(fd.get(), 0) == 0)
      static_cast<void>(::pwrite(fd.get(), line.data(), line.size(), 0) + 1);
    lock_ = std::move(fd);
    return {};
  }

 private:
  Descriptor open_directory(const std::string& name) const {
    return open_at(root_, name.empty() ? "." : name, O_RDONLY | O_DIRECTORY);
  }

  static Error held_by_another(const Descriptor& fd) {
    char line[512];
    const auto n = ::pread(fd.get(), line, sizeof line, 0);
    std::string_view holder(line, n > 0 ? static_cast<std::size_t>(n) : 0);
    holder = holder.substr(0, holder.find('\n'));
    return Error(Errc::busy,
                 fmt::format("the data directory is in use by {}",
                             holder.empty() ? "another process" : holder),
                 "stop that process, or choose another directory");
  }

  Descriptor root_;
  Descriptor lock_;
};

Result<> sync_path(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failed("open", path, errno);
  if (::fsync(fd.get()) == -1) return failed("fsync", path, errno);
  return {};
}

/// Makes `path` and what is missing above it; each new name is durable before the next is made.
Result<> make_path(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const auto part = path.substr(0, end);
    if (::mkdir(part.c_str(), kDirectoryRights) == 0) {
      const auto slash = part.find_last_of('/');
      const auto above = slash == std::string::npos ? "."
                         : slash == 0               ? "/"
                                                    : part.substr(0, slash);
      if (auto synced = sync_path(above); !synced) return synced.error();
    } else if (errno != EEXIST && errno != EISDIR) {
      return failed("mkdir", part, errno);
    }
    if (end == std::string::npos) return {};
  }
}

}  // namespace

Result<std::unique_ptr<FileSystem>> open_file_system(const std::string& directory) {
  TF_CHECK(!directory.empty());
  Descriptor root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root && errno == ENOENT) {
    if (auto made = make_path(directory); !made) return made.error();
    root = Descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  if (!root) return failed("open", directory, errno);
  return std::unique_ptr<FileSystem>(std::make_unique<PosixFileSystem>(std::move(root)));
}

}  // namespace twofold::engine
