#include "src/storage/frozen.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/memory_names.h"
#include "engine/checkpoint.h"
#include "engine/journal_files.h"
#include "engine/segment_format.h"

namespace twofold::storage {
namespace {

using engine::Errc;
using engine::Error;
using engine::File;
using engine::OpenMode;
using engine::Result;

constexpr int kAttempts = 20;
constexpr std::size_t kGrowing = 2;  // the file that is written, and the next, made ready
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kChunkBytes = 1 << 20;
constexpr const char* kSuperblocks[] = {"superblock.0", "superblock.1"};

}  // namespace

/// A file of the directory with pages in memory over it.
class Frozen::Layered final : public File {
 public:
  Layered(std::shared_ptr<File> below, std::uint64_t size)
      : below_(std::move(below)), below_size_(size), size_(size) {}

  // A page in memory is whole: what was written and, around it, what is below.
  Result<> write_at(std::uint64_t place, std::string_view bytes) override {
    for (std::size_t done = 0; done < bytes.size();) {
      const std::uint64_t at = place + done;
      const std::size_t inside = at % kPageBytes;
      const std::size_t n = std::min(bytes.size() - done, kPageBytes - inside);
      const std::string_view part = bytes.substr(done, n);
      done += n;
      // Room that is reserved for later takes none here.
      if (at >= size_ && part.find_first_not_of('\0') == std::string_view::npos) continue;
      auto page = this->page(at / kPageBytes);
      if (!page) return page.error();
      std::memcpy((*page)->data() + inside, part.data(), n);
    }
    size_ = std::max(size_, place + bytes.size());
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t place, char* out, std::size_t size) override {
    if (place >= size_) return std::size_t{0};
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - place));
    if (auto read = read_below(place, out, size); !read) return read.error();
    const std::uint64_t last = (place + size - 1) / kPageBytes;
    for (auto it = pages_.lower_bound(place / kPageBytes); it != pages_.end() && it->first <= last;
         ++it) {
      const std::uint64_t begin = std::max(place, it->first * kPageBytes);
      const std::uint64_t end = std::min(place + size, (it->first + 1) * kPageBytes);
      std::memcpy(out + (begin - place), it->second.data() + begin % kPageBytes, end - begin);
    }
    return size;
  }

  Result<> sync() override { return {}; }
  Result<> allocate(std::uint64_t size) override {
    size_ = std::max(size_, size);
    return {};
  }
  Result<std::uint64_t> size() override { return size_; }
  bool is_direct() const override { return false; }

  // From its end, page by page. One large read before has the pages at hand.
  Result<> keep_from_the_end() {
    std::string chunk(kChunkBytes, '\0');
    for (std::uint64_t end = below_size_; end > 0;) {
      const std::uint64_t begin = end <= kChunkBytes ? 0 : (end - 1) / kChunkBytes * kChunkBytes;
      if (auto got = below_->read_at(begin, chunk.data(), end - begin); !got) return got.error();
      while (end > begin) {
        const std::uint64_t number = (end - 1) / kPageBytes;
        if (auto kept = page(number); !kept) return kept.error();
        end = number * kPageBytes;
      }
    }
    return {};
  }

 private:
  Result<std::string*> page(std::uint64_t number) {
    const auto [it, fresh] = pages_.try_emplace(number, kPageBytes, '\0');
    if (!fresh) return &it->second;
    if (auto read = read_below(number * kPageBytes, it->second.data(), kPageBytes); !read)
      return read.error();
    return &it->second;
  }

  Result<> read_below(std::uint64_t place, char* out, std::size_t size) {
    std::memset(out, 0, size);
    if (!below_ || place >= below_size_) return {};
    const std::uint64_t most = std::min<std::uint64_t>(size, below_size_ - place);
    const auto got = below_->read_at(place, out, most);
    return got ? Result<>() : Result<>(got.error());
  }

  const std::shared_ptr<File> below_;
  const std::uint64_t below_size_;
  std::uint64_t size_;
  std::map<std::uint64_t, std::string> pages_;
};

Result<std::unique_ptr<Frozen>> Frozen::open(engine::FileSystem& files) {
  std::unique_ptr<Frozen> frozen(new Frozen(files));
  const auto opened = frozen->open_all();
  if (!opened) return opened.error();
  if (!*opened) frozen.reset();
  return frozen;
}

Result<bool> Frozen::open_all() {
  if (auto read = read_superblocks(); !read) return read.error();
  const auto newest = engine::SuperblockStore(*this).load();
  if (!newest) return newest.error();
  superblock_ = **newest;
  if (!open_folder("checkpoints") || !open_folder("segments")) return false;
  const auto complete = has_its_checkpoints();
  if (!complete || !*complete) return complete;
  const auto journal = open_journal();
  if (!journal || !*journal) return journal;
  // What was drained meanwhile is named at the end of the journal that was read just now.
  return open_folder("segments") && open_folder("orphans");
}

