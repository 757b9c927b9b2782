#include "engine/base/simulated_disk.h"

#include <algorithm>
#include <utility>

#include "engine/base/memory_names.h"

namespace twofold::engine {
namespace {

constexpr std::array<const char*, 10> kCallNames{"open",   "read",   "write", "sync", "allocate",
                                                 "rename", "unlink", "mkdir", "list", "fsync"};

}  // namespace

std::optional<DiskFault> SimulatedFileSystem::Disk::enter(DiskCall call) {
  if (!power) return DiskFault::power_off;
  const auto number = ++calls.at(static_cast<std::size_t>(call));
  if (call != DiskCall::read && call != DiskCall::list) ++changes;
  std::optional<DiskFault> fault;
  const auto [begin, end] = plans.equal_range(call);
  for (auto it = begin; it != end; ++it) {
    const auto& plan = it->second;
    if (number >= plan.first && number - plan.first < plan.times) fault = plan.fault;
  }
  if (power_cut_at && changes >= *power_cut_at) fault = DiskFault::power_cut;
  if (fault == DiskFault::power_cut) power = false;
  return fault;
}

Error SimulatedFileSystem::Disk::error(DiskCall call, const std::string& name, DiskFault fault) {
  const auto* what = kCallNames.at(static_cast<std::size_t>(call));
  const bool full =
      fault == DiskFault::full ||
      (fault == DiskFault::partly && (call == DiskCall::write || call == DiskCall::allocate));
  auto error = file_error(what, name, full ? "No space left on device" : "Input/output error");
  if (full) error.code = Errc::storage_full;
  return error;
}

bool SimulatedFileSystem::Disk::has_directory_of(const std::string& name) const {
  return directories.count(directory_of(name)) > 0;
}

std::uint64_t SimulatedFileSystem::Disk::used_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, node] : files) bytes += node->size();
  return bytes;
}

void SimulatedFileSystem::Disk::set_name(const std::string& name, Node node) {
  NameChange change;
  change.names.emplace_back(name, std::move(node));
  make(std::move(change));
}

void SimulatedFileSystem::Disk::move_name(const std::string& from, const std::string& to) {
  NameChange change;
  change.names.emplace_back(from, nullptr);
  change.names.emplace_back(to, files.at(from));
  make(std::move(change));
}

void SimulatedFileSystem::Disk::add_directory(const std::string& name) {
  NameChange change;
  change.names.emplace_back(name, nullptr);
  change.directory = true;
  make(std::move(change));
}

void SimulatedFileSystem::Disk::drop_directory(const std::string& name) {
  NameChange change;
  change.names.emplace_back(name, nullptr);
  change.gone = true;
  make(std::move(change));
}

void SimulatedFileSystem::Disk::make(NameChange change) {
  for (const auto& [name, node] : change.names) {
    change.unsynced.insert(directory_of(name));
    if (change.gone) {
      directories.erase(name);
    } else if (change.directory) {
      directories.insert(name);
    } else if (node) {
      files.insert_or_assign(name, node);
    } else {
      files.erase(name);
    }
  }
  unsynced_names.push_back(std::move(change));
}

void SimulatedFileSystem::Disk::sync_names(const std::string& directory) {
  for (auto& change : unsynced_names) {
    if (change.unsynced.erase(directory) > 0 && change.unsynced.empty()) apply(change);
  }
  std::erase_if(unsynced_names, [](const NameChange& c) { return c.unsynced.empty(); });
}

void SimulatedFileSystem::Disk::apply(const NameChange& change) {
  for (const auto& [name, node] : change.names) {
    if (change.gone) {
      durable_directories.erase(name);
    } else if (change.directory) {
      durable_directories.insert(name);
    } else if (node) {
      durable_files.insert_or_assign(name, node);
    } else {
      durable_files.erase(name);
    }
  }
}

void SimulatedFileSystem::Disk::end_process() {
  ++epoch;
  locked = false;
  power = true;
  power_cut_at.reset();
}

void SimulatedFileSystem::Disk::crash(Random& with) {
  end_process();
  for (const auto& change : std::exchange(unsynced_names, {})) {
    if (with.below(2) == 0) apply(change);
  }
  std::erase_if(durable_files, [this](const auto& item) {
    return durable_directories.count(directory_of(item.first)) == 0;
  });
  files = durable_files;
  directories = durable_directories;
  // A file that two names may have kept suffers once.
  std::set<SimulatedNode*> done;
  for (const auto& [name, node] : files) {
    if (done.insert(node.get()).second) node->crash(with);
  }
}

}  // namespace twofold::engine
