#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/sparse_bytes.h"

namespace twofold::engine {

/// A file of the simulated disk: what its readers see, and what the device holds. Not thread safe.
///
/// The two differ in sectors of 512 bytes. A sector is *dirty* from a write to the next sync; a
/// power cut then leaves any of its versions. It is *lost* once the kernel forgot that it is dirty
/// without having written it (a failed sync): no later sync writes it, readers see it all the same.
class SimulatedNode {
 public:
  static constexpr std::size_t kSectorBytes = 512;

  std::uint64_t size() const { return size_; }
  std::size_t read(std::uint64_t place, char* out, std::size_t size) const;

  void write(std::uint64_t place, std::string_view bytes);
  void resize_up(std::uint64_t size);
  /// Everything dirty reaches the device.
  void sync();
  /// Part of it does, the rest is lost.
  void fail_sync(Random& random);

  /// A write that is on the device when it returns.
  void write_through(std::uint64_t place, std::string_view bytes);
  /// One that failed: some of its sectors are on the device, and readers see which.
  void fail_write_through(std::uint64_t place, std::string_view bytes, Random& random);
  /// One that reported success and reached nothing; readers see it until the cache is dropped.
  void lose_write(std::uint64_t place, std::string_view bytes);

  /// Readers see the truth again: what was lost shows as what the device holds.
  void drop_cache();
  /// The power goes: a version of each dirty sector stays, chosen by `random`.
  void crash(Random& random);
  /// Changes what is stored without anybody having written it.
  void rot(std::uint64_t place, std::string_view bytes);

 private:
  using Sector = std::array<char, kSectorBytes>;
  struct Unsynced {
    Sector durable;
    std::vector<Sector> between;  ///< versions that were written and overwritten since
    bool dirty;                   ///< else lost
  };

  Sector sector(std::uint64_t number) const;
  void put(std::uint64_t number, const Sector& bytes);
  void begin_change(std::uint64_t place, std::size_t size, bool dirty);
  void grow(std::uint64_t end);

  SparseBytes bytes_;  // what readers see
  std::uint64_t size_ = 0;
  std::uint64_t durable_size_ = 0;
  std::map<std::uint64_t, Unsynced> unsynced_;  // by sector number
};

}  // namespace twofold::engine
