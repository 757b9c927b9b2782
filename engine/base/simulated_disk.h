#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/simulated_file_system.h"
#include "engine/base/simulated_node.h"

namespace twofold::engine {

/// The state behind SimulatedFileSystem; whoever calls holds `mutex`.
struct SimulatedFileSystem::Disk {
  using Node = std::shared_ptr<SimulatedNode>;
  using Names = std::map<std::string, Node>;

  /// Names that change together: all of it survives a power cut, or nothing.
  struct NameChange {
    std::vector<std::pair<std::string, Node>> names;  ///< no node: the name goes
    std::set<std::string> unsynced;                   ///< directories whose sync it waits for
    bool directory = false;                           ///< `names` is a new directory
    bool gone = false;                                ///< or one that goes
  };
  struct Plan {
    std::uint64_t first;  ///< number of the call, counted over the life of the disk
    std::uint64_t times;
    DiskFault fault;
  };

  explicit Disk(Random& r) : random(r) {}

  /// Counts the call and says what is to go wrong with it.
  std::optional<DiskFault> enter(DiskCall call);
  static Error error(DiskCall call, const std::string& name, DiskFault fault);
  bool has_directory_of(const std::string& name) const;
  std::uint64_t used_bytes() const;
  /// Without a node the name goes.
  void set_name(const std::string& name, Node node);
  void move_name(const std::string& from, const std::string& to);
  void add_directory(const std::string& name);
  void drop_directory(const std::string& name);
  void sync_names(const std::string& directory);
  void end_process();
  void crash(Random& with);

  static constexpr std::size_t kCalls = 10;

  mutable std::mutex mutex;
  Random& random;
  std::array<std::uint64_t, kCalls> calls{};
  std::uint64_t changes = 0;
  std::multimap<DiskCall, Plan> plans;
  std::optional<std::uint64_t> power_cut_at;  // in changes
  bool power = true;
  bool direct = true;
  bool locked = false;
  std::uint64_t epoch = 0;  // of the process that has files open
  std::uint64_t capacity = 1ull << 40;

  Names files;
  std::set<std::string> directories{std::string()};
  Names durable_files;
  std::set<std::string> durable_directories{std::string()};
  std::vector<NameChange> unsynced_names;

 private:
  void make(NameChange change);
  void apply(const NameChange& change);
};

}  // namespace twofold::engine
