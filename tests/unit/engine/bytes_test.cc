#include "engine/base/bytes.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/engine/hex.h"

namespace twofold::engine {
namespace {

TEST(Bytes, FixedNumbersLieLowByteFirstOrHighByteFirst) {
  char raw[8];
  store_le<std::uint32_t>(raw, 0x01020304);
  EXPECT_EQ(to_hex({raw, 4}), "04030201");
  store_be<std::uint32_t>(raw, 0x01020304);
  EXPECT_EQ(to_hex({raw, 4}), "01020304");
  EXPECT_EQ(load_be<std::uint32_t>(raw), 0x01020304u);
  store_be<std::int64_t>(raw, -2);
  EXPECT_EQ(to_hex({raw, 8}), "fffffffffffffffe");
  EXPECT_EQ(load_be<std::int64_t>(raw), -2);
  store_be<std::int16_t>(raw, 0x0102);
  EXPECT_EQ(to_hex({raw, 2}), "0102");
  EXPECT_EQ(byte_swapped<std::uint8_t>(7), 7);
}

std::string varint(std::int64_t n) {
  char raw[10];
  return to_hex({raw, static_cast<std::size_t>(store_varint(raw, n) - raw)});
}

TEST(Bytes, VarintsAreThoseOfKafka) {
  EXPECT_EQ(varint(0), "00");
  EXPECT_EQ(varint(-1), "01");
  EXPECT_EQ(varint(1), "02");
  EXPECT_EQ(varint(63), "7e");
  EXPECT_EQ(varint(64), "8001");
  EXPECT_EQ(varint(300), "d804");
  EXPECT_EQ(varint(-300), "d704");
  EXPECT_EQ(varint(std::numeric_limits<std::int32_t>::min()), "ffffffff0f");
}

TEST(Bytes, EveryWidthOfNumberComesBackAndIsAsLongAsAnnounced) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const auto u = (std::uint64_t{1} << bit) + static_cast<std::uint64_t>(off);
      const auto s = static_cast<std::int64_t>(u);
      std::string out;
      ByteWriter w(out);
      w.uvarint(u);
      EXPECT_EQ(out.size(), uvarint_size(u));
      w.varint(s);
      EXPECT_EQ(out.size(), uvarint_size(u) + varint_size(s));
      ByteReader in(out);
      EXPECT_EQ(in.uvarint(), u);
      EXPECT_EQ(in.varint(), s);
      EXPECT_TRUE(in.done());
    }
  }
}

TEST(Bytes, AReaderGivesBackWhatAWriterWrote) {
  std::string out;
  ByteWriter w(out);
  w.fixed<std::uint16_t>(7);
  w.bytes("name");
  w.bytes("");
  w.raw("xyz");
  EXPECT_EQ(w.size(), out.size());

  ByteReader in(out);
  EXPECT_EQ(in.fixed<std::uint16_t>(), 7);
  EXPECT_EQ(in.bytes(), "name");
  EXPECT_EQ(in.bytes(), "");
  EXPECT_FALSE(in.done());
  EXPECT_EQ(in.raw(3), "xyz");
  EXPECT_TRUE(in.done());
}

TEST(Bytes, CutAtAnyByteTheReaderFailsForGoodAndReadsZeros) {
  std::string out;
  ByteWriter w(out);
  w.fixed<std::uint64_t>(1);
  w.uvarint(1'000'000);
  w.bytes("name");
  for (std::size_t size = 0; size < out.size(); ++size) {
    ByteReader in(std::string_view(out).substr(0, size));
    in.fixed<std::uint64_t>();
    in.uvarint();
    in.bytes();
    EXPECT_FALSE(in.ok()) << "cut at " << size;
    EXPECT_EQ(in.fixed<std::uint8_t>(), 0);
    EXPECT_EQ(in.remaining(), 0u);
  }
}

TEST(Bytes, NumbersThatDoNotFitAreRefused) {
  ByteReader too_long("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01");
  too_long.uvarint();
  EXPECT_FALSE(too_long.ok());
  ByteReader overflow("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02");
  overflow.uvarint();
  EXPECT_FALSE(overflow.ok());
  ByteReader largest("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
  EXPECT_EQ(largest.uvarint(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(largest.ok());

  std::string out;
  ByteWriter(out).uvarint(std::numeric_limits<std::uint64_t>::max());
  ByteReader length(out);
  EXPECT_EQ(length.bytes(), "") << "a length of everything there is";
  EXPECT_FALSE(length.ok());
}

TEST(Bytes, ACountIsCheckedAgainstWhatCanFollow) {
  std::string out;
  ByteWriter(out).uvarint(3);
  out += "123456";
  ByteReader fits(out);
  EXPECT_EQ(fits.count(2), 3u);
  EXPECT_TRUE(fits.ok());
  ByteReader crowded(out);
  EXPECT_EQ(crowded.count(3), 0u);
  EXPECT_FALSE(crowded.ok());
}

}  // namespace
}  // namespace twofold::engine
