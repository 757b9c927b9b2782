#include "engine/base/crc32c.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace twofold::engine {
namespace {

TEST(Crc32c, GivesTheKnownAnswers) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(""), 0u);
  // RFC 3720, B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
}

TEST(Crc32c, TheProcessorAndTheTablesAgreeAtEveryLengthAndAlignment) {
  SeededRandom random(1);
  std::string bytes(300, '\0');
  for (auto& b : bytes) b = static_cast<char>(random.next_u64());
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t size = 0; size < 200; ++size) {
      const auto part = std::string_view(bytes).substr(start, size);
      ASSERT_EQ(crc32c(part), crc32c_portable(part)) << start << ", " << size;
    }
  }
}

TEST(Crc32c, GoesOnFromAnEarlierResult) {
  const std::string bytes = "one log, read as a queue or as a log";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const auto head = std::string_view(bytes).substr(0, cut);
    const auto tail = std::string_view(bytes).substr(cut);
    EXPECT_EQ(crc32c(tail, crc32c(head)), crc32c(bytes));
    EXPECT_EQ(crc32c_portable(tail, crc32c_portable(head)), crc32c(bytes));
  }
}

TEST(Crc32c, EverySingleFlippedBitIsSeen) {
  std::string bytes(100, 'x');
  const auto before = crc32c(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(crc32c(bytes), before);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

}  // namespace
}  // namespace twofold::engine
