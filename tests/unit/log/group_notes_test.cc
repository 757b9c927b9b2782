#include "log/group_notes.h"

#include <limits>

#include <gtest/gtest.h>

#include "log/topics_limits.h"

namespace twofold::log {
namespace {

const GroupCommit kCommit{
    "rollup",
    {{7, PartitionId{0}, Offset{300}, 12, "who"},
      {std::numeric_limits<std::uint32_t>::max(), PartitionId{kPartitionsMax - 1},
      Offset{std::numeric_limits<std::int64_t>::max()}}},
    Instant{1'700'000'000'000}
};

TEST(GroupNotes, KeepTheirBytes) {
  EXPECT_EQ(encode_note(GroupCommit{"ab", {{7, PartitionId{1}, Offset{300}, 4, "m"}}, Instant{300}}),
            std::string("\x03\x02"
                        "ab"
                        "\xac\x02\x01\x07\x01\xac\x02\x05\x01m"));
  EXPECT_EQ(encode_note(GroupSeek{"ab", {{7, PartitionId{1}, Offset{0}}}, Instant{1}}),
            std::string("\x04\x02"
                        "ab"
                        "\x01\x01\x07\x01\x00\x00\x00", 11));
  EXPECT_EQ(encode_note(GroupForget{"ab", {{7, PartitionId{1}}}}), std::string("\x05\x02"
                                                                              "ab"
                                                                              "\x01\x07\x01"));
  EXPECT_EQ(encode_note(GroupLeft{"ab", Instant{300}}), std::string("\x06\x02"
                                                                   "ab"
                                                                   "\xac\x02"));
  EXPECT_EQ(encode_note(GroupRemove{"ab"}), std::string("\x02\x02"
                                                        "ab"));
  EXPECT_EQ(group_owner("123456789"), 0xE3069283u);
}

TEST(GroupNotes, AreReadBack) {
  const auto commit = decode_note(encode_note(kCommit));
  ASSERT_TRUE(commit);
  EXPECT_EQ(std::get<GroupCommit>(*commit).group, "rollup");
  EXPECT_EQ(std::get<GroupCommit>(*commit).offsets, kCommit.offsets);
  const auto remove = decode_note(encode_note(GroupRemove{"rollup"}));
  ASSERT_TRUE(remove);
  EXPECT_EQ(std::get<GroupRemove>(*remove).group, "rollup");
}

TEST(GroupNotes, OfTheFirstLayoutAreRead) {
  const auto commit = decode_note(std::string_view("\x01\x02" "ab" "\x01\x07\x01\xac\x02", 9));
  ASSERT_TRUE(commit);
  const auto& offsets = std::get<GroupCommit>(*commit).offsets;
  EXPECT_EQ(offsets, (std::vector<GroupOffset>{{7, PartitionId{1}, Offset{300}}}));
}

TEST(GroupNotes, CutAnywhereAreRefused) {
  const GroupForget forget{"rollup", {{7, PartitionId{1}}, {8, PartitionId{2}}}};
  const GroupSeek seek{"rollup", kCommit.offsets, Instant{5}};
  for (const GroupNote& note :
       {GroupNote(kCommit), GroupNote(seek), GroupNote(forget), GroupNote(GroupRemove{"rollup"}),
        GroupNote(GroupLeft{"rollup", Instant{300}})}) {
    const std::string whole = encode_note(note);
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      const auto read = decode_note(std::string_view(whole).substr(0, cut));
      ASSERT_FALSE(read) << cut;
      EXPECT_EQ(read.error().code, engine::Errc::data_damaged);
    }
    EXPECT_FALSE(decode_note(whole + "x"));
  }
}

TEST(GroupNotes, OfAnUnknownKindOrAnImpossiblePartitionAreRefused) {
  EXPECT_FALSE(decode_note(std::string_view("\x07\x01g", 3)));
  EXPECT_FALSE(decode_note(std::string_view("\x01\x01g\x01\x07\x90\x4e\x00", 8)))
      << "partition 10,000 would cost memory for all before it";
}

}  // namespace
}  // namespace twofold::log
