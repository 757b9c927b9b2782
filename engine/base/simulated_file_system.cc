#include "engine/base/simulated_file_system.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/memory_names.h"
#include "engine/base/simulated_disk.h"

namespace twofold::engine {
namespace {

constexpr std::uint64_t kDirectUnit = 4096;

/// When the power goes during a change of names, the change is made and its crash decides about it.
bool stops(std::optional<DiskFault> fault) { return fault && fault != DiskFault::power_cut; }

}  // namespace

class SimulatedFileSystem::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<Disk> disk, std::string name, Disk::Node node, bool writable,
           bool direct)
      : disk_(std::move(disk)),
        name_(std::move(name)),
        node_(std::move(node)),
        epoch_(disk_->epoch),
        writable_(writable),
        direct_(direct) {}

  Result<> write_at(std::uint64_t place, std::string_view bytes) override {
    if (direct_) {
      TF_CHECK(place % kDirectUnit == 0);
      TF_CHECK(bytes.size() % kDirectUnit == 0);
      TF_CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % kDirectUnit == 0);
    }
    const std::lock_guard lock(disk_->mutex);
    if (dead()) return gone("write");
    if (!writable_) return file_error("write", name_, "Bad file descriptor");
    if (const auto fault = disk_->enter(DiskCall::write)) return fail_write(place, bytes, *fault);

    const auto room = disk_->capacity - std::min(disk_->capacity, disk_->used_bytes());
    const auto end = place + bytes.size();
    if (end > node_->size() && end - node_->size() > room) {
      // The part that fits is written, as the short count of the real call would say.
      const auto fits = node_->size() + room;
      if (!direct_ && fits > place) node_->write(place, bytes.substr(0, fits - place));
      return Disk::error(DiskCall::write, name_, DiskFault::full);
    }
    direct_ ? node_->write_through(place, bytes) : node_->write(place, bytes);
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t place, char* out, std::size_t size) override {
    const std::lock_guard lock(disk_->mutex);
    if (dead()) return gone("read");
    if (disk_->enter(DiskCall::read))
      return Disk::error(DiskCall::read, name_, DiskFault::io_error);
    return node_->read(place, out, size);
  }

  Result<> sync() override {
    const std::lock_guard lock(disk_->mutex);
    if (dead()) return gone("fdatasync");
    const auto fault = disk_->enter(DiskCall::sync);
    if (!fault) {
      node_->sync();
      return {};
    }
    if (fault == DiskFault::lost) return {};
    // A cut leaves it all to the crash; any other error makes the kernel forget what was dirty.
    if (fault == DiskFault::io_error || fault == DiskFault::full || fault == DiskFault::partly)
      node_->fail_sync(disk_->random);
    return Disk::error(DiskCall::sync, name_, *fault);
  }

  Result<> allocate(std::uint64_t size) override {
    const std::lock_guard lock(disk_->mutex);
    if (dead()) return gone("fallocate");
    if (const auto fault = disk_->enter(DiskCall::allocate))
      return Disk::error(DiskCall::allocate, name_, *fault);
    const auto room = disk_->capacity - std::min(disk_->capacity, disk_->used_bytes());
    if (size > node_->size() && size - node_->size() > room)
      return Disk::error(DiskCall::allocate, name_, DiskFault::full);
    node_->resize_up(size);
    return {};
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard lock(disk_->mutex);
    if (dead()) return gone("fstat");
    return node_->size();
  }

  bool is_direct() const override { return direct_; }

 private:
  bool dead() const { return epoch_ != disk_->epoch; }
  Error gone(const char* call) const {
    return file_error(call, name_, "the process that opened it has ended");
  }

  Result<> fail_write(std::uint64_t place, std::string_view bytes, DiskFault fault) {
    switch (fault) {
      case DiskFault::lost: node_->lose_write(place, bytes); return {};
      case DiskFault::full:
      case DiskFault::power_off: break;
      case DiskFault::partly:
        bytes = bytes.substr(0, bytes.size() / 2);
        direct_ ? node_->fail_write_through(place, bytes, disk_->random)
                : node_->write(place, bytes);
        break;
      case DiskFault::io_error:
        if (direct_) node_->fail_write_through(place, bytes, disk_->random);
        break;
      // On its way to the device: any subset of its sectors arrives.
      case DiskFault::power_cut: node_->write(place, bytes); break;
    }
    return Disk::error(DiskCall::write, name_, fault);
  }

  const std::shared_ptr<Disk> disk_;
  const std::string name_;
  const Disk::Node node_;
  const std::uint64_t epoch_;
  const bool writable_;
  const bool direct_;
};

