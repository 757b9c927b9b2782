#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/memory_file_system.h"
#include "engine/entry.h"
#include "engine/segment_format.h"
#include "tests/unit/engine/file_systems.h"
#include "tests/unit/engine/golden.h"
#include "tests/unit/engine/segments_rig.h"

namespace twofold::engine {
namespace {

/// The batch of the page: "k1" = "hello" at 41, "world" with two headers at 42.
StoredBatch batch_of_the_page() {
  const std::vector<Header> headers{
      {"h", "v"         },
      {"n", std::nullopt}
  };
  const WallTime time{1'700'000'000'000};
  BatchBuilder builder(Offset{41});
  builder.add(Offset{41}, {"k1", "hello", {}, time});
  builder.add(Offset{42}, {std::nullopt, "world", headers, time + Duration(5)});
  auto bytes = std::make_shared<std::string>();
  builder.finish(*bytes);
  const std::string_view view = *bytes;
  return {std::move(bytes), view, Seq{1042}};
}

TEST(FormatGolden, AnEntryIsWhatThePageSays) {
  std::string out;
  write_entry(out, {EntryType::queue, 5, 0, 0, "ack"});
  EXPECT_EQ(to_hex(out), to_hex(golden("entry")));
}

TEST(FormatGolden, ASegmentIsWhatThePageSays) {
  MemoryFileSystem files;
  auto store = *open_segments(files);
  auto writer = *store->create(SegmentId{7});
  ASSERT_TRUE(writer->add(LogId{3}, batch_of_the_page(), WallTime{1'700'000'000'010}));
  ASSERT_TRUE(writer->finish());
  auto file = files.open("segments/0000000000000007.seg", OpenMode::read_only);
  EXPECT_EQ(to_hex(read_all(**file)), to_hex(golden("segment")));
}

TEST(FormatGolden, TheSegmentOfThePageIsRead) {
  MemoryFileSystem files;
  auto store = *open_segments(files);
  auto file = files.open("segments/0000000000000007.seg", OpenMode::create);
  ASSERT_TRUE((*file)->write_at(0, golden("segment")));

  const auto segment = *store->open(SegmentId{7});
  const auto ranges = segment->ranges();
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), 1u);
  EXPECT_EQ(ranges->front().log, LogId{3});
  EXPECT_EQ(ranges->front().first, Offset{41});
  EXPECT_EQ(ranges->front().upto, Offset{43});
  EXPECT_EQ(ranges->front().append_time, WallTime{1'700'000'000'010});

  const auto read = segment->read(LogId{3}, Offset{42}, Offset{43}, 1);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front().base_seq, Seq{1042});
  EXPECT_EQ(to_hex(read->front().bytes), to_hex(batch_of_the_page().bytes));
}

}  // namespace
}  // namespace twofold::engine
