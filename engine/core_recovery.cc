#include <algorithm>

#include <fmt/format.h>

#include "engine/base/check.h"
#include "engine/base/diag.h"
#include "engine/core_impl.h"
#include "engine/damage.h"
#include "engine/entry.h"
#include "engine/journal_files.h"

namespace twofold::engine {
namespace {

// A record in a batch takes no less: length, attributes, two deltas, key, value, headers.
constexpr std::uint64_t kRecordBytesLeast = 7;
// Of one log, when nothing says how many: a whole unreadable file must not become millions of
// offsets in each of many logs.
constexpr std::uint64_t kUnknownMost = 1 << 16;
constexpr std::uint64_t kSnapshotWithWall = 5;

}  // namespace

Result<ReplayEnd> CoreImpl::recover(Superblock superblock) {
  recovering_ = true;
  superblock_ = superblock;
  ReplayStart start;
  if (auto loaded = load_checkpoint(superblock, start); !loaded) return loaded.error();
  auto end = world_.journal.replay(start, superblock.durable_seq,
                                   [this](const auto& block) { return replay_block(block); });
  if (!end) return end;
  if (auto opened = world_.journal.open(*end, superblock.incarnation); !opened)
    return opened.error();

  damage_ = end->damaged;
  stats_.replayed_blocks = end->blocks;
  for (const auto& d : damage_) stats_.damaged_blocks += d.upto_seq - d.first_seq;
  sealed_seq_ = durable_seq_ = end->next_seq - 1;
  last_header_crc_ = end->prev_block_crc;
  end_position_ = end->position;
  bytes_since_checkpoint_ = end->bytes;
  if (sealed_at_) world_.clock.resume_from(*sealed_at_);
  drop_unclaimed_logs();
  pass_over_damage(*end);
  tell_damage();

  std::vector<SegmentId> known;
  for (const auto& [id, segment] : segments_) known.push_back(id);
  for (const auto& retired : retired_) known.push_back(retired.id);
  if (auto cleaned = world_.segments.clean_up(known); !cleaned) return cleaned.error();

  recovering_ = false;
  for (const auto& [type, machine] : machines_) machine->recovered(now());
  timers().schedule(now() + options_.housekeeping, *this, kHousekeepingOwner, 0);
  return end;
}

// Broker time while an earlier run is lived through again. Nothing was scheduled before the first
// of it, and timers count from there.
void CoreImpl::pass_to(ClockReading sealed_at) {
  if (!sealed_at_) {
    TF_CHECK(timers_.size() == 0);
    timers_ = TimerWheel(sealed_at.instant);
  }
  sealed_at_ = sealed_at;
}

// The newest checkpoint that verifies; an older one only costs a longer replay.
Result<> CoreImpl::load_checkpoint(const Superblock& superblock, ReplayStart& start) {
  if (superblock.newest.id == 0) return {};
  const Instant since = world_.clock.now();
  auto ref = superblock.newest;
  auto state = load_checkpoint_file(world_.files, ref);
  if (!state && state.error().code != Errc::newer_version && superblock.previous.id != 0) {
    diag(DiagLevel::error, "engine", "the newest checkpoint is damaged, using the one before",
         {
             {"error", state.error().detail}
    });
    ref = superblock.previous;
    state = load_checkpoint_file(world_.files, ref);
    // The next one must not push out the one that is sound.
    superblock_.newest = superblock.previous;
    superblock_.previous = CheckpointRef{};
  }
  if (!state) return state.error();
  start = ReplayStart{ref.block_seq + 1, ref.position, ref.prev_block_crc};
  replay_seq_ = ref.block_seq;
  auto restored = restore(*state);
  // Until this process has written one, a stop takes writing for as slow as reading.
  checkpoint_took_ = world_.clock.now() - since;
  return restored;
}

Result<> CoreImpl::restore(std::string_view bytes) {
  ByteReader in(bytes);
  const Error damaged(Errc::data_damaged, "a checkpoint that verifies does not parse");
  const auto version = in.uvarint();
  if (version < kSnapshotVersionOldest || version > kSnapshotVersion) return damaged;
  const Instant instant{in.varint()};
  const WallTime wall{version < kSnapshotWithWall ? instant.value() : in.varint()};
  pass_to(ClockReading{instant, wall});
  record_seq_ = in.uvarint();
  next_log_id_ = static_cast<std::uint32_t>(in.uvarint());
  next_segment_id_ = in.uvarint();

  std::optional<Error> unopened;
  const auto open = [this, &unopened](SegmentId id) -> std::shared_ptr<const Segment> {
    if (const auto it = segments_.find(id); it != segments_.end()) return it->second.segment;
    auto segment = open_recovered(id);
    if (segment) return *segment;
    unopened = segment.error();
    return nullptr;
  };
  for (auto n = in.count(8); n > 0 && in.ok(); --n) {
    auto& log = find_or_make(LogId{in.fixed<std::uint32_t>()});
    const auto newest_seq = record_seq_ - 1;
    if (auto restored = log.restore(in, version, newest_seq, open); !restored) return restored;
    if (unopened) return *unopened;
    extents_ += log.extent_count();
    for (const auto& s : log.sealed) {
      auto& state = segments_[s.segment->id()];
      state.segment = s.segment;
      state.file_bytes = s.segment->file_bytes();
      ++state.ranges;
    }
  }
  for (auto n = in.count(9); n > 0 && in.ok(); --n) {
    const SegmentId id{in.fixed<std::uint64_t>()};
    retired_.push_back(RetiredSegment{id, in.uvarint()});
  }
  if (auto restored = catalog_.restore(in); !restored) return restored;
  if (auto restored = restore_machines(machines_, in); !restored) return restored;
  if (!in.done()) return damaged;
  return {};
}

// Null when the file is gone: what it held is damaged, and its readers are told. A file that is
// there and cannot be opened is another matter. The next start may be luckier, so this one decides
// nothing from what it cannot see: damage would be for ever.
Result<std::shared_ptr<const Segment>> CoreImpl::open_recovered(SegmentId id) {
  auto segment = world_.segments.open(id);
  if (segment) return segment;
  const auto there = world_.segments.list();
  if (!there) return there.error();
  if (std::find(there->begin(), there->end(), id) != there->end())
    return Error(
        Errc::io, "a segment cannot be opened: " + segment.error().detail,
        "start again once the device is sound; with the file moved away, the broker starts "
        "without the records in it");
  diag(DiagLevel::error, "engine", "a segment is missing",
       {
           {"error", segment.error().detail}
  });
  return std::shared_ptr<const Segment>();
}

Result<> CoreImpl::replay_block(const ReplayedBlock& block) {
  if (block.salvage || block.seq != replay_seq_ + 1) {
    after_damage_ = true;
    seen_since_damage_.clear();
  }
  replay_seq_ = block.seq;
  pass_to(block.sealed_at);
  std::size_t at = 0;
  while (at < block.payload.size()) {
    const auto rest = block.payload.substr(at);
    const auto entry = read_entry(rest);
    if (entry) {
      if (auto done = replay_entry(*entry, block, at); !done) return done;
      at += entry->stored_bytes();
      continue;
    }
    // A block whose checksum matches holds what was sealed; anything else was reported as damage.
    if (!block.salvage) return entry.error();
    const auto batch = read_damaged_batch(rest);
    if (!batch) return {};
    at += batch->stored_bytes;
  }
  tail_.add(block.position, block.slab);
  return {};
}

Result<> CoreImpl::replay_entry(const Entry& entry, const ReplayedBlock& block, std::size_t at) {
  ByteReader in(entry.payload);
  switch (entry.type) {
    case EntryType::batch: replay_batch(entry, block, at); return {};
    case EntryType::catalog: return catalog_.apply(entry.payload);
    case EntryType::queue:
    case EntryType::group:
    case EntryType::producer:
    case EntryType::dedup:
    case EntryType::request:
    case EntryType::namespaced: {
      const auto it = machines_.find(entry.type);
      if (it == machines_.end()) return {};
      return it->second->apply(entry.owner, entry.payload, block.sealed_at.instant);
    }
    case EntryType::trim:
      if (find(LogId{entry.owner})) trim(LogId{entry.owner}, Offset{in.varint()}, true);
      return {};
    case EntryType::segment_added: return replay_drain(entry.payload);
    case EntryType::segment_removed: return {};
    case EntryType::log_cleaned: return replay_cleaning(LogId{entry.owner}, entry.payload);
  }
  __builtin_unreachable();
}

void CoreImpl::replay_batch(const Entry& entry, const ReplayedBlock& block, std::size_t at) {
  const auto header = batch_header(entry.payload);
  last_record_block_ = block.seq;
  if (after_damage_) records_lost_ += entry.base_seq - std::min(entry.base_seq, record_seq_);
  record_seq_ = entry.base_seq + static_cast<std::uint64_t>(header.last_offset_delta) + 1;
  auto* log = find(LogId{entry.owner});
  if (log == nullptr) return;  // dropped later in the same block
  const Offset base{entry.base_offset};
  if (base < log->end) return;
  // Offsets are dense: a gap is what a damaged block took with it.
  if (base > log->end) log->damaged.emplace_back(log->end, base);

  Extent extent{};
  extent.base = entry.base_offset;
  extent.base_seq = entry.base_seq;
  extent.max_timestamp = header.max_timestamp;
  extent.append_ms = append_time(*log, block.sealed_at.wall).value();
  extent.last_delta = static_cast<std::uint32_t>(header.last_offset_delta);
  extent.file = block.position.file;
  extent.place = block.position.place + static_cast<std::uint32_t>(kBlockHeaderBytes + at);
  extent.bytes = static_cast<std::uint32_t>(entry.stored_bytes());
  log->add(extent);
  ++extents_;
  log->last_append = WallTime{extent.append_ms};
  log->end = log->visible_end = extent.upto();
  if (after_damage_ && !block.salvage) seen_since_damage_.insert(log->id);
}

// A damaged block says neither which logs it held records of nor how many of each. A log that came
// later shows the gap itself. The others may have ended later than we know: consumers may have seen
// those offsets, so they are never given out again.
void CoreImpl::pass_over_damage(const ReplayEnd& end) {
  if (end.damaged.empty()) return;
  for (const auto& damage : end.damaged) {
    if (damage.upto_seq <= last_record_block_) continue;
    // No record after it says how many are missing.
    const auto most = damage.bytes / kRecordBytesLeast;
    records_lost_ += std::min(most, kUnknownMost);
    record_seq_ += most;
  }
  std::size_t passed = 0;
  for (auto& [id, log] : logs_) {
    if (records_lost_ == 0 || seen_since_damage_.contains(id)) continue;
    const auto from = log->end;
    log->end = log->visible_end = advance(from, static_cast<std::int64_t>(records_lost_));
    log->placed_end = log->end;
    log->last_seq = record_seq_ - 1;
    log->damaged.emplace_back(from, log->end);
    ++passed;
  }
  if (passed > 0)
    diag(DiagLevel::error, "engine",
         "logs that may have lost their newest records go on behind them",
         {
             {"logs",    std::to_string(passed)       },
             {"offsets", std::to_string(records_lost_)}
    });
  seen_since_damage_.clear();
  checkpoint_wanted_ = true;  // so that no later start decides this anew
}

// Of this start, and of those before it that is still missed.
void CoreImpl::tell_damage() const {
  for (const DamagedBlocks& blocks : damage_) {
    damage_met(Damage{DamageMet::start, std::nullopt, Offset{0}, Offset{0},
                      journal_file_name(blocks.position.file), blocks.position.place,
                      fmt::format("blocks {} to {} of the journal do not verify", blocks.first_seq,
                                  blocks.upto_seq - 1)});
  }
  for (const auto& [id, log] : logs_) {
    for (const auto& [from, upto] : log->damaged)
      damage_met(Damage{DamageMet::start,
                        id,
                        from,
                        upto,
                        {},
                        std::nullopt,
                        "its bytes were gone when this start, or one before it, looked for them"});
  }
}

// What no definition names is left over from something that was removed.
void CoreImpl::drop_unclaimed_logs() {
  std::vector<LogId> unclaimed;
  for (const auto& [id, log] : logs_) {
    if (!log->opened) unclaimed.push_back(id);
  }
  for (const auto id : unclaimed) drop_log(id);
  dropped_.clear();
}

}  // namespace twofold::engine
