#include "engine/superblock.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/format_version.h"

namespace twofold::engine {
namespace {

constexpr std::uint32_t kMagic = 0x42505554;  // "TUPB"
constexpr std::size_t kSlotBytes = 4096;
constexpr std::size_t kBodyBytes = 196;

std::string slot_name(std::uint64_t slot) { return slot == 0 ? "superblock.0" : "superblock.1"; }

Error unreadable(const Error& why) {
  return Error(Errc::io, "a superblock cannot be read: " + why.detail,
               "start again once the device is sound; with the file moved away, the broker starts "
               "from the other one");
}

// What one of the files holds; empty when it is not there.
Result<std::optional<std::string>> slot_bytes(FileSystem& fs, const std::string& name) {
  const auto names = fs.list("");
  if (!names) return names.error();
  if (std::find(names->begin(), names->end(), name) == names->end())
    return std::optional<std::string>();
  auto file = fs.open(name, OpenMode::read_only);
  if (!file) return unreadable(file.error());
  std::string bytes(kSlotBytes, '\0');
  const auto got = (*file)->read_at(0, bytes.data(), bytes.size());
  if (!got) return unreadable(got.error());
  bytes.resize(*got);
  return std::optional<std::string>(std::move(bytes));
}

// No checksum covers what fills the file up; nothing is ever written there but zeros.
Result<Superblock> decode_whole(std::string_view bytes, std::string_view name) {
  auto block = decode_superblock(bytes, name);
  if (!block) return block;
  if (bytes.size() == kSlotBytes &&
      bytes.find_first_not_of('\0', kBodyBytes + 4) == std::string_view::npos)
    return block;
  return Error(Errc::data_damaged, "a superblock is not what was written behind its checksum");
}

void put(ByteWriter& out, const CheckpointRef& ref) {
  out.fixed(ref.id);
  out.fixed(ref.bytes);
  out.fixed(ref.crc);
  out.fixed(ref.block_seq);
  out.fixed(ref.position.file);
  out.fixed(ref.position.place);
  out.fixed(ref.prev_block_crc);
  out.fixed(ref.oldest_file);
}

CheckpointRef get(ByteReader& in) {
  CheckpointRef ref;
  ref.id = in.fixed<std::uint64_t>();
  ref.bytes = in.fixed<std::uint64_t>();
  ref.crc = in.fixed<std::uint32_t>();
  ref.block_seq = in.fixed<std::uint64_t>();
  ref.position.file = in.fixed<std::uint32_t>();
  ref.position.place = in.fixed<std::uint32_t>();
  ref.prev_block_crc = in.fixed<std::uint32_t>();
  ref.oldest_file = in.fixed<std::uint32_t>();
  return ref;
}

}  // namespace

std::string encode_superblock(const Superblock& block) {
  std::string out;
  ByteWriter w(out);
  w.fixed(kMagic);
  w.fixed(kFormatVersion);
  w.fixed(block.generation);
  w.fixed(block.uuid[0]);
  w.fixed(block.uuid[1]);
  w.fixed(block.stream_id);
  w.fixed(block.incarnation);
  w.fixed(block.durable_seq);
  w.fixed<std::uint32_t>(block.clean ? 1 : 0);
  put(w, block.newest);
  put(w, block.previous);
  out.resize(kBodyBytes, '\0');
  w.fixed(crc32c(out));
  out.resize(kSlotBytes, '\0');
  return out;
}

Result<Superblock> decode_superblock(std::string_view bytes, std::string_view file) {
  if (bytes.size() < kBodyBytes + 4) return Error(Errc::data_damaged, "a superblock is cut short");
  ByteReader in(bytes);
  const auto magic = in.fixed<std::uint32_t>();
  const auto version = in.fixed<std::uint32_t>();
  const auto body = bytes.substr(0, kBodyBytes);
  if (magic != kMagic || load_le<std::uint32_t>(bytes.data() + kBodyBytes) != crc32c(body))
    return Error(Errc::data_damaged, "a superblock does not verify");
  if (auto refused = refuse_version(file, "data directory", version,
                                    FormatVersions{kFormatVersionOldest, kFormatVersion}))
    return *refused;
  Superblock block;
  block.generation = in.fixed<std::uint64_t>();
  block.uuid = {in.fixed<std::uint64_t>(), in.fixed<std::uint64_t>()};
  block.stream_id = in.fixed<std::uint64_t>();
  block.incarnation = in.fixed<std::uint64_t>();
  block.durable_seq = in.fixed<std::uint64_t>();
  block.clean = in.fixed<std::uint32_t>() != 0;
  block.newest = get(in);
  block.previous = get(in);
  block.format = version;
  TF_CHECK(in.ok());
  return block;
}

Result<std::optional<Superblock>> SuperblockStore::load() {
  std::optional<Superblock> best;
  std::optional<Error> refused;
  for (std::uint64_t slot = 0; slot < 2; ++slot) {
    const auto bytes = slot_bytes(fs_, slot_name(slot));
    if (!bytes) return bytes.error();
    if (!*bytes) continue;
    auto block = decode_superblock(**bytes, slot_name(slot));
    if (!block) {
      if (block.error().code == Errc::newer_version) return block.error();
      refused = block.error();
      continue;
    }
    if (!best || block->generation > best->generation) best = *block;
  }
  if (!best && refused) return *refused;
  // The one that does not verify may have been newer, and its incarnation used.
  if (refused) ++best->incarnation;
  return best;
}

Result<std::array<SuperblockSlot, 2>> SuperblockStore::slots() {
  const auto look = [this](std::uint64_t slot) -> Result<SuperblockSlot> {
    const std::string name = slot_name(slot);
    const auto bytes = slot_bytes(fs_, name);
    if (!bytes) return bytes.error();
    if (!*bytes)
      return SuperblockSlot{name, false, Error(Errc::data_damaged, "a superblock is not there")};
    return SuperblockSlot{name, true, decode_whole(**bytes, name)};
  };
  auto first = look(0);
  if (!first) return first.error();
  auto second = look(1);
  if (!second) return second.error();
  return std::array<SuperblockSlot, 2>{*std::move(first), *std::move(second)};
}

Result<> SuperblockStore::store(Superblock& block) {
  ++block.generation;
  const auto name = slot_name(block.generation % 2);
  auto file = fs_.open(name, OpenMode::read_write);
  if (!file) file = fs_.open(name, OpenMode::create);
  if (!file) return file.error();
  if (auto done = (*file)->write_at(0, encode_superblock(block)); !done) return done;
  if (auto done = (*file)->sync(); !done) return done;
  return fs_.sync_directory("");
}

}  // namespace twofold::engine
