#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace twofold::engine {

/// One open file. Safe to use from several threads at once (reads and writes carry their place).
///
/// Errors  storage_full when the device has no room; io with the call, the file's name and the
///         system's words for everything else. A failed sync() says nothing about which bytes are
///         on the device, and a later success says nothing either.
class File {
 public:
  virtual ~File() = default;
  /// Writes all of `bytes` or fails; in direct mode place, size and address are multiples of 4096.
  virtual Result<> write_at(std::uint64_t place, std::string_view bytes) = 0;
  /// Reads up to `size` bytes into `out`; fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t place, char* out, std::size_t size) = 0;
  /// Returns once everything written so far survives a power cut.
  virtual Result<> sync() = 0;
  /// Reserves room so that later writes inside [0, size) rarely meet a full disk.
  virtual Result<> allocate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() = 0;
  /// Whether writes bypass the page cache and are durable when they return (sync() is then free).
  virtual bool is_direct() const = 0;
};

enum class OpenMode {
  create,         ///< must not exist yet
  read_write,     ///< must exist
  read_only,      ///< must exist
  create_direct,  ///< as create, bypassing the page cache where the file system allows it
  write_direct,   ///< as read_write, likewise
};

/// A directory tree with names relative to its root: the one place that knows the operating
/// system's files. Posix for real; simulated for tests, where writes tear, vanish and fail.
///
/// A created, renamed or removed name is durable only after sync_directory(). Opening a file that
/// exists first syncs it and drops what is cached of it: a process that died may have left bytes
/// that were never on the device, and decisions must not rest on those.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::shared_ptr<File>> open(const std::string& name, OpenMode mode) = 0;
  /// Replaces a file called `to`. Whoever has that one open keeps it.
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  /// A file, or a directory with nothing in it.
  virtual Result<> remove(const std::string& name) = 0;
  /// Making one that exists is no error. What is above it must exist.
  virtual Result<> make_directory(const std::string& name) = 0;
  /// Names inside `directory` ("" is the root), sorted.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Result<> sync_directory(const std::string& directory) = 0;
  virtual Result<std::uint64_t> free_bytes() = 0;
  /// Takes the lock that keeps a second broker out, for as long as this object lives.
  /// `busy` names the holder.
  virtual Result<> lock(const std::string& name) = 0;
};

/// The real one, rooted at `directory`, which is created when missing.
Result<std::unique_ptr<FileSystem>> open_file_system(const std::string& directory);

}  // namespace twofold::engine
