#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/file_system.h"

namespace twofold::engine {

inline constexpr char kJournalDirectory[] = "journal";
/// The first block of a journal file starts here; before it stands the file's header.
inline constexpr std::uint32_t kJournalFirstPlace = 4096;

/// The header of a journal file, in its own 4 KiB: magic, version, stream id, number, checksum.
/// Blocks name their stream and place themselves; this one is for people and for `doctor`.
std::string journal_file_header(std::uint64_t stream_id, std::uint32_t number);

/// The version that the header of a file says; nullopt when it does not verify.
std::optional<std::uint32_t> journal_file_version(std::string_view header);

std::string journal_file_name(std::uint32_t number);
/// The number in a name like "journal/0000002a.wal"; nullopt for anything else.
std::optional<std::uint32_t> journal_file_number(const std::string& name);
/// The number that the header of a file gives, whatever its name says; nullopt without a header.
Result<std::optional<std::uint32_t>> journal_number_inside(FileSystem& fs, const std::string& name);
/// The files that may hold blocks, oldest first: number and name ("journal/0000002a.wal"). Spares,
/// which hold none, are left out.
Result<std::vector<std::pair<std::uint32_t, std::string>>> list_journal_files(FileSystem& fs);
bool is_spare_name(const std::string& name);
/// What a file that is no longer needed is called until it is recycled.
std::string released_spare_name(const std::string& journal_file_name);

/// Creates file `number` with its header, durable with its name. Writes it once through when
/// `zero`, so that later syncs need no metadata.
Result<std::shared_ptr<File>> create_journal_file(FileSystem& fs, std::uint64_t stream_id,
                                                  std::uint32_t number, std::uint64_t bytes,
                                                  bool direct, bool zero);
/// Gives a spare file its new life under `number`. After an error it may have its new name already.
Result<std::shared_ptr<File>> recycle_journal_file(FileSystem& fs, std::uint64_t stream_id,
                                                   std::uint32_t number, const std::string& spare,
                                                   std::uint64_t bytes, bool direct);
/// Creates a file without a number, written through, to be recycled later.
Result<std::string> create_spare_file(FileSystem& fs, std::uint32_t number, std::uint64_t bytes,
                                      bool direct);

}  // namespace twofold::engine
