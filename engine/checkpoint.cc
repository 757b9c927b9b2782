#include "engine/checkpoint.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/base/diag.h"
#include "engine/format_version.h"

namespace twofold::engine {
namespace {

constexpr std::uint32_t kMagic = 0x54504B54;  // "TKPT"
constexpr std::uint16_t kVersion = 1;
constexpr FormatVersions kVersions{1, kVersion};
constexpr std::size_t kHeaderBytes = 32;
constexpr char kDirectory[] = "checkpoints";

std::string base_name(std::uint64_t id) { return fmt::format("{:016x}.ckpt", id); }

// magic u32 | version u16 | 0 u16 | id u64 | block_seq u64 | state bytes u64, then the state. The
// checksum over all of it stands in the superblock.
std::string file_header(const PendingCheckpoint& checkpoint) {
  std::string out;
  ByteWriter w(out);
  w.fixed(kMagic);
  w.fixed(kVersion);
  w.fixed<std::uint16_t>(0);
  w.fixed(checkpoint.ref.id);
  w.fixed(checkpoint.ref.block_seq);
  w.fixed<std::uint64_t>(checkpoint.state.size());
  return out;
}

// `bytes` holds at least the header and the state's first field. Only what is sound may be asked.
std::optional<Error> refuse_versions(const std::string& name, std::string_view bytes) {
  const auto version = load_le<std::uint16_t>(bytes.data() + 4);
  if (auto refused = refuse_version(name, "checkpoint", version, kVersions)) return refused;
  ByteReader state(bytes.substr(kHeaderBytes));
  return refuse_version(name, "state in a checkpoint", static_cast<std::uint32_t>(state.uvarint()),
                        kCheckpointStateVersions);
}

}  // namespace

std::string checkpoint_file_name(std::uint64_t id) {
  return std::string(kDirectory) + "/" + base_name(id);
}

Result<CheckpointRef> store_checkpoint(FileSystem& fs, const PendingCheckpoint& checkpoint) {
  const auto header = file_header(checkpoint);
  CheckpointRef ref = checkpoint.ref;
  ref.bytes = header.size() + checkpoint.state.size();
  ref.crc = crc32c(checkpoint.state, crc32c(header));

  // What an interrupted attempt left under this name was never referred to.
  const auto left = fs.list(kDirectory);
  if (!left) return left.error();
  if (std::find(left->begin(), left->end(), base_name(ref.id)) != left->end()) {
    if (auto removed = fs.remove(checkpoint_file_name(ref.id)); !removed) return removed.error();
  }
  auto file = fs.open(checkpoint_file_name(ref.id), OpenMode::create);
  if (!file) return file.error();
  Result<> done = (*file)->write_at(0, header);
  if (done) done = (*file)->write_at(header.size(), checkpoint.state);
  if (done) done = (*file)->sync();
  if (done) done = fs.sync_directory(kDirectory);
  if (!done) return done.error();
  if (auto read_back = load_checkpoint_file(fs, ref); !read_back) return read_back.error();
  return ref;
}

Result<std::string> load_checkpoint_file(FileSystem& fs, const CheckpointRef& ref) {
  auto file = fs.open(checkpoint_file_name(ref.id), OpenMode::read_only);
  if (!file) return Error(Errc::data_damaged, "a checkpoint is missing: " + file.error().detail);
  std::string bytes(ref.bytes, '\0');
  const auto got = (*file)->read_at(0, bytes.data(), bytes.size());
  if (!got) return Error(Errc::data_damaged, "a checkpoint cannot be read: " + got.error().detail);
  if (*got != ref.bytes || crc32c(bytes) != ref.crc || ref.bytes < kHeaderBytes)
    return Error(Errc::data_damaged, fmt::format("{} does not verify", checkpoint_file_name(ref.id)));
  if (auto refused = refuse_versions(checkpoint_file_name(ref.id), bytes)) return *refused;
  bytes.erase(0, kHeaderBytes);
  return bytes;
}

Result<> check_checkpoint_version(FileSystem& fs, const CheckpointRef& ref) {
  constexpr std::size_t kVersionsWithin = kHeaderBytes + 10;  // the state begins with a uvarint
  const auto file = fs.open(checkpoint_file_name(ref.id), OpenMode::read_only);
  if (!file) return {};
  std::string head(kVersionsWithin, '\0');
  const auto got = (*file)->read_at(0, head.data(), head.size());
  if (!got || !refuse_versions(checkpoint_file_name(ref.id), head)) return {};
  // Is it another version, or another damage? The whole file says.
  const auto loaded = load_checkpoint_file(fs, ref);
  if (!loaded && loaded.error().code == Errc::newer_version) return loaded.error();
  return {};
}

void remove_old_checkpoints(FileSystem& fs, const Superblock& superblock) {
  const auto names = fs.list(kDirectory);
  if (!names) return;
  for (const auto& base : *names) {
    const auto name = std::string(kDirectory) + "/" + base;
    if (name == checkpoint_file_name(superblock.newest.id) || name == checkpoint_file_name(superblock.previous.id))
      continue;
    if (auto removed = fs.remove(name); !removed) {
      diag(DiagLevel::warn, "engine", "cannot remove an old checkpoint",
           {
               {"error", removed.error().detail}
      });
    }
  }
}

}  // namespace twofold::engine
