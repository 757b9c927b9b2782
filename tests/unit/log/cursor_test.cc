#include "log/cursor.h"

#include <limits>

#include <gtest/gtest.h>

namespace twofold::log {
namespace {

TopicInfo topic(std::uint32_t id, std::int32_t partitions) {
  TopicInfo info;
  info.id = id;
  info.config.partitions = partitions;
  return info;
}

PartitionPosition at(std::int32_t partition, std::int64_t offset, std::uint64_t seeks = 0) {
  return {PartitionId{partition}, Offset{offset}, seeks};
}

std::vector<PartitionPosition> positions_of(std::string_view text, const TopicInfo& topic) {
  const auto read = decode_cursor(text, topic);
  EXPECT_TRUE(std::holds_alternative<Cursor>(read)) << text;
  return std::holds_alternative<Cursor>(read) ? std::get<Cursor>(read).positions
                                              : std::vector<PartitionPosition>{};
}

CursorFault fault_of(std::string_view text, const TopicInfo& topic) {
  const auto read = decode_cursor(text, topic);
  EXPECT_TRUE(std::holds_alternative<CursorFault>(read)) << text;
  return std::get<CursorFault>(read);
}

TEST(Cursor, SaysWhereTheReaderHasGotTo) {
  const Cursor cursor{
      7, {at(0, 300), at(1, 2), at(5, std::numeric_limits<std::int64_t>::max())}
  };
  const auto read = positions_of(encode_cursor(cursor), topic(7, 6));
  ASSERT_EQ(read.size(), 3u);
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].partition, cursor.positions[i].partition);
    EXPECT_EQ(read[i].offset, cursor.positions[i].offset);
  }
}

TEST(Cursor, KeepsItsBytes) {
  EXPECT_EQ(encode_cursor({
                7, {at(0, 300), at(1, 2)}
  }),
            "c1.AQcCAKwCAAK8csql");
}

TEST(Cursor, OfAGroupThatWasSoughtCarriesTheSeeksOfEachPartition) {
  const Cursor cursor{
      7, {at(0, 300), at(1, 2, 1), at(5, 9, UINT64_MAX)}
  };
  const auto read = positions_of(encode_cursor(cursor), topic(7, 6));
  EXPECT_EQ(read, cursor.positions);
  EXPECT_EQ(encode_cursor({
                7, {at(0, 300), at(1, 2, 1)}
  }),
            "c1.AgcCAKwCAAACAQKnhss");
  const auto text = encode_cursor(cursor);
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(fault_of(text.substr(0, cut), topic(7, 6)), CursorFault::invalid) << cut;
  }
}

TEST(Cursor, MayHoldNoPartitionAtAll) {
  EXPECT_TRUE(positions_of(encode_cursor({7, {}}), topic(7, 1)).empty());
}

TEST(Cursor, OfATopicThatWasCreatedAgainIsStale) {
  const auto text = encode_cursor({7, {at(0, 300)}});
  EXPECT_EQ(fault_of(text, topic(8, 1)), CursorFault::stale);
}

TEST(Cursor, OfAnotherTopicIsStaleWhateverPartitionsThatHad) {
  const auto text = encode_cursor({
      7, {at(0, 300), at(90, 1)}
  });
  EXPECT_EQ(fault_of(text, topic(8, 1)), CursorFault::stale);
}

TEST(Cursor, OfPartitionsThatTheTopicDoesNotHaveIsInvalid) {
  EXPECT_EQ(fault_of(encode_cursor({7, {at(2, 0)}}), topic(7, 2)), CursorFault::invalid);
  EXPECT_EQ(fault_of(encode_cursor({
                         7, {at(0, 0), at(1, 0)}
  }),
                     topic(7, 1)),
            CursorFault::invalid);
}

TEST(Cursor, WithAnyLetterChangedIsInvalid) {
  const auto text = encode_cursor({
      7, {at(0, 300), at(1, 2)}
  });
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'A', 'x', '-', '=', '\0'}) {
      auto changed = text;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_EQ(fault_of(changed, topic(7, 2)), CursorFault::invalid) << changed;
    }
  }
}

TEST(Cursor, CutShortOrGrownIsInvalid) {
  const auto text = encode_cursor({
      7, {at(0, 300), at(1, 2)}
  });
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(fault_of(text.substr(0, cut), topic(7, 2)), CursorFault::invalid) << cut;
  }
  EXPECT_EQ(fault_of(text + "A", topic(7, 2)), CursorFault::invalid);
  EXPECT_EQ(fault_of("c2" + text.substr(2), topic(7, 2)), CursorFault::invalid);
}

TEST(Cursor, OfTenThousandPartitionsIsReadBack) {
  Cursor cursor{1, {}};
  for (std::int32_t p = 0; p < 10'000; ++p) cursor.positions.push_back(at(p, p * 1'000));
  EXPECT_EQ(positions_of(encode_cursor(cursor), topic(1, 10'000)).size(), 10'000u);
}

}  // namespace
}  // namespace twofold::log