SimulatedFileSystem::SimulatedFileSystem(Random& random) : disk_(std::make_shared<Disk>(random)) {}
SimulatedFileSystem::~SimulatedFileSystem() = default;

Result<std::shared_ptr<File>> SimulatedFileSystem::open(const std::string& name, OpenMode mode) {
  const bool fresh = mode == OpenMode::create || mode == OpenMode::create_direct;
  const bool direct = mode == OpenMode::create_direct || mode == OpenMode::write_direct;
  const std::lock_guard lock(disk_->mutex);
  const auto fault = disk_->enter(DiskCall::open);
  if (stops(fault)) return Disk::error(DiskCall::open, name, *fault);
  if (!disk_->has_directory_of(name)) return file_error("open", name, "No such file or directory");
  const auto found = disk_->files.find(name);
  Disk::Node node;
  if (fresh) {
    if (found != disk_->files.end() || disk_->directories.count(name) > 0)
      return file_error("open", name, "File exists");
    node = std::make_shared<SimulatedNode>();
    disk_->set_name(name, node);
    if (fault) return Disk::error(DiskCall::open, name, *fault);
  } else {
    if (found == disk_->files.end()) return file_error("open", name, "No such file or directory");
    // As the real one does: what is read from here on is what the device holds.
    if (fault) return Disk::error(DiskCall::open, name, *fault);
    node = found->second;
    node->sync();
    node->drop_cache();
  }
  return std::shared_ptr<File>(std::make_shared<OpenFile>(
      disk_, name, std::move(node), mode != OpenMode::read_only, direct && disk_->direct));
}

Result<> SimulatedFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(disk_->mutex);
  const auto fault = disk_->enter(DiskCall::rename);
  if (stops(fault)) return Disk::error(DiskCall::rename, from, *fault);
  if (disk_->files.count(from) == 0 || !disk_->has_directory_of(to))
    return file_error("rename", from, "No such file or directory");
  if (from == to) return {};
  disk_->move_name(from, to);
  if (fault) return Disk::error(DiskCall::rename, from, *fault);
  return {};
}

Result<> SimulatedFileSystem::remove(const std::string& name) {
  const std::lock_guard lock(disk_->mutex);
  const auto fault = disk_->enter(DiskCall::remove);
  if (stops(fault)) return Disk::error(DiskCall::remove, name, *fault);
  if (disk_->files.count(name) > 0) {
    disk_->set_name(name, nullptr);
  } else if (disk_->directories.count(name) == 0) {
    return file_error("unlink", name, "No such file or directory");
  } else if (!is_empty_directory(name, disk_->files, disk_->directories)) {
    return file_error("rmdir", name, "Directory not empty");
  } else {
    disk_->drop_directory(name);
  }
  if (fault) return Disk::error(DiskCall::remove, name, *fault);
  return {};
}

Result<> SimulatedFileSystem::make_directory(const std::string& name) {
  const std::lock_guard lock(disk_->mutex);
  const auto fault = disk_->enter(DiskCall::make_directory);
  if (stops(fault)) return Disk::error(DiskCall::make_directory, name, *fault);
  if (!disk_->has_directory_of(name)) return file_error("mkdir", name, "No such file or directory");
  if (disk_->files.count(name) > 0) return file_error("mkdir", name, "File exists");
  if (disk_->directories.count(name) == 0) disk_->add_directory(name);
  if (fault) return Disk::error(DiskCall::make_directory, name, *fault);
  return {};
}

