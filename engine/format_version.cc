#include "engine/format_version.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "engine/block.h"
#include "engine/checkpoint.h"
#include "engine/journal_files.h"
#include "engine/segment_format.h"
#include "engine/superblock.h"

namespace twofold::engine {
namespace {

std::string range_text(FormatVersions known) {
  return known.oldest == known.newest ? fmt::format("{}", known.newest)
                                      : fmt::format("{} to {}", known.oldest, known.newest);
}

// Fewer bytes where the file ends. A device that refuses them says so when the file is read.
std::string bytes_at(File& file, std::uint64_t place, std::size_t size) {
  std::string bytes(size, '\0');
  const auto got = file.read_at(place, bytes.data(), size);
  bytes.resize(got ? *got : 0);
  return bytes;
}

Result<> check_journal(FileSystem& files) {
  const auto names = list_journal_files(files);
  if (!names) return names.error();
  for (const auto& [number, name] : *names) {
    const auto file = files.open(name, OpenMode::read_only);
    if (!file) return file.error();
    const auto head = bytes_at(**file, 0, kJournalFirstPlace + kBlockHeaderBytes);
    if (const auto version = journal_file_version(head)) {
      if (auto refused = refuse_version(name, "journal file", *version, kJournalFileVersions))
        return *refused;
    }
    if (head.size() < kJournalFirstPlace) continue;
    if (const auto other = other_block_version(std::string_view(head).substr(kJournalFirstPlace))) {
      // What stands here from an earlier life of the file is of no interest.
      if (other->position != JournalPosition{number, kJournalFirstPlace}) continue;
      return *refuse_version(fmt::format("{} at {}", name, kJournalFirstPlace), "journal block",
                             other->version, kBlockVersions);
    }
  }
  return {};
}

Result<> check_segment(File& file, const std::string& name) {
  const auto size = file.size();
  if (!size) return size.error();
  const auto head = bytes_at(file, 0, kEntriesBegin);
  if (const auto header = decode_segment_header(head)) {
    if (auto refused = refuse_version(name, "segment", header->version, kSegmentVersions))
      return *refused;
  }
  const std::uint64_t last = *size < kFooterBytes ? 0 : *size - kFooterBytes;
  for (const std::uint64_t place : {std::uint64_t{kSegmentHeaderBytes}, last}) {
    const auto version = footer_version(bytes_at(file, place, kFooterBytes));
    if (!version) continue;
    if (auto refused = refuse_version(fmt::format("{} at {}", name, place), "segment footer",
                                      *version, kSegmentVersions))
      return *refused;
  }
  return {};
}

Result<> check_segments(FileSystem& files) {
  const auto names = files.list("segments");
  if (!names) return names.error();
  for (const auto& base : *names) {
    if (!parse_segment_name(base)) continue;
    const auto name = "segments/" + base;
    const auto file = files.open(name, OpenMode::read_only);
    if (!file) return file.error();
    if (auto sound = check_segment(**file, name); !sound) return sound;
  }
  return {};
}

bool has_directory(FileSystem& files, std::string_view directory) {
  const auto names = files.list("");
  return names && std::find(names->begin(), names->end(), directory) != names->end();
}

}  // namespace

std::optional<Error> refuse_version(std::string_view file, std::string_view structure,
                                    std::uint32_t found, FormatVersions known) {
  if (known.has(found)) return std::nullopt;
  const bool newer = found > known.newest;
  return Error(
      Errc::newer_version,
      fmt::format("{}: {} of format version {}; this program reads {}", file, structure, found,
                  range_text(known)),
      newer ? "a newer Twofold wrote it: start that one, or restore the snapshot that was taken "
              "before the upgrade; nothing was changed"
            : "a Twofold too old for this one wrote it: start a version in between first, which "
              "brings the directory up to its own format; nothing was changed");
}

Result<> check_format_versions(FileSystem& files, const Superblock& superblock) {
  for (const CheckpointRef& ref : {superblock.newest, superblock.previous}) {
    if (ref.id == 0) continue;
    if (auto sound = check_checkpoint_version(files, ref); !sound) return sound;
  }
  if (has_directory(files, kJournalDirectory)) {
    if (auto sound = check_journal(files); !sound) return sound;
  }
  return has_directory(files, "segments") ? check_segments(files) : Result<>();
}

}  // namespace twofold::engine
