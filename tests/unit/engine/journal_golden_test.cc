#include <gtest/gtest.h>

#include "engine/journal_files.h"
#include "engine/open_block.h"
#include "engine/superblock.h"
#include "tests/unit/engine/golden.h"

namespace twofold::engine {
namespace {

constexpr std::uint64_t kStream = 0xabcdef;

TEST(FormatGolden, AJournalFileHeaderIsWhatThePageSays) {
  const auto header = journal_file_header(kStream, 2);
  const auto page = golden("journal_file");
  EXPECT_EQ(to_hex(std::string_view(header).substr(0, page.size())), to_hex(page));
  EXPECT_EQ(header.find_first_not_of('\0', page.size()), std::string::npos);
}

TEST(FormatGolden, ABlockIsWhatThePageSays) {
  OpenBlock open;
  open.note(EntryType::queue, 5, "ack");
  const BlockPlan plan{JournalPosition{2, 8192}, 9, 8, 0x11223344};
  const ClockReading now{Instant{1'700'000'000'000}, WallTime{1'700'000'007'000}};
  const auto sealed = open.seal(plan, kStream, 3, now, 1);
  const auto bytes = sealed.block.slab->bytes();
  const auto page = golden("block");
  EXPECT_EQ(bytes.size(), kBlockAlignment);
  EXPECT_EQ(to_hex(bytes.substr(0, page.size())), to_hex(page));
  EXPECT_EQ(bytes.find_first_not_of('\0', page.size()), std::string_view::npos);
}

TEST(FormatGolden, ASuperblockIsWhatThePageSays) {
  Superblock block;
  block.generation = 5;
  block.uuid = {1, 2};
  block.stream_id = kStream;
  block.incarnation = 3;
  block.durable_seq = 9;
  block.clean = true;
  block.newest = CheckpointRef{4, 1000, 0xdeadbeef, 9, {2, 12288}, 0x11223344, 1};
  block.previous = CheckpointRef{3, 900, 0xfeedface, 5, {1, 40960}, 0x55667788, 1};
  const auto bytes = encode_superblock(block);
  const auto page = golden("superblock");
  EXPECT_EQ(to_hex(std::string_view(bytes).substr(0, page.size())), to_hex(page));
  EXPECT_EQ(bytes.find_first_not_of('\0', page.size()), std::string::npos);
}

}  // namespace
}  // namespace twofold::engine
