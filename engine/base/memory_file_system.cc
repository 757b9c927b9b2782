#include "engine/base/memory_file_system.h"

#include <algorithm>
#include <utility>

#include "engine/base/memory_names.h"
#include "engine/base/sparse_bytes.h"

namespace twofold::engine {
namespace {

constexpr std::uint64_t kDirectUnit = 4096;

}  // namespace

struct MemoryFileSystem::Device {
  explicit Device(std::uint64_t bytes) : capacity(bytes) {}

  const std::uint64_t capacity;
  std::mutex mutex;
  std::uint64_t used = 0;  // guarded by mutex

  bool take(std::uint64_t bytes) {
    const std::lock_guard lock(mutex);
    if (bytes > capacity - used) return false;
    used += bytes;
    return true;
  }
  void give_back(std::uint64_t bytes) {
    const std::lock_guard lock(mutex);
    used -= bytes;
  }
};

struct MemoryFileSystem::Node {
  explicit Node(std::shared_ptr<Device> d) : device(std::move(d)) {}
  ~Node() { device->give_back(bytes.memory_bytes()); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const std::shared_ptr<Device> device;
  std::mutex mutex;
  SparseBytes bytes;       // guarded by mutex
  std::uint64_t size = 0;  // guarded by mutex
};

class MemoryFileSystem::OpenFile final : public File {
 public:
  OpenFile(std::string name, std::shared_ptr<Node> node, bool writable, bool direct)
      : name_(std::move(name)), node_(std::move(node)), writable_(writable), direct_(direct) {}

  Result<> write_at(std::uint64_t place, std::string_view bytes) override {
    if (direct_) {
      TF_CHECK(place % kDirectUnit == 0);
      TF_CHECK(bytes.size() % kDirectUnit == 0);
      TF_CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % kDirectUnit == 0);
    }
    if (!writable_) return file_error("write", name_, "Bad file descriptor");
    const std::lock_guard lock(node_->mutex);
    if (!node_->device->take(node_->bytes.growth(place, bytes.size())))
      return Error(Errc::storage_full, "write " + name_ + ": No space left on device");
    node_->bytes.write(place, bytes);
    node_->size = std::max<std::uint64_t>(node_->size, place + bytes.size());
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t place, char* out, std::size_t size) override {
    const std::lock_guard lock(node_->mutex);
    if (place >= node_->size) return std::size_t{0};
    const auto n = std::min<std::uint64_t>(size, node_->size - place);
    node_->bytes.read(place, out, n);
    return static_cast<std::size_t>(n);
  }

  Result<> sync() override { return {}; }

  Result<> allocate(std::uint64_t size) override {
    const std::lock_guard lock(node_->mutex);
    node_->size = std::max(node_->size, size);
    return {};
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard lock(node_->mutex);
    return node_->size;
  }

  bool is_direct() const override { return direct_; }

 private:
  const std::string name_;
  const std::shared_ptr<Node> node_;
  const bool writable_;
  const bool direct_;
};

MemoryFileSystem::MemoryFileSystem(std::uint64_t capacity_bytes)
    : device_(std::make_shared<Device>(capacity_bytes)), directories_({std::string()}) {}

bool MemoryFileSystem::has_directory_of(const std::string& name) const {
  return directories_.count(directory_of(name)) > 0;
}

Result<std::shared_ptr<File>> MemoryFileSystem::open(const std::string& name, OpenMode mode) {
  const bool fresh = mode == OpenMode::create || mode == OpenMode::create_direct;
  const bool direct = mode == OpenMode::create_direct || mode == OpenMode::write_direct;
  const std::lock_guard lock(mutex_);
  if (!has_directory_of(name)) return file_error("open", name, "No such file or directory");
  auto found = files_.find(name);
  if (fresh && (found != files_.end() || directories_.count(name) > 0))
    return file_error("open", name, "File exists");
  if (!fresh && found == files_.end()) return file_error("open", name, "No such file or directory");
  if (fresh) found = files_.emplace(name, std::make_shared<Node>(device_)).first;
  return std::shared_ptr<File>(
      std::make_shared<OpenFile>(name, found->second, mode != OpenMode::read_only, direct));
}

Result<> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(from);
  if (found == files_.end() || !has_directory_of(to))
    return file_error("rename", from, "No such file or directory");
  if (from == to) return {};
  files_.insert_or_assign(to, std::move(found->second));
  files_.erase(from);
  return {};
}

Result<> MemoryFileSystem::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (files_.erase(name) > 0) return {};
  if (directories_.count(name) == 0)
    return file_error("unlink", name, "No such file or directory");
  if (!is_empty_directory(name, files_, directories_))
    return file_error("rmdir", name, "Directory not empty");
  directories_.erase(name);
  return {};
}

Result<> MemoryFileSystem::make_directory(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!has_directory_of(name)) return file_error("mkdir", name, "No such file or directory");
  if (files_.count(name) > 0) return file_error("mkdir", name, "File exists");
  directories_.insert(name);
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  if (directories_.count(directory) == 0)
    return file_error("open", directory, "No such file or directory");
  return names_inside(directory, files_, directories_);
}

Result<> MemoryFileSystem::sync_directory(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  if (directories_.count(directory) == 0)
    return file_error("open", directory, "No such file or directory");
  return {};
}

Result<std::uint64_t> MemoryFileSystem::free_bytes() {
  const std::lock_guard lock(device_->mutex);
  return device_->capacity - device_->used;
}

Result<> MemoryFileSystem::lock(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (locked_) return Error(Errc::busy, name + " is held by another part of this process");
  locked_ = true;
  return {};
}

}  // namespace twofold::engine
