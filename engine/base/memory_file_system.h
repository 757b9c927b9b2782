#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/base/file_system.h"

namespace twofold::engine {

/// Files that live as long as this object: for a broker that keeps nothing, and for tests.
///
/// Keeps the contract of the real one: a removed file is readable for as long as it is open, direct
/// modes insist on alignment, a full "device" gives storage_full. Files may outlive this object.
/// Threads  any.
class MemoryFileSystem final : public FileSystem {
 public:
  explicit MemoryFileSystem(std::uint64_t capacity_bytes = 1ull << 30);

  Result<std::shared_ptr<File>> open(const std::string& name, OpenMode mode) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& name) override;
  Result<> make_directory(const std::string& name) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> sync_directory(const std::string& directory) override;
  Result<std::uint64_t> free_bytes() override;
  Result<> lock(const std::string& name) override;

 private:
  struct Device;
  struct Node;
  class OpenFile;
  bool has_directory_of(const std::string& name) const;

  std::shared_ptr<Device> device_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Node>> files_;  // guarded by mutex_
  std::set<std::string> directories_;                   // guarded by mutex_
  bool locked_ = false;                                 // guarded by mutex_
};

}  // namespace twofold::engine