Result<std::vector<std::string>> SimulatedFileSystem::list(const std::string& directory) {
  const std::lock_guard lock(disk_->mutex);
  if (const auto fault = disk_->enter(DiskCall::list))
    return Disk::error(DiskCall::list, directory, *fault);
  if (disk_->directories.count(directory) == 0)
    return file_error("open", directory, "No such file or directory");
  return names_inside(directory, disk_->files, disk_->directories);
}

Result<> SimulatedFileSystem::sync_directory(const std::string& directory) {
  const std::lock_guard lock(disk_->mutex);
  const auto fault = disk_->enter(DiskCall::sync_directory);
  if (fault == DiskFault::lost) return {};
  if (fault) return Disk::error(DiskCall::sync_directory, directory, *fault);
  if (disk_->directories.count(directory) == 0)
    return file_error("open", directory, "No such file or directory");
  disk_->sync_names(directory);
  return {};
}

Result<std::uint64_t> SimulatedFileSystem::free_bytes() {
  const std::lock_guard lock(disk_->mutex);
  return disk_->capacity - std::min(disk_->capacity, disk_->used_bytes());
}

Result<> SimulatedFileSystem::lock(const std::string& name) {
  const std::lock_guard lock(disk_->mutex);
  if (disk_->locked) return Error(Errc::busy, name + " is held by another broker on this disk");
  disk_->locked = true;
  return {};
}

void SimulatedFileSystem::fail(DiskCall call, std::uint64_t kth, DiskFault fault,
                               std::uint64_t times) {
  TF_CHECK(kth > 0);
  const std::lock_guard lock(disk_->mutex);
  const auto first = disk_->calls.at(static_cast<std::size_t>(call)) + kth;
  disk_->plans.emplace(call, Disk::Plan{first, times, fault});
}

void SimulatedFileSystem::cut_power_at(std::uint64_t kth) {
  TF_CHECK(kth > 0);
  const std::lock_guard lock(disk_->mutex);
  disk_->power_cut_at = disk_->changes + kth;
}

void SimulatedFileSystem::heal() {
  const std::lock_guard lock(disk_->mutex);
  disk_->plans.clear();
  disk_->power_cut_at.reset();
}

std::uint64_t SimulatedFileSystem::calls(DiskCall call) const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->calls.at(static_cast<std::size_t>(call));
}

std::uint64_t SimulatedFileSystem::changes() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->changes;
}

void SimulatedFileSystem::set_free_bytes(std::uint64_t bytes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->capacity = disk_->used_bytes() + bytes;
}

void SimulatedFileSystem::set_direct(bool direct) {
  const std::lock_guard lock(disk_->mutex);
  disk_->direct = direct;
}

void SimulatedFileSystem::rot(const std::string& name, std::uint64_t place,
                              std::string_view bytes) {
  const std::lock_guard lock(disk_->mutex);
  const auto found = disk_->files.find(name);
  TF_CHECK(found != disk_->files.end());
  TF_CHECK(place + bytes.size() <= found->second->size());
  found->second->rot(place, bytes);
}

void SimulatedFileSystem::flip_bit(const std::string& name, std::uint64_t bit) {
  auto byte = contents(name).at(bit / 8);
  byte = static_cast<char>(byte ^ (1 << (bit % 8)));
  rot(name, bit / 8, {&byte, 1});
}

std::string SimulatedFileSystem::contents(const std::string& name) const {
  const std::lock_guard lock(disk_->mutex);
  const auto found = disk_->files.find(name);
  TF_CHECK(found != disk_->files.end());
  std::string bytes(found->second->size(), '\0');
  found->second->read(0, bytes.data(), bytes.size());
  return bytes;
}

void SimulatedFileSystem::kill() {
  const std::lock_guard lock(disk_->mutex);
  TF_CHECK(disk_->power);
  disk_->end_process();
}

void SimulatedFileSystem::crash(Random& random) {
  const std::lock_guard lock(disk_->mutex);
  disk_->crash(random);
}

}  // namespace twofold::engine
