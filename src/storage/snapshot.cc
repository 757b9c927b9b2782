#include "src/storage/snapshot.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journal_files.h"
#include "src/storage/frozen.h"

namespace twofold::storage {
namespace {

using engine::Errc;
using engine::Error;
using engine::OpenMode;
using engine::Result;

constexpr std::size_t kBufferBytes = 1 << 20;
constexpr const char* kFolders[] = {"checkpoints", engine::kJournalDirectory, "segments",
                                    "orphans"};

class Copy {
 public:
  explicit Copy(engine::FileSystem& to) : to_(to) {}

  // What may be overwritten. Once more from the beginning when that was so.
  Result<> journal(Frozen& from) {
    undo();
    for (const char* folder : kFolders) {
      if (auto made = to_.make_directory(folder); !made) return made;
      folders_.push_back(folder);
    }
    return every(from, [](std::string_view name) { return is_journal(name); });
  }

  // Superblocks last: a copy that was cut off is none.
  Result<Snapshot> others(Frozen& from) {
    const auto is_superblock = [](std::string_view name) {
      return name.starts_with("superblock.");
    };
    Result<> done = every(
        from, [&](std::string_view name) { return !is_journal(name) && !is_superblock(name); });
    if (done) done = every(from, is_superblock);
    for (const char* folder : kFolders) {
      if (done) done = to_.sync_directory(folder);
    }
    if (done) done = to_.sync_directory("");
    return done ? Result<Snapshot>(done_) : Result<Snapshot>(done.error());
  }

  void undo() {
    for (const std::string& name : written_) (void)to_.remove(name).has_value();
    written_.clear();
    for (const char* folder : folders_) (void)to_.remove(folder).has_value();
    folders_.clear();
    done_ = Snapshot{};
  }

 private:
  static bool is_journal(std::string_view name) {
    return name.starts_with(std::string(engine::kJournalDirectory) + "/");
  }

  template <class Wanted>
  Result<> every(Frozen& from, const Wanted& wanted) {
    for (const std::string& name : from.names()) {
      if (!wanted(name)) continue;
      const auto file = from.open(name, OpenMode::read_only);
      if (!file) return file.error();
      if (auto copied = copy(name, **file); !copied) return copied;
    }
    return {};
  }

  Result<> copy(const std::string& name, engine::File& file) {
    auto out = to_.open(name, OpenMode::create);
    if (!out) return out.error();
    written_.push_back(name);
    ++done_.files;
    std::vector<char> buffer(kBufferBytes);
    std::uint64_t at = 0;
    while (true) {
      const auto got = file.read_at(at, buffer.data(), buffer.size());
      if (!got) return got.error();
      if (*got == 0) break;
      if (auto put = (*out)->write_at(at, {buffer.data(), *got}); !put) return put;
      at += *got;
    }
    done_.bytes += at;
    return (*out)->sync();
  }

  engine::FileSystem& to_;
  std::vector<std::string> written_;
  std::vector<const char*> folders_;
  Snapshot done_;
};

}  // namespace

Result<Snapshot> take_snapshot(engine::FileSystem& from, engine::FileSystem& to) {
  const auto there = to.list("");
  if (!there) return there.error();
  if (!there->empty())
    return Error(Errc::invalid_request, "the directory for the copy is not empty");
  Copy copy(to);
  const auto frozen = freeze(from, [&copy](Frozen& now) { return copy.journal(now); });
  auto taken = frozen ? copy.others(**frozen) : Result<Snapshot>(frozen.error());
  if (!taken) copy.undo();
  return taken;
}

}  // namespace twofold::storage
