#include "queue/op.h"

#include <vector>

#include <gtest/gtest.h>

#include "queue/header_patch.h"

namespace twofold::queue {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

constexpr HeaderChange kChanges[] = {
    {"a", "x"         },
    {"b", std::nullopt}
};

// One of each kind, with the bytes that are in journals out there.
struct Golden {
  Op op;
  const char* bytes;
};
std::vector<Golden> golden() {
  const Runs runs{
      {Offset{5}, 2},
      {Offset{9}, 1}
  };
  return {
      {ReceiveOp{Instant{300}, 0xAABBCCDD, Offset{10}, runs, Instant{3}},
       "0103d804ddccbbaa14060205010200"                                                                       },
      {AckOp{runs},                                                       "02030205010200"                    },
      {NackOp{Instant{1}, runs},                                          "0303020205010200"                  },
      {ExtendOp{Instant{64}, runs},                                       "040380010205010200"                },
      {DelayOp{Instant{2}, runs},                                         "0503040205010200"                  },
      {DeadOp{"no", runs},                                                "0603026e6f0205010200"              },
      {ReleaseOp{runs},                                                   "07030205010200"                    },
      {SkipOp{Offset{70}},                                                "08038c01"                          },
      {RememberOp{Instant{5}, {{{'h'}, {'t'}, Offset{7}}}},
       "09030a01680000000000000000000000000000007400000000000000000000000000000"
       "00e"                                                                                                  },
      {ForgetIdsOp{},                                                     "0a03"                              },
      {ReviveOp{runs},                                                    "0b030205010200"                    },
      {EditOp{encode_patch(kChanges), runs},                              "0c03090201610101780162000205010200"},
      {FloorOp{Instant{5}, Offset{7}},                                    "0d030a0e"                          },
  };
}

TEST(Op, EachKindKeepsTheBytesThatAreInJournalsAlready) {
  for (const Golden& of : golden()) EXPECT_EQ(hex(encode_op(3, of.op)), of.bytes);
}

TEST(Op, WhatWasWrittenIsRead) {
  for (const Golden& of : golden()) {
    const std::string bytes = encode_op(65'535, of.op);
    const auto decoded = decode_op(bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->partition, 65'535u);
    EXPECT_EQ(decoded->op.index(), of.op.index());
    EXPECT_EQ(encode_op(65'535, decoded->op), bytes);
  }
}

TEST(Op, AnythingCutShortOrTooLongIsDamage) {
  for (const Golden& of : golden()) {
    const std::string bytes = encode_op(3, of.op);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decode_op(std::string_view(bytes).substr(0, size)).has_value()) << size;
    EXPECT_FALSE(decode_op(bytes + '\0').has_value());
  }
}

TEST(Op, KindsAndNumbersOutOfRangeAreDamage) {
  using std::string_literals::operator""s;
  EXPECT_EQ(decode_op("\x00\x00\x00"s).error().code, engine::Errc::data_damaged);
  EXPECT_FALSE(decode_op("\x09\x00\x00"s).has_value()) << "no such kind";
  EXPECT_FALSE(decode_op("\x08\x00\x01"s).has_value()) << "an offset below 0";
  EXPECT_FALSE(decode_op("\x02\x80\x80\x04\x00"s).has_value()) << "partition 65536";
  const std::string far_away = "\x02\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00"s;
  EXPECT_FALSE(decode_op(far_away).has_value()) << "no log is that long";
}

}  // namespace
}  // namespace twofold::queue
