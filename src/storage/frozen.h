#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/file_system.h"
#include "engine/superblock.h"

namespace twofold::storage {

/// A data directory as a power cut at this moment would leave it, also while a broker works on it.
/// Files can be read and written; what is written stays in memory, and nothing of the directory
/// ever changes.
///
/// How   Superblocks are read first and looked at again by still_holds(). The checkpoint that was
/// the newest keeps what it needs until there are two newer ones: with one at most in between
/// everything holds together, else whoever looks begins again. Everything is opened at once: a file
/// that the broker removes meanwhile stays readable. Of the journal the newest files come first,
/// and the two that may be growing are read from their ends back into memory: of two blocks the
/// later one is read first, so what is missing is always the end. Memory   two journal files, and
/// what is written. Blocking; one thread at a time.
class Frozen final : public engine::FileSystem {
 public:
  /// Nothing: checkpoints came in between and took a file away. Errors: not_ours (no superblock),
  /// data_damaged (none verifies), newer_version, io.
  static engine::Result<std::unique_ptr<Frozen>> open(engine::FileSystem& files);

  /// The newest superblock as it was.
  const engine::Superblock& superblock() const { return superblock_; }
  /// Whether what was read so far belongs together.
  engine::Result<bool> still_holds();
  /// Every file that was there: "superblock.0", "segments/0000000000000007.seg".
  std::vector<std::string> names() const;

  // engine::FileSystem
  engine::Result<std::shared_ptr<engine::File>> open(const std::string& name,
                                                     engine::OpenMode mode) override;
  engine::Result<> rename(const std::string& from, const std::string& to) override;
  engine::Result<> remove(const std::string& name) override;
  engine::Result<> make_directory(const std::string& name) override;
  engine::Result<std::vector<std::string>> list(const std::string& directory) override;
  engine::Result<> sync_directory(const std::string&) override { return {}; }
  engine::Result<std::uint64_t> free_bytes() override { return std::uint64_t{1} << 40; }
  engine::Result<> lock(const std::string&) override { return {}; }

 private:
  class Layered;

  explicit Frozen(engine::FileSystem& files) : files_(files) {}
  engine::Result<bool> open_all();
  engine::Result<> read_superblocks();
  engine::Result<bool> has_its_checkpoints();
  engine::Result<bool> open_journal();
  bool open_folder(const std::string& folder);

  engine::FileSystem& files_;
  engine::Superblock superblock_;
  std::map<std::string, std::shared_ptr<Layered>> nodes_;
  std::set<std::string> folders_;
};

/// Opens, and has `read` read what may be overwritten (the journal), again and again until all of
/// it belongs together. Errors: those of open() and `read`, and overloaded: checkpoints came in
/// between each time.
engine::Result<std::unique_ptr<Frozen>> freeze(
    engine::FileSystem& files, const std::function<engine::Result<>(Frozen&)>& read);

}  // namespace twofold::storage
