#include "src/storage/file_walk.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "engine/format_version.h"
#include "engine/journal_files.h"
#include "engine/segment_format.h"
#include "engine/segment_scan.h"
#include "engine/superblock.h"

namespace twofold::storage {
namespace {

using engine::BlockHeader;
using engine::Error;
using engine::File;
using engine::OpenMode;
using engine::Result;

constexpr std::size_t kScanBytes = 1 << 20;

Result<std::string> read(File& file, std::uint64_t place, std::size_t size) {
  std::string bytes(size, '\0');
  const auto got = file.read_at(place, bytes.data(), size);
  if (!got) return got.error();
  bytes.resize(*got);
  return bytes;
}

class JournalWalk {
 public:
  JournalWalk(File& file, std::string name, std::uint32_t number, WalkDepth depth,
              FileVisitor& visitor)
      : file_(file), name_(std::move(name)), number_(number), depth_(depth), visitor_(visitor) {}

  Result<> run() {
    const auto size = file_.size();
    if (!size) return size.error();
    const auto head = read(file_, 0, engine::kJournalFirstPlace);
    if (!head) return head.error();
    const auto version = engine::journal_file_version(*head);
    if (!version) visitor_.on_damage(0, engine::kJournalFirstPlace, "its header does not verify");
    if (version) {
      if (auto refused =
              engine::refuse_version(name_, "journal file", *version, engine::kJournalFileVersions))
        return *refused;
    }
    std::uint64_t place = engine::kJournalFirstPlace;
    while (true) {
      const auto header = next(place, *size);
      if (!header) return header.error();
      if (!*header) return {};
      if (auto taken = take(**header); !taken) return taken;
      place = (*header)->position.place + (*header)->stored_bytes();
    }
  }

 private:
  Result<std::optional<BlockHeader>> header_at(std::uint64_t place) {
    const auto bytes = read(file_, place, engine::kBlockHeaderBytes);
    if (!bytes) return bytes.error();
    const engine::JournalPosition here{number_, static_cast<std::uint32_t>(place)};
    if (const auto other = engine::other_block_version(*bytes); other && other->position == here) {
      return *engine::refuse_version(fmt::format("{} at {}", name_, place), "journal block",
                                     other->version, engine::kBlockVersions);
    }
    auto header = engine::read_block_header(*bytes);
    const bool ours = header && header->position == here && header->seq > last_seq_ &&
                      header->incarnation >= incarnation_;
    if (!ours) header.reset();
    return header;
  }

  // The block at `place`, or the next that verifies: then what lies between does not.
  Result<std::optional<BlockHeader>> next(std::uint64_t place, std::uint64_t size) {
    for (std::uint64_t at = place; at + engine::kBlockHeaderBytes <= size;
         at += engine::kBlockAlignment) {
      const auto header = header_at(at);
      if (!header) return header;
      if (!*header) continue;
      if (at > place) visitor_.on_damage(place, at, "no block that verifies begins here");
      return header;
    }
    return std::optional<BlockHeader>();
  }

  Result<> take(const BlockHeader& header) {
    last_seq_ = header.seq;
    incarnation_ = header.incarnation;
    const std::uint64_t place = header.position.place;
    visitor_.on_block(place, header);
    if (depth_ == WalkDepth::blocks) return {};
    const auto block = read(file_, place, header.stored_bytes());
    if (!block) return block.error();
    if (!engine::verify_block_payload(header, *block)) {
      visitor_.on_damage(place + engine::kBlockHeaderBytes, place + header.stored_bytes(),
                         fmt::format("the payload of block {} does not verify", header.seq));
    }
    entries(*block, header);
    return {};
  }

  void entries(std::string_view block, const BlockHeader& header) {
    const std::uint64_t place = header.position.place;
    std::size_t at = engine::kBlockHeaderBytes;
    const std::size_t end = std::min<std::size_t>(at + header.payload_bytes, block.size());
    while (at < end) {
      const auto entry = engine::read_entry(block.substr(at, end - at));
      if (entry) {
        visitor_.on_entry(place + at, *entry);
        at += entry->stored_bytes();
        continue;
      }
      const auto batch = engine::read_damaged_batch(block.substr(at, end - at));
      const std::size_t upto = batch ? at + batch->stored_bytes : end;
      visitor_.on_damage(place + at, place + upto, entry.error().detail);
      at = upto;
    }
  }

  File& file_;
  const std::string name_;
  const std::uint32_t number_;
  const WalkDepth depth_;
  FileVisitor& visitor_;
  std::uint64_t last_seq_ = 0;
  std::uint64_t incarnation_ = 0;
};

std::optional<engine::SegmentFooter> last_footer(File& file, engine::SegmentId id,
                                                 std::uint64_t size) {
  if (size < engine::kEntriesBegin + engine::kFooterBytes) return std::nullopt;
  const auto bytes = read(file, size - engine::kFooterBytes, engine::kFooterBytes);
  return bytes ? engine::decode_footer(*bytes, id, size) : std::optional<engine::SegmentFooter>();
}

/// Counts blocks.
class Ranges final : public FileVisitor {
 public:
  explicit Ranges(FileSummary& summary) : summary_(summary) {}
  void on_block(std::uint64_t at, const BlockHeader& header) override {
    if (summary_.first_seq == 0) summary_.first_seq = header.seq;
    summary_.last_seq = header.seq;
    summary_.used = at + header.stored_bytes();
  }
  void on_damage(std::uint64_t at, std::uint64_t upto, const std::string& why) override {
    summary_.trouble = fmt::format("bytes {} to {}: {}", at, upto, why);
  }

