#include "log/partitioner.h"

#include <string>

#include <gtest/gtest.h>

namespace twofold::log {
namespace {

using namespace std::string_view_literals;

struct Row {
  std::string_view key;
  std::uint32_t hash;
  std::int32_t of_six;
  std::int32_t of_twelve;
};

// What Java's client computes; an empty key is a key.
constexpr Row kJava[] = {
    {"",                  0x106e08d9, 3, 9 },
    {"a",                 0xa2d0b27c, 4, 4 },
    {"kafka",             0xd067cf64, 4, 4 },
    {"1234",              0x9fc97b14, 0, 0 },
    {"giberish123456789", 0x8f552b0c, 2, 8 },
    {"bill_123",          0xc0486cba, 4, 10},
    {"video-42",          0xe387aef4, 4, 4 },
    {"\xff\0"sv,          0x73ef7abf, 1, 7 },
};

TEST(Partitioner, SendsEveryKeyWhereJavaSendsIt) {
  for (const Row& row : kJava) {
    EXPECT_EQ(murmur2(row.key), row.hash) << row.key;
    EXPECT_EQ(partition_of_key(row.key, 6).value(), row.of_six) << row.key;
    EXPECT_EQ(partition_of_key(row.key, 12).value(), row.of_twelve) << row.key;
  }
}

TEST(Partitioner, KeepsEveryKeyOfOnePartitionTogether) {
  for (const Row& row : kJava) EXPECT_EQ(partition_of_key(row.key, 1).value(), 0);
}

TEST(Partitioner, ReadsKeysOfEveryLengthAtEveryAlignment) {
  const std::string bytes = "....the same key at another address....";
  for (std::size_t length = 0; length < 16; ++length) {
    const std::string moved = "x" + bytes.substr(4, length);
    EXPECT_EQ(murmur2(std::string_view(bytes).substr(4, length)),
              murmur2(std::string_view(moved).substr(1)));
  }
}

}  // namespace
}  // namespace twofold::log
