#include "engine/journal_files.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/block.h"
#include "engine/format_version.h"

namespace twofold::engine {
namespace {

constexpr std::uint32_t kMagic = 0x4C415754;  // "TWAL"
constexpr std::uint16_t kVersion = kJournalFileVersions.newest;
constexpr std::size_t kHeaderFieldsBytes = 20;
constexpr std::size_t kZeroChunk = 1 << 20;

std::string in_directory(const std::string& name) {
  return std::string(kJournalDirectory) + "/" + name;
}

OpenMode create_mode(bool direct) { return direct ? OpenMode::create_direct : OpenMode::create; }
OpenMode write_mode(bool direct) { return direct ? OpenMode::write_direct : OpenMode::read_write; }

Result<> write_through(File& file, std::uint64_t from, std::uint64_t bytes) {
  const Slab zeros(kZeroChunk);
  std::fill_n(const_cast<char*>(zeros.bytes().data()), kZeroChunk, '\0');
  for (std::uint64_t at = from; at < bytes; at += kZeroChunk) {
    const auto n = std::min<std::uint64_t>(kZeroChunk, bytes - at);
    if (auto done = file.write_at(at, zeros.bytes().substr(0, n)); !done) return done;
  }
  return {};
}

Result<> write_file_header(File& file, std::uint64_t stream_id, std::uint32_t number) {
  const auto header = journal_file_header(stream_id, number);
  Slab aligned(kJournalFirstPlace);
  std::copy(header.begin(), header.end(), aligned.data());
  if (auto done = file.write_at(0, aligned.bytes()); !done) return done;
  return file.sync();
}

}  // namespace

std::string journal_file_header(std::uint64_t stream_id, std::uint32_t number) {
  std::string out;
  ByteWriter w(out);
  w.fixed(kMagic);
  w.fixed(kVersion);
  w.fixed<std::uint16_t>(0);
  w.fixed(stream_id);
  w.fixed(number);
  w.fixed(crc32c(out));
  out.resize(kJournalFirstPlace, '\0');
  return out;
}

std::optional<std::uint32_t> journal_file_version(std::string_view header) {
  if (header.size() < kHeaderFieldsBytes + 4) return std::nullopt;
  if (load_le<std::uint32_t>(header.data()) != kMagic) return std::nullopt;
  const auto crc = load_le<std::uint32_t>(header.data() + kHeaderFieldsBytes);
  if (crc != crc32c(header.substr(0, kHeaderFieldsBytes))) return std::nullopt;
  return load_le<std::uint16_t>(header.data() + 4);
}

std::string journal_file_name(std::uint32_t number) {
  return in_directory(fmt::format("{:08x}.wal", number));
}

std::optional<std::uint32_t> journal_file_number(const std::string& name) {
  const auto slash = name.rfind('/');
  const auto base = slash == std::string::npos ? name : name.substr(slash + 1);
  if (base.size() != 12 || !base.ends_with(".wal")) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(base.data(), base.data() + 8, number, 16);
  if (failed != std::errc() || end != base.data() + 8) return std::nullopt;
  return number;
}

// Names are sorted, and their digits are as many in each: oldest first.
Result<std::vector<std::pair<std::uint32_t, std::string>>> list_journal_files(FileSystem& fs) {
  const auto names = fs.list(kJournalDirectory);
  if (!names) return names.error();
  std::vector<std::pair<std::uint32_t, std::string>> files;
  for (const auto& base : *names) {
    if (const auto number = journal_file_number(base))
      files.emplace_back(*number, in_directory(base));
  }
  return files;
}

Result<std::optional<std::uint32_t>> journal_number_inside(FileSystem& fs,
                                                           const std::string& name) {
  constexpr std::size_t kNumberPlace = 16;
  const auto file = fs.open(name, OpenMode::read_only);
  if (!file) return file.error();
  std::string header(kJournalFirstPlace, '\0');
  const auto read = (*file)->read_at(0, header.data(), header.size());
  if (!read) return read.error();
  const std::optional<std::uint32_t> none;
  if (*read < header.size()) return none;
  const auto stream_id = load_le<std::uint64_t>(header.data() + 8);
  const auto number = load_le<std::uint32_t>(header.data() + kNumberPlace);
  if (journal_file_header(stream_id, number) != header) return none;
  return std::optional(number);
}

bool is_spare_name(const std::string& name) { return name.ends_with(".spare"); }

std::string released_spare_name(const std::string& journal_file_name) {
  return journal_file_name.substr(0, journal_file_name.size() - 4) + ".old.spare";
}

Result<std::shared_ptr<File>> create_journal_file(FileSystem& fs, std::uint64_t stream_id,
                                                  std::uint32_t number, std::uint64_t bytes,
                                                  bool direct, bool zero) {
  const auto name = journal_file_name(number);
  auto file = fs.open(name, create_mode(direct));
  if (!file) return file;
  Result<> done = (*file)->allocate(bytes);
  if (done && zero) done = write_through(**file, kJournalFirstPlace, bytes);
  if (done) done = write_file_header(**file, stream_id, number);
  if (done) done = fs.sync_directory(kJournalDirectory);
  if (done) return file;
  // Nothing refers to the file yet. Its room goes back; a remove that fails leaves a file that the
  // next start recycles.
  if (auto removed = fs.remove(name); !removed) return removed.error();
  return done.error();
}

Result<std::shared_ptr<File>> recycle_journal_file(FileSystem& fs, std::uint64_t stream_id,
                                                   std::uint32_t number, const std::string& spare,
                                                   std::uint64_t bytes, bool direct) {
  const auto name = journal_file_name(number);
  if (auto done = fs.rename(spare, name); !done) return done.error();
  auto file = fs.open(name, write_mode(direct));
  if (!file) return file;
  Result<> done = (*file)->allocate(bytes);  // it may be what a full disk left of a new one
  if (done) done = write_file_header(**file, stream_id, number);
  if (done) done = fs.sync_directory(kJournalDirectory);
  if (!done) return done.error();
  return file;
}

Result<std::string> create_spare_file(FileSystem& fs, std::uint32_t number, std::uint64_t bytes,
                                      bool direct) {
  const auto name = in_directory(fmt::format("{:08x}.new.spare", number));
  auto file = fs.open(name, create_mode(direct));
  // What an attempt that failed may have left under this name is worth nothing.
  if (!file && fs.remove(name)) file = fs.open(name, create_mode(direct));
  if (!file) return file.error();
  Result<> done = (*file)->allocate(bytes);
  if (done) done = write_through(**file, 0, bytes);
  if (done) done = (*file)->sync();
  if (done) return name;
  if (auto removed = fs.remove(name); !removed) return removed.error();
  return done.error();
}

}  // namespace twofold::engine
