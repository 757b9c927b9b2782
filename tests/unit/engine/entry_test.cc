#include "engine/entry.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/segments_rig.h"

namespace twofold::engine {
namespace {

std::string written(const Entry& entry) {
  std::string out;
  write_entry(out, entry);
  return out;
}

TEST(Entry, ComesBackAsItWasWrittenWithWhateverFollows) {
  const auto bytes = written({EntryType::group, 77, 0, 0, "offsets"}) + "more";
  const auto entry = read_entry(bytes);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->type, EntryType::group);
  EXPECT_EQ(entry->owner, 77u);
  EXPECT_EQ(entry->payload, "offsets");
  EXPECT_EQ(entry->stored_bytes(), bytes.size() - 4);
}

TEST(Entry, CutAtAnyByteItIsDamaged) {
  const auto batch = make_batch(41, 2);
  for (const auto& whole : {written({EntryType::queue, 5, 0, 0, "ack"}),
                            written({EntryType::batch, 3, 41, 1041, batch.bytes})}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto entry = read_entry(std::string_view(whole).substr(0, size));
      ASSERT_FALSE(entry) << "cut at " << size;
      ASSERT_EQ(entry.error().code, Errc::data_damaged);
    }
  }
}

// Shard and reserved bytes included: there is no bit that nobody checks.
TEST(Entry, EveryFlippedBitIsFound) {
  const auto batch = make_batch(41, 2);
  for (const auto& whole : {written({EntryType::queue, 5, 0, 0, "ack"}),
                            written({EntryType::batch, 3, 41, 1041, batch.bytes})}) {
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      auto flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      ASSERT_FALSE(read_entry(flipped)) << "byte " << bit / 8 << " bit " << bit % 8;
    }
  }
}

TEST(Entry, ABatchMustAgreeWithTheEntryAroundIt) {
  const auto batch = make_batch(41, 2);
  EXPECT_TRUE(read_entry(written({EntryType::batch, 3, 41, 1041, batch.bytes})));
  EXPECT_FALSE(read_entry(written({EntryType::batch, 3, 42, 1041, batch.bytes})));
  const auto longer = std::string(batch.bytes) + "x";
  EXPECT_FALSE(read_entry(written({EntryType::batch, 3, 41, 1041, longer})));
}

TEST(Entry, ZerosAndOnesAreNeverAnEntry) {
  EXPECT_FALSE(read_entry(std::string(4096, '\0')));
  EXPECT_FALSE(read_entry(std::string(4096, '\xFF')));
}

}  // namespace
}  // namespace twofold::engine
