#include "engine/read_ahead.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/record_batch.h"

namespace twofold::engine {
namespace {

StoredBatch batch(std::int64_t first, int count, std::size_t bytes = 10) {
  BatchBuilder builder{Offset{first}};
  const std::string value(bytes, 'v');
  for (int i = 0; i < count; ++i)
    builder.add(Offset{first + i}, NewRecord{std::nullopt, value, {}, WallTime{1}});
  auto text = std::make_shared<std::string>();
  builder.finish(*text);
  return {text, *text, Seq{0}};
}

constexpr LogId kLog{1};

TEST(ReadAhead, FindsTheBatchAroundAnOffset) {
  ReadAhead ahead(1 << 20);
  ahead.add(kLog, {batch(10, 5), batch(20, 5)});
  EXPECT_EQ(ahead.find(kLog, Offset{9}), nullptr);
  ASSERT_NE(ahead.find(kLog, Offset{12}), nullptr);
  EXPECT_EQ(batch_header(ahead.find(kLog, Offset{12})->bytes).base_offset, 10);
  EXPECT_EQ(ahead.find(kLog, Offset{15}), nullptr) << "between the batches";
  EXPECT_EQ(batch_header(ahead.find(kLog, Offset{24})->bytes).base_offset, 20);
  EXPECT_EQ(ahead.find(LogId{2}, Offset{12}), nullptr);
}

TEST(ReadAhead, SaysWhereToGoOnReading) {
  ReadAhead ahead(1 << 20);
  EXPECT_EQ(ahead.next_from(kLog, Offset{7}), Offset{7});
  ahead.add(kLog, {batch(10, 5)});
  EXPECT_EQ(ahead.next_from(kLog, Offset{12}), Offset{15});
  EXPECT_EQ(ahead.next_from(kLog, Offset{40}), Offset{40});
  EXPECT_EQ(ahead.next_from(kLog, Offset{3}), std::nullopt) << "somebody who turned back";
}

TEST(ReadAhead, WhatIsDoneWithGoes) {
  ReadAhead ahead(1 << 20);
  ahead.add(kLog, {batch(10, 5), batch(15, 5)});
  const std::size_t both = ahead.bytes();
  EXPECT_EQ(ahead.bytes_from(kLog, Offset{0}), both);
  ahead.forget_before(kLog, Offset{16});
  EXPECT_EQ(ahead.find(kLog, Offset{12}), nullptr);
  EXPECT_NE(ahead.find(kLog, Offset{15}), nullptr) << "half of it is wanted still";
  EXPECT_LT(ahead.bytes(), both);
  ahead.drop(kLog);
  EXPECT_EQ(ahead.bytes(), 0u);
  EXPECT_FALSE(ahead.has(kLog));
}

TEST(ReadAhead, StaysWithinItsBytes) {
  ReadAhead ahead(64 << 10);
  for (std::uint32_t log = 1; log <= 200; ++log) {
    ahead.add(LogId{log}, {batch(0, 4, 1'000)});
    EXPECT_LE(ahead.bytes(), std::size_t{64} << 10);
    EXPECT_NE(ahead.find(LogId{log}, Offset{0}), nullptr) << "what came last stays";
  }
}

TEST(ReadAhead, WhatIsThereAlreadyIsNotKeptTwice) {
  ReadAhead ahead(1 << 20);
  ahead.add(kLog, {batch(10, 5)});
  const std::size_t once = ahead.bytes();
  ahead.add(kLog, {batch(10, 5), batch(12, 3)});
  EXPECT_EQ(ahead.bytes(), once);
}

}  // namespace
}  // namespace twofold::engine
