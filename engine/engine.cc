#include "engine/engine.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/diag.h"
#include "engine/file_segments.h"
#include "engine/format_version.h"
#include "engine/journal_files.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kSegmentIndexBytesMax = 16 << 20;
constexpr const char* kDirectories[] = {"journal", "segments", "checkpoints", "orphans"};

// A wrong mount or a typing mistake must not become an empty broker among somebody's files.
Result<> refuse_foreign_files(FileSystem& files) {
  const auto names = files.list("");
  if (!names) return names.error();
  for (const auto& name : *names) {
    const bool ours =
        name == kLockName || name == "lost+found" || name.starts_with("superblock.") ||
        std::find(std::begin(kDirectories), std::end(kDirectories), name) != std::end(kDirectories);
    if (ours) continue;
    return Error(
        Errc::not_ours,
        fmt::format("the data directory has files, but is not Twofold's ({} is in it)", name),
        "name an empty or new directory with --data");
  }
  const auto journal = files.list(kJournalDirectory);
  const bool has_journal = journal && std::any_of(journal->begin(), journal->end(), [](auto& n) {
                             return journal_file_number(n).has_value();
                           });
  if (!has_journal) return {};
  return Error(Errc::data_damaged, "the data directory has a journal but no superblock",
               "restore superblock.0 or superblock.1 from a backup of this directory");
}

Result<> make_directories(FileSystem& files) {
  const auto names = files.list("");
  if (!names) return names.error();
  for (const auto* name : kDirectories) {
    if (std::find(names->begin(), names->end(), name) != names->end()) continue;
    if (auto made = files.make_directory(name); !made) return made;
  }
  return files.sync_directory("");
}

Result<Superblock> create_directory(EngineWorld& world, SuperblockStore& superblocks) {
  if (auto refused = refuse_foreign_files(world.files); !refused) return refused.error();
  // Directories before the superblock: what it speaks of must not be less durable than it is.
  if (auto made = make_directories(world.files); !made) return made.error();
  Superblock block;
  block.uuid = {world.random.next_u64(), world.random.next_u64()};
  block.stream_id = world.random.next_u64();
  if (auto stored = superblocks.store(block); !stored) return stored.error();
  return block;
}

Result<Superblock> load_or_create(EngineWorld& world, SuperblockStore& superblocks) {
  auto loaded = superblocks.load();
  if (loaded && *loaded) {
    // Before anything is written: what is refused stays as it is.
    if (auto known = check_format_versions(world.files, **loaded); !known) return known.error();
    return **loaded;
  }
  if (loaded) return create_directory(world, superblocks);
  if (loaded.error().code != Errc::data_damaged) return loaded.error();
  // Torn while the directory was being created: nothing was ever stored in it.
  auto created = create_directory(world, superblocks);
  return created ? created : Result<Superblock>(loaded.error());
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(EngineWorld world, EngineOptions options) {
  SuperblockStore superblocks(world.files);
  auto block = load_or_create(world, superblocks);
  if (!block) return block.error();
  FileSegmentsOptions segment_options;
  segment_options.index_bytes_max = kSegmentIndexBytesMax;
  auto segments = open_segments(world.files, segment_options);
  if (!segments) return segments.error();
  return std::unique_ptr<Engine>(new Engine(world, options, *block, std::move(*segments)));
}

Engine::Engine(EngineWorld world, EngineOptions options, Superblock superblock,
               std::unique_ptr<SegmentStore> segments)
    : superblock_(superblock),
      was_clean_(superblock.clean),
      superblocks_(world.files),
      segments_(std::move(segments)),
      journal_(std::make_unique<FileJournal>(world.files, options.journal, superblock.stream_id,
                                             world.core, world.writer, world.pool)),
      core_(std::make_unique<CoreImpl>(CoreWorld{world.core, world.pool, world.clock, world.random,
                                                 world.files, *journal_, *segments_, superblocks_},
                                       options.core)) {}

Engine::~Engine() = default;

Result<RecoveryReport> Engine::recover() {
  // The new incarnation is durable before the first block that carries it.
  const auto before = superblock_;
  ++superblock_.incarnation;
  superblock_.clean = false;
  if (auto stored = superblocks_.store(superblock_); !stored) return stored.error();
  auto start = superblock_;
  start.durable_seq = before.durable_seq;
  const auto end = core_->recover(start);
  if (!end) return end.error();
  return RecoveryReport{end->blocks, end->bytes, end->torn_tail, was_clean_, end->damaged};
}

}  // namespace twofold::engine
