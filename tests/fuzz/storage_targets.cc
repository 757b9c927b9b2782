// What a disk gives back. Checksums are made good first, so that what is behind them is reached;
// bytes that do not verify are the business of the same parsers, at every other input.
#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/base/memory_file_system.h"
#include "engine/block.h"
#include "engine/entry.h"
#include "engine/record_batch.h"
#include "engine/segment_format.h"
#include "engine/segment_index.h"
#include "engine/segment_scan.h"
#include "engine/segment_writer.h"
#include "engine/superblock.h"
#include "tests/fuzz/target.h"

namespace twofold::fuzz {
namespace {

using namespace engine;

// Whether the first bit of the input asks for good checksums.
bool makes_good(std::string_view bytes) { return !bytes.empty() && (bytes.back() & 1) == 0; }

std::string with_good_checksum(std::string_view bytes) {
  std::string batch(bytes);
  if (batch.size() < kBatchHeaderBytes) return batch;
  store_be(batch.data() + 8, static_cast<std::int32_t>(batch.size() - 12));
  batch[16] = 2;
  store_be(batch.data() + 17, crc32c(std::string_view(batch).substr(21)));
  return batch;
}

// Records lie inside their batch, in order, and no more of them than it says.
void record_batch(std::string_view bytes) {
  const std::string batch = makes_good(bytes) ? with_good_checksum(bytes) : std::string(bytes);
  const auto header = parse_batch(batch);
  if (!header) return;
  TF_CHECK(header->size() <= batch.size());
  const std::string_view stored = std::string_view(batch).substr(0, header->size());
  BatchCursor cursor(stored, Seq{1});
  std::int64_t previous = header->base_offset - 1;
  std::int64_t count = 0;
  for (auto record = cursor.next(); record && *record; record = cursor.next()) {
    TF_CHECK((*record)->offset.value() > previous);
    TF_CHECK((*record)->offset <= header->last_offset());
    previous = (*record)->offset.value();
    ++count;
    TF_CHECK(count <= header->record_count);
  }
  BatchCursor from_the_middle(stored, Seq{1});
  from_the_middle.skip_before(Offset{header->base_offset + 1});
  const auto record = from_the_middle.next();
  if (record && *record) TF_CHECK((*record)->offset.value() > header->base_offset);
}

std::string batch_of(int records) {
  BatchBuilder builder(Offset{100});
  const Header header{"content-type", "text/plain"};
  for (int i = 0; i < records; ++i) {
    const std::string value(static_cast<std::size_t>(i * 7), 'v');
    builder.add(Offset{100 + i * 2}, {"key", value, std::span(&header, 1), WallTime{1'000 + i}});
  }
  std::string batch;
  builder.finish(batch, Offset{100 + records * 2});
  return batch;
}

std::vector<std::string> batches() { return {batch_of(1), batch_of(5), batch_of(40)}; }

// An entry that verifies is written the same again.
void entry(std::string_view bytes) {
  const auto read = read_entry(bytes);
  (void)read_damaged_batch(bytes);
  if (!read) return;
  TF_CHECK(read->stored_bytes() <= bytes.size());
  std::string again;
  write_entry(again, *read);
  TF_CHECK(bytes.substr(0, again.size()) == again);
}

std::string entry_of(EntryType type, std::string_view payload) {
  std::string out;
  write_entry(out, {type, 7, type == EntryType::batch ? 100 : 0, type == EntryType::batch ? 9u : 0u,
                    payload});
  return out;
}

std::vector<std::string> entries() {
  return {entry_of(EntryType::batch, batch_of(3)), entry_of(EntryType::queue, "an operation"),
          entry_of(EntryType::catalog, "topic/orders")};
}

void block(std::string_view bytes) {
  std::string padded(bytes);
  padded.resize(align_block(padded.size()));
  const auto header = read_block_header(padded);
  if (!header) return;
  if (header->stored_bytes() > padded.size()) return;
  if (!verify_block_payload(*header, padded)) return;
  std::string_view rest = std::string_view(padded).substr(kBlockHeaderBytes, header->payload_bytes);
  while (!rest.empty()) {
    const auto read = read_entry(rest);
    if (!read) break;
    rest.remove_prefix(read->stored_bytes());
  }
}

std::vector<std::string> blocks() {
  std::string payload =
      entry_of(EntryType::batch, batch_of(4)) + entry_of(EntryType::group, "note");
  std::string bytes(align_block(kBlockHeaderBytes + payload.size()), '\0');
  std::copy(payload.begin(), payload.end(), bytes.begin() + kBlockHeaderBytes);
  BlockHeader header{
      .stream_id = 1,
      .incarnation = 2,
      .seq = 3,
      .position = {4,          4096       },
      .durable_seq = 2,
      .sealed_at = {Instant{5}, WallTime{6}},
      .payload_bytes = static_cast<std::uint32_t>(payload.size()),
      .entries = 2,
      .prev_block_crc = 0,
      .payload_crc = 0,
      .header_crc = 0
  };
  write_block_header(bytes.data(), header);
  return {bytes};
}

// Whatever a segment file has become, its index says nothing that is not in the file.
void segment(std::string_view bytes) {
  MemoryFileSystem files;
  const SegmentId id{7};
  auto file = files.open(segment_name(id), OpenMode::create);
  TF_CHECK(file.has_value());
  TF_CHECK((*file)->write_at(0, bytes).has_value());
  const auto index = load_segment_index(**file, id);
  if (index) {
    for (const SegmentIndex::Log& log : (*index)->logs) {
      TF_CHECK(!log.items.empty());
      (void)log.find(log.place.range.first);
    }
  }
  SegmentScan scan(**file, kEntriesBegin, bytes.size(), 4096, [](const Entry&) { return true; });
  std::uint64_t behind = 0;
  while (const auto found = scan.next()) {
    TF_CHECK(found->position >= behind);
    behind = found->position + found->entry.stored_bytes();
    TF_CHECK(behind <= bytes.size());
  }
}

std::string contents(FileSystem& files, const std::string& name) {
  const auto file = files.open(name, OpenMode::read_only);
  TF_CHECK(file.has_value());
  std::string bytes(*(*file)->size(), '\0');
  TF_CHECK((*file)->read_at(0, bytes.data(), bytes.size()).has_value());
  return bytes;
}

std::vector<std::string> segments() {
  constexpr SegmentId kId{7};
  MemoryFileSystem files;
  TF_CHECK(files.make_directory("segments").has_value());
  const auto writer = FileSegmentWriter::create(files, "segments/", kId);
  TF_CHECK(writer.has_value());
  for (const std::uint32_t log : {3u, 8u}) {
    const std::string batch = batch_of(static_cast<int>(log));
    TF_CHECK((*writer)->add(LogId{log}, {nullptr, batch, Seq{log}}, WallTime{1'000}).has_value());
  }
  TF_CHECK((*writer)->finish().has_value());
  const std::string whole = contents(files, "segments/" + segment_name(kId));
  std::string without_footers = whole;
  without_footers.resize(without_footers.size() - kFooterBytes);
  std::fill_n(without_footers.begin() + kSegmentHeaderBytes, kFooterBytes, '\0');
  return {whole, without_footers};
}

void superblock(std::string_view bytes) {
  const auto read = decode_superblock(bytes);
  if (read) TF_CHECK(decode_superblock(encode_superblock(*read)).has_value());
}

std::vector<std::string> superblocks() {
  Superblock one;
  one.generation = 5;
  one.durable_seq = 77;
  return {encode_superblock(one)};
}

constexpr fuzz::Target kTargets[] = {
    {"record_batch", record_batch, batches    },
    {"entry",        entry,        entries    },
    {"block",        block,        blocks     },
    {"segment",      segment,      segments   },
    {"superblock",   superblock,   superblocks},
};

}  // namespace

std::span<const Target> storage_targets() { return kTargets; }

}  // namespace twofold::fuzz
