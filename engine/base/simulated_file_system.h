#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/file_system.h"
#include "engine/base/random.h"

namespace twofold::engine {

enum class DiskCall {
  open,
  read,
  write,
  sync,
  allocate,
  rename,
  remove,
  make_directory,
  list,
  sync_directory,
};

enum class DiskFault {
  io_error,   ///< EIO. A failed sync or direct write leaves an unknown part of it on the device
  full,       ///< ENOSPC, and nothing done
  partly,     ///< of a write the first half is done, then ENOSPC; of a sync as io_error
  lost,       ///< a write or sync of a directory that reports success and does nothing
  power_cut,  ///< the power goes during the call: it fails, and what it was doing is unsynced
  power_off,  ///< what every later call gets, up to crash()
};

/// A disk in memory that forgets, tears and fails as real ones do, and does the same again for the
/// same Random. It outlives the brokers that run on it: kill() or crash(), then open again.
///
///   kill()   the process died: everything it wrote is still there, its open files are not.
///   crash()  the power went: of what was not synced, any subset of 512-byte sectors, file lengths
///            and names stays.
///   fail()   the k-th call of a kind from now on fails, and so do `times - 1` calls after it.
/// A sync that failed marks everything clean, as Linux does: later ones succeed without the data.
/// Threads  any, but what happens is only repeatable from one.
class SimulatedFileSystem final : public FileSystem {
 public:
  /// `random` decides what a failed call has done; it must outlive this object.
  explicit SimulatedFileSystem(Random& random);
  ~SimulatedFileSystem() override;

  Result<std::shared_ptr<File>> open(const std::string& name, OpenMode mode) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& name) override;
  Result<> make_directory(const std::string& name) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> sync_directory(const std::string& directory) override;
  Result<std::uint64_t> free_bytes() override;
  Result<> lock(const std::string& name) override;

  // -- what goes wrong -------------------------------------------------------------------------
  /// `kth` counts from 1.
  void fail(DiskCall call, std::uint64_t kth, DiskFault fault, std::uint64_t times = 1);
  /// The power goes during the k-th call from now that changes something, of whatever kind.
  void cut_power_at(std::uint64_t kth);
  /// Forgets the faults that have not happened.
  void heal();
  /// How often `call` was made so far, failed ones included.
  std::uint64_t calls(DiskCall call) const;
  /// How many calls so far change something: every one but read and list.
  std::uint64_t changes() const;
  void set_free_bytes(std::uint64_t bytes);
  /// Whether the direct modes bypass the page cache (they do at first).
  void set_direct(bool direct);
  /// Changes stored bytes behind everybody's back. The file must exist.
  void rot(const std::string& name, std::uint64_t place, std::string_view bytes);
  void flip_bit(const std::string& name, std::uint64_t bit);
  /// What readers of `name` see, without a call that counts. The file must exist.
  std::string contents(const std::string& name) const;

  // -- the end of a process --------------------------------------------------------------------
  void kill();
  void crash(Random& random);

 private:
  struct Disk;
  class OpenFile;
  std::shared_ptr<Disk> disk_;
};

}  // namespace twofold::engine