 private:
  FileSummary& summary_;
};

Result<FileSummary> summarize(engine::FileSystem& files, const std::string& name) {
  FileSummary summary;
  summary.name = name;
  const auto file = files.open(name, OpenMode::read_only);
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  summary.bytes = *size;
  const std::string base = name.substr(name.rfind('/') + 1);
  if (const auto number = engine::journal_file_number(name)) {
    Ranges ranges(summary);
    auto walked = JournalWalk(**file, name, *number, WalkDepth::blocks, ranges).run();
    if (!walked) summary.trouble = walked.error().detail;
  }
  if (const auto id = engine::parse_segment_name(base)) {
    const auto footer = last_footer(**file, *id, *size);
    if (!footer) summary.trouble = "its last footer does not verify";
    if (footer) summary.batches = footer->batches;
    if (footer) summary.logs = footer->logs;
  }
  return summary;
}

// A start takes the one that verifies and needs no other; who looks should hear of both. The first
// generation has written one of them only.
Result<> summarize_superblocks(engine::FileSystem& files,
                               const std::function<void(const FileSummary&)>& each) {
  const auto slots = engine::SuperblockStore(files).slots();
  if (!slots) return slots.error();
  std::uint64_t generation = 0;
  for (const engine::SuperblockSlot& slot : *slots)
    if (slot.block) generation = std::max(generation, slot.block->generation);
  for (const engine::SuperblockSlot& slot : *slots) {
    if (!slot.there && generation < 2) continue;
    FileSummary summary;
    summary.name = slot.name;
    if (slot.there) {
      const auto found = summarize(files, slot.name);
      if (!found) return found.error();
      summary = *found;
    }
    if (!slot.block) summary.trouble = slot.block.error().detail;
    each(summary);
  }
  return {};
}

}  // namespace

Result<> walk_journal_file(engine::FileSystem& files, const std::string& name, WalkDepth depth,
                           FileVisitor& visitor) {
  const auto number = engine::journal_file_number(name);
  if (!number) return Error(engine::Errc::invalid_request, name + " is no journal file");
  const auto file = files.open(name, OpenMode::read_only);
  if (!file) return file.error();
  return JournalWalk(**file, name, *number, depth, visitor).run();
}

Result<> walk_segment(engine::FileSystem& files, const std::string& name, FileVisitor& visitor) {
  const auto id = engine::parse_segment_name(name.substr(name.rfind('/') + 1));
  if (!id) return Error(engine::Errc::invalid_request, name + " is no segment");
  const auto file = files.open(name, OpenMode::read_only);
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  const auto head = read(**file, 0, engine::kSegmentHeaderBytes);
  if (!head) return head.error();
  const auto header = engine::decode_segment_header(*head);
  if (!header) visitor.on_damage(0, engine::kSegmentHeaderBytes, "its header does not verify");
  if (header) {
    if (auto refused =
            engine::refuse_version(name, "segment", header->version, engine::kSegmentVersions))
      return *refused;
  }
  const auto footer = last_footer(**file, *id, *size);
  const std::uint64_t end = footer ? footer->entries_end : *size;
  std::uint64_t upto = engine::kEntriesBegin;
  engine::SegmentScan scan(**file, engine::kEntriesBegin, end, kScanBytes,
                           [](const engine::Entry&) { return true; });
  while (const auto found = scan.next()) {
    if (found->after_damage) visitor.on_damage(upto, found->position, "no entry that verifies");
    visitor.on_entry(found->position, found->entry);
    upto = found->position + found->entry.stored_bytes();
  }
  if (footer && scan.damaged()) visitor.on_damage(upto, end, "no entry that verifies");
  if (!footer) {
    visitor.on_damage(*size - std::min<std::uint64_t>(*size, engine::kFooterBytes), *size,
                      "its last footer does not verify");
  }
  return {};
}

Result<> summarize_files(engine::FileSystem& files,
                         const std::function<void(const FileSummary&)>& each) {
  if (auto done = summarize_superblocks(files, each); !done) return done;
  for (const char* folder : {"checkpoints", engine::kJournalDirectory, "orphans", "segments"}) {
    const auto names = files.list(folder);
    if (!names) continue;
    for (const std::string& base : *names) {
      const auto summary = summarize(files, fmt::format("{}/{}", folder, base));
      if (!summary) return summary.error();
      each(*summary);
    }
  }
  return {};
}

}  // namespace twofold::storage
