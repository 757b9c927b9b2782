#include "src/storage/snapshot.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/journal_files.h"
#include "engine/segment_format.h"
#include "engine/superblock.h"

namespace twofold::storage {
namespace {

using engine::Errc;
using engine::Error;
using engine::File;
using engine::OpenMode;
using engine::Result;

constexpr int kAttempts = 20;
constexpr std::size_t kBufferBytes = 1 << 20;
constexpr const char* kSuperblocks[] = {"superblock.0", "superblock.1"};
constexpr const char* kFolders[] = {"checkpoints", engine::kJournalDirectory, "segments",
                                    "orphans"};

/// One attempt. Nothing: checkpoints came in between, or what one had given back went.
class Copy {
 public:
  Copy(engine::FileSystem& from, engine::FileSystem& to) : from_(from), to_(to) {}

  Result<std::optional<Snapshot>> run() {
    const auto before = superblocks();
    if (!before) return before.error();
    const auto start = newest_of(*before);
    if (!start) return Error(Errc::data_damaged, "no superblock verifies");
    for (const char* folder : kFolders) {
      if (auto made = to_.make_directory(folder); !made) return made.error();
    }
    if (!open_all("checkpoints") || !open_all("segments")) return std::optional<Snapshot>();
    const auto journal = journal_files();
    if (!journal) return journal.error();
    for (const std::string& name : *journal) {
      const auto file = from_.open(name, OpenMode::read_only);
      const bool needed = *engine::journal_file_number(name) >= start->newest.oldest_file;
      if (!file && needed) return std::optional<Snapshot>();
      if (!file) continue;
      if (auto copied = copy(name, **file); !copied) return copied.error();
    }
    // What was drained meanwhile is named at the end of the journal that was copied just now.
    if (!open_all("segments")) return std::optional<Snapshot>();
    const auto now = superblocks();
    if (!now) return now.error();
    const auto end = newest_of(*now);
    if (!end || end->generation > start->generation + 1) return std::optional<Snapshot>();
    for (const auto& [name, file] : open_) {
      if (auto copied = copy(name, *file); !copied) return copied.error();
    }
    for (std::size_t i = 0; i < before->size(); ++i) {
      if ((*before)[i].empty()) continue;
      if (auto written = write(kSuperblocks[i], (*before)[i]); !written) return written.error();
    }
    if (auto synced = sync_directories(); !synced) return synced.error();
    return std::optional(done_);
  }

  void undo() {
    for (const std::string& name : written_) (void)to_.remove(name).has_value();
  }

 private:
  Result<std::vector<std::string>> superblocks() {
    std::vector<std::string> all;
    for (const char* name : kSuperblocks) {
      const auto file = from_.open(name, OpenMode::read_only);
      if (!file) {
        all.emplace_back();
        continue;
      }
      const auto size = (*file)->size();
      if (!size) return size.error();
      std::string bytes(*size, '\0');
      if (auto read = (*file)->read_at(0, bytes.data(), bytes.size()); !read) return read.error();
      all.push_back(std::move(bytes));
    }
    const bool none =
        std::all_of(all.begin(), all.end(), [](const auto& one) { return one.empty(); });
    if (!none) return all;
    return Error(Errc::not_ours,
                 "this is no data directory of a broker: there is no superblock in it");
  }

  static std::optional<engine::Superblock> newest_of(const std::vector<std::string>& all) {
    std::optional<engine::Superblock> newest;
    for (const std::string& bytes : all) {
      const auto one = engine::decode_superblock(bytes);
      if (one && (!newest || one->generation > newest->generation)) newest = *one;
    }
    return newest;
  }

  // False when one went before it was opened.
  bool open_all(const std::string& folder) {
    const auto names = from_.list(folder);
    if (!names) return false;
    for (const std::string& base : *names) {
      const std::string name = folder + "/" + base;
      if (folder == "segments" && !engine::parse_segment_name(base)) continue;
      const bool is_open = std::any_of(open_.begin(), open_.end(),
                                       [&](const auto& one) { return one.first == name; });
      if (is_open || base.ends_with(".tmp")) continue;
      auto file = from_.open(name, OpenMode::read_only);
      if (!file) return false;
      open_.emplace_back(name, *std::move(file));
    }
    return true;
  }

  // Newest first. Spares have other names, and nothing in them.
  Result<std::vector<std::string>> journal_files() {
    const auto names = from_.list(engine::kJournalDirectory);
    if (!names) return names.error();
    std::vector<std::string> files;
    for (const std::string& base : *names) {
      const std::string name = fmt::format("{}/{}", engine::kJournalDirectory, base);
      if (engine::journal_file_number(name)) files.push_back(name);
    }
    std::reverse(files.begin(), files.end());
    return files;
  }

  Result<> copy(const std::string& name, File& file) {
    auto out = create(name);
    if (!out) return out.error();
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

  Result<> write(const std::string& name, std::string_view bytes) {
    auto out = create(name);
    if (!out) return out.error();
    if (auto put = (*out)->write_at(0, bytes); !put) return put;
    done_.bytes += bytes.size();
    return (*out)->sync();
  }

  Result<std::shared_ptr<File>> create(const std::string& name) {
    auto file = to_.open(name, OpenMode::create);
    if (!file) return file;
    written_.push_back(name);
    ++done_.files;
    return file;
  }

  Result<> sync_directories() {
    for (const char* folder : kFolders) {
      if (auto synced = to_.sync_directory(folder); !synced) return synced;
    }
    return to_.sync_directory("");
  }

  engine::FileSystem& from_;
  engine::FileSystem& to_;
  std::vector<std::pair<std::string, std::shared_ptr<File>>> open_;
  std::vector<std::string> written_;
  Snapshot done_;
};

}  // namespace

Result<Snapshot> take_snapshot(engine::FileSystem& from, engine::FileSystem& to) {
  const auto there = to.list("");
  if (!there) return there.error();
  if (!there->empty())
    return Error(Errc::invalid_request, "the directory for the copy is not empty");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Copy copy(from, to);
    auto copied = copy.run();
    if (copied && *copied) return **copied;
    copy.undo();
    if (!copied) return copied.error();
  }
  return Error(Errc::overloaded, "checkpoints came in between each time",
               "the broker writes faster than this copies: try again, or copy to a faster disk");
}

}  // namespace twofold::storage
