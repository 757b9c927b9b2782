#include "src/storage/check.h"

#include <fmt/format.h>

#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "engine/entry.h"
#include "engine/journal_files.h"
#include "engine/journal_replay.h"
#include "engine/segment_format.h"
#include "engine/segment_scan.h"
#include "engine/superblock.h"

namespace twofold::storage {
namespace {

using engine::Errc;

constexpr std::size_t kScanBytes = 1 << 20;

class Check {
 public:
  explicit Check(engine::FileSystem& files) : files_(files) {}

  engine::Result<Findings> run() {
    const auto superblock = engine::SuperblockStore(files_).load();
    if (!superblock) return superblock.error();
    if (!*superblock) return engine::Error(Errc::not_ours, "there is no superblock that verifies");
    found_.generation = (*superblock)->generation;
    found_.was_clean = (*superblock)->clean;
    const auto start = checkpoints(**superblock);
    if (auto read = journal(**superblock, start); !read) return read.error();
    if (auto read = segments(); !read) return read.error();
    return std::move(found_);
  }

 private:
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
    const auto names = files_.list(engine::kJournalDirectory);
    if (!names) return names.error();
    for (const std::string& base : *names) {
      const std::string name = fmt::format("{}/{}", engine::kJournalDirectory, base);
      const auto number = engine::journal_file_number(name);
      if (!number) continue;
      auto file = files_.open(name, engine::OpenMode::read_only);
      if (!file) return file.error();
      files[*number] = std::make_shared<engine::JournalFile>(
          engine::JournalFile{*number, name, *std::move(file)});
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
    for (const std::string& name : *names) {
      if (!engine::parse_segment_name(name)) continue;
      const auto file = files_.open("segments/" + name, engine::OpenMode::read_only);
      if (!file) return file.error();
      const auto size = (*file)->size();
      if (!size) return size.error();
      segment(name, **file, *size);
    }
    return {};
  }

  void segment(const std::string& name, engine::File& file, std::uint64_t size) {
    const auto id = engine::parse_segment_name(name);
    std::string tail(engine::kFooterBytes, '\0');
    const bool has_tail =
        size >= engine::kEntriesBegin + engine::kFooterBytes &&
        file.read_at(size - engine::kFooterBytes, tail.data(), tail.size()).has_value();
    const auto footer =
        has_tail ? engine::decode_footer(tail, *id, size) : std::optional<engine::SegmentFooter>();
    ++found_.segments;
    found_.segment_bytes += size;
    if (!footer)
      found_.damage.push_back(fmt::format("segments/{}: its last footer does not verify", name));
    engine::SegmentScan scan(file, engine::kEntriesBegin, footer ? footer->entries_end : size,
                             kScanBytes, [](const engine::Entry&) { return true; });
    while (const auto found = scan.next()) {
      ++found_.batches;
      if (found->after_damage) {
        found_.damage.push_back(
            fmt::format("segments/{}: bytes before {} do not verify", name, found->position));
      }
    }
    if (footer && scan.damaged()) {
      found_.damage.push_back(fmt::format("segments/{}: its last bytes do not verify", name));
    }
  }

  engine::FileSystem& files_;
  Findings found_;
};

}  // namespace

engine::Result<Findings> check_storage(engine::FileSystem& files) {
  if (auto locked = files.lock(engine::kLockName); !locked) return locked.error();
  return Check(files).run();
}

}  // namespace twofold::storage
