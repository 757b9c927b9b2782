#include "src/storage/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "engine/entry.h"
#include "engine/format_version.h"
#include "engine/journal_files.h"
#include "engine/journal_replay.h"
#include "engine/segment_format.h"
#include "engine/superblock.h"
#include "src/storage/file_walk.h"

namespace twofold::storage {
namespace {

using engine::Errc;

class SegmentCheck final : public FileVisitor {
 public:
  SegmentCheck(const std::string& name, Findings& found) : name_(name), found_(found) {}
  void on_entry(std::uint64_t, const engine::Entry&) override { ++found_.batches; }
  void on_damage(std::uint64_t at, std::uint64_t upto, const std::string& why) override {
    found_.damage.push_back(fmt::format("{}: bytes {} to {}: {}", name_, at, upto, why));
  }

 private:
  const std::string& name_;
  Findings& found_;
};

class Check {
 public:
  enum class Segments { all, newest };
  Check(engine::FileSystem& files, Segments extent) : files_(files), extent_(extent) {}

  engine::Result<Findings> run() {
    const auto superblock = engine::SuperblockStore(files_).load();
    if (!superblock) return superblock.error();
    if (!*superblock) return engine::Error(Errc::not_ours, "there is no superblock that verifies");
    if (auto known = engine::check_format_versions(files_, **superblock); !known)
      return known.error();
    found_.generation = (*superblock)->generation;
    found_.was_clean = (*superblock)->clean;
    if (auto read = superblocks(); !read) return read.error();
    const auto start = checkpoints(**superblock);
    if (auto read = journal(**superblock, start); !read) return read.error();
    if (auto read = segments(); !read) return read.error();
    return std::move(found_);
  }

 private:
  // The one that a start would not take, too: it is all there is when the next write of the other
  // one is torn. The first generation has written one of them only.
  engine::Result<> superblocks() {
    const auto slots = engine::SuperblockStore(files_).slots();
    if (!slots) return slots.error();
    for (const engine::SuperblockSlot& slot : *slots) {
      if (slot.block || (!slot.there && found_.generation < 2)) continue;
      found_.damage.push_back(fmt::format("{}: {}; a start takes the other one, generation {}",
                                          slot.name, slot.block.error().detail, found_.generation));
    }
    return {};
  }

  // Where the journal is read from: behind the newest checkpoint that verifies.
  engine::ReplayStart checkpoints(const engine::Superblock& superblock) {
    engine::ReplayStart start;
    for (const engine::CheckpointRef& ref : {superblock.previous, superblock.newest}) {
      if (ref.id == 0) continue;
      if (const auto state = engine::load_checkpoint_file(files_, ref); !state) {
        found_.damage.push_back(fmt::format("checkpoint {}: {}", ref.id, state.error().detail));
        continue;
      }
      ++found_.checkpoints;
      start = {ref.block_seq + 1, ref.position, ref.prev_block_crc};
    }
    return start;
  }

  engine::Result<> journal(const engine::Superblock& superblock, const engine::ReplayStart& start) {
    engine::JournalReplay::Files files;
    const auto names = engine::list_journal_files(files_);
    if (!names) return names.error();
    for (const auto& [number, name] : *names) {
      auto file = files_.open(name, engine::OpenMode::read_only);
      if (!file) return file.error();
      files[number] = std::make_shared<engine::JournalFile>(
          engine::JournalFile{number, name, *std::move(file)});
    }
    engine::JournalReplay replay(files, superblock.stream_id, start, superblock.durable_seq);
    const auto end = replay.run([this](const engine::ReplayedBlock& block) { return take(block); });
    if (!end) return end.error();
    found_.blocks = end->blocks;
    found_.journal_bytes = end->bytes;
    found_.torn_tail = end->torn_tail;
    for (const engine::DamagedBlocks& damaged : end->damaged) {
      found_.damage.push_back(fmt::format(
          "journal: blocks {} to {} do not verify, from {:08x}.wal at {} on", damaged.first_seq,
          damaged.upto_seq - 1, damaged.position.file, damaged.position.place));
    }
    return {};
  }

  engine::Result<> take(const engine::ReplayedBlock& block) {
    for (std::string_view rest = block.payload; !rest.empty();) {
      const auto entry = engine::read_entry(rest);
      if (!entry) break;  // a damaged block is told by the replay
      found_.batches += entry->type == engine::EntryType::batch ? 1 : 0;
      rest.remove_prefix(entry->stored_bytes());
    }
    return {};
  }

  engine::Result<> segments() {
    const auto names = files_.list("segments");
    if (!names) return names.error();
    std::vector<std::string> bases;
    for (const std::string& base : *names)
      if (engine::parse_segment_name(base)) bases.push_back(base);
    // Numbers of one width: the greatest name is the newest.
    std::sort(bases.begin(), bases.end());
    if (extent_ == Segments::newest && bases.size() > 1)
      bases.erase(bases.begin(), bases.end() - 1);
    for (const std::string& base : bases) {
      const std::string name = "segments/" + base;
      const auto file = files_.open(name, engine::OpenMode::read_only);
      if (!file) return file.error();
      const auto size = (*file)->size();
      if (!size) return size.error();
      ++found_.segments;
      found_.segment_bytes += *size;
      SegmentCheck check(name, found_);
      if (auto walked = walk_segment(files_, name, check); !walked) return walked;
    }
    return {};
  }

  engine::FileSystem& files_;
  const Segments extent_;
  Findings found_;
};

}  // namespace

engine::Result<Findings> check_storage(engine::FileSystem& files) {
  if (auto locked = files.lock(engine::kLockName); !locked) return locked.error();
  return Check(files, Check::Segments::all).run();
}

engine::Result<Findings> check_newest(engine::FileSystem& files) {
  return Check(files, Check::Segments::newest).run();
}

}  // namespace twofold::storage