// The older one goes once there is a newer one. Where no superblock came in between, what is missing
// is missing: whoever verifies is to find that.
Result<bool> Frozen::has_its_checkpoints() {
  const auto is_here = [this](const engine::CheckpointRef& ref) {
    return ref.id == 0 || nodes_.contains(engine::checkpoint_file_name(ref.id));
  };
  if (is_here(superblock_.newest) && is_here(superblock_.previous)) return true;
  const auto now = engine::SuperblockStore(files_).load();
  if (!now) return now.error();
  return *now && (*now)->generation == superblock_.generation;
}

Result<> Frozen::read_superblocks() {
  bool any = false;
  for (const char* name : kSuperblocks) {
    const auto file = files_.open(name, OpenMode::read_only);
    if (!file) continue;
    const auto size = (*file)->size();
    if (!size) return size.error();
    auto node = std::make_shared<Layered>(*file, *size);
    if (auto kept = node->keep_from_the_end(); !kept) return kept;
    nodes_[name] = std::move(node);
    any = true;
  }
  if (any) return {};
  return Error(Errc::not_ours,
               "this is no data directory of a broker: there is no superblock in it");
}

// Newest first. Spares have other names, and nothing in them.
Result<bool> Frozen::open_journal() {
  folders_.insert(engine::kJournalDirectory);
  auto names = engine::list_journal_files(files_);
  if (!names) return names.error();
  std::reverse(names->begin(), names->end());
  for (std::size_t i = 0; i < names->size(); ++i) {
    const auto& [number, name] = (*names)[i];
    const auto file = files_.open(name, OpenMode::read_only);
    if (!file && number >= superblock_.newest.oldest_file) return false;
    if (!file) continue;
    const auto size = (*file)->size();
    if (!size) return size.error();
    auto node = std::make_shared<Layered>(*file, *size);
    if (i < kGrowing) {
      if (auto kept = node->keep_from_the_end(); !kept) return kept.error();
    }
    nodes_[name] = std::move(node);
  }
  return true;
}

// False when one went before it was opened.
bool Frozen::open_folder(const std::string& folder) {
  const auto names = files_.list(folder);
  if (!names) return folder == "orphans";  // it comes with the first of them
  folders_.insert(folder);
  for (const std::string& base : *names) {
    const std::string name = folder + "/" + base;
    if (nodes_.contains(name) || base.ends_with(".tmp")) continue;
    if (folder == "segments" && !engine::parse_segment_name(base)) continue;
    const auto file = files_.open(name, OpenMode::read_only);
    if (!file) return false;
    const auto size = (*file)->size();
    if (!size) return false;
    nodes_[name] = std::make_shared<Layered>(*file, *size);
  }
  return true;
}

Result<bool> Frozen::still_holds() {
  const auto now = engine::SuperblockStore(files_).load();
  if (!now) return now.error();
  return *now && (*now)->generation <= superblock_.generation + 1;
}

std::vector<std::string> Frozen::names() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_) names.push_back(name);
  return names;
}

Result<std::shared_ptr<File>> Frozen::open(const std::string& name, OpenMode mode) {
  const bool fresh = mode == OpenMode::create || mode == OpenMode::create_direct;
  const auto found = nodes_.find(name);
  if (fresh == (found != nodes_.end()))
    return engine::file_error("open", name, fresh ? "File exists" : "No such file or directory");
  if (fresh) return std::shared_ptr<File>(nodes_[name] = std::make_shared<Layered>(nullptr, 0));
  return std::shared_ptr<File>(found->second);
}

Result<> Frozen::rename(const std::string& from, const std::string& to) {
  const auto found = nodes_.find(from);
  if (found == nodes_.end()) return engine::file_error("rename", from, "No such file or directory");
  auto node = std::move(found->second);
  nodes_.erase(found);
  nodes_[to] = std::move(node);
  return {};
}

Result<> Frozen::remove(const std::string& name) {
  if (nodes_.erase(name) > 0) return {};
  return engine::file_error("unlink", name, "No such file or directory");
}

Result<> Frozen::make_directory(const std::string& name) {
  folders_.insert(name);
  return {};
}

Result<std::vector<std::string>> Frozen::list(const std::string& directory) {
  return engine::names_inside(directory, nodes_, folders_);
}

Result<std::unique_ptr<Frozen>> freeze(engine::FileSystem& files,
                                       const std::function<Result<>(Frozen&)>& read) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto frozen = Frozen::open(files);
    if (!frozen) return frozen.error();
    if (!*frozen) continue;
    const auto done = read(**frozen);
    const auto holds = (*frozen)->still_holds();
    if (!holds) return holds.error();
    if (!*holds) continue;
    if (!done) return done.error();
    return frozen;
  }
  return Error(Errc::overloaded, "checkpoints came in between each time",
               "the broker writes faster than this reads: try again, or use a faster disk");
}

}  // namespace twofold::storage
