#include "log/group_notes.h"

#include <limits>

#include <gtest/gtest.h>

#include "log/topics_limits.h"

namespace twofold::log {
namespace {

const GroupCommit kCommit{
    "rollup",
    {{7, PartitionId{0}, Offset{300}},
      {std::numeric_limits<std::uint32_t>::max(), PartitionId{kPartitionsMax - 1},
      Offset{std::numeric_limits<std::int64_t>::max()}}}
};

TEST(GroupNotes, KeepTheirBytes) {
  EXPECT_EQ(encode_note(GroupCommit{"ab", {{7, PartitionId{1}, Offset{300}}}}),
            std::string("\x01\x02"
                        "ab"
                        "\x01\x07\x01\xac\x02"));
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

TEST(GroupNotes, CutAnywhereAreRefused) {
  for (const GroupNote& note : {GroupNote(kCommit), GroupNote(GroupRemove{"rollup"})}) {
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
  EXPECT_FALSE(decode_note(std::string_view("\x03\x01g", 3)));
  EXPECT_FALSE(decode_note(std::string_view("\x01\x01g\x01\x07\x90\x4e\x00", 8)))
      << "partition 10,000 would cost memory for all before it";
}

}  // namespace
}  // namespace twofold::log
