#include "queue/touched.h"

#include <string>

#include <gtest/gtest.h>

namespace twofold::queue {
namespace {

using engine::Instant;
using engine::Offset;

Mark held(std::int64_t due, std::uint32_t nonce) {
  return make_mark(MarkKind::held, Instant{due}, nonce, 1);
}

TEST(Touched, MessagesThatShareAMarkShareAGroup) {
  Touched touched;
  touched.add(0, 0b0111, held(100, 1));
  touched.add(0, 0b1000, held(100, 1));
  touched.add(0, 0b10000, held(100, 2));
  EXPECT_EQ(touched.find(0)->groups.size(), 2u);
  EXPECT_EQ(touched.counts().held, 5u);
}

TEST(Touched, AChangedMessageLeavesItsGroupAndTheOthersStay) {
  Touched touched;
  touched.add(0, ~Bits{0}, held(100, 1));
  touched.change(0, 0b100, [](Mark mark) -> std::optional<Mark> {
    mark.due = Instant{200};
    return mark;
  });
  EXPECT_EQ(touched.mark(Offset{2})->due, Instant{200});
  EXPECT_EQ(touched.mark(Offset{3})->due, Instant{100});
  EXPECT_EQ(touched.counts().held, 64u);
  touched.change(0, 0b100, [](const Mark&) { return std::optional(held(100, 1)); });
  EXPECT_EQ(touched.find(0)->groups.size(), 1u) << "and comes back to it";
}

TEST(Touched, AWindowThatHoldsNothingIsGone) {
  Touched touched;
  touched.add(3, 1, held(100, 1));
  touched.change(3, ~Bits{0}, [](const Mark&) { return std::nullopt; });
  EXPECT_TRUE(touched.empty());
  EXPECT_EQ(touched.next_due(), std::nullopt);
  EXPECT_EQ(touched.counts(), Touched::Counts{});
}

TEST(Touched, OnlyWhatIsDueAndVisibleBecomesReady) {
  Touched touched;
  touched.add(0, 0b0011, held(100, 1));
  touched.add(0, 0b0100, held(101, 2));
  Expired expired;
  touched.expire(Instant{100}, Offset{1}, 0, 100, expired);
  EXPECT_TRUE(touched.is_ready(Offset{0}));
  EXPECT_FALSE(touched.is_ready(Offset{1})) << "due, but not visible";
  EXPECT_EQ(touched.next_due(), Instant{101});
  touched.rearm(Offset{1}, Offset{3});
  touched.expire(Instant{100}, Offset{3}, 0, 100, expired);
  EXPECT_TRUE(touched.is_ready(Offset{1}));
  EXPECT_FALSE(touched.is_ready(Offset{2}));
}

TEST(Touched, TwoWaysToTheSameMarksGiveTheSameBytes) {
  const auto bytes_of = [](const Touched& touched) {
    std::string bytes;
    engine::ByteWriter out(bytes);
    touched.write(out);
    return bytes;
  };
  Touched one;
  one.add(0, 0b01, held(100, 1));
  one.add(0, 0b10, held(200, 2));
  Touched other;
  other.add(0, 0b10, held(200, 2));
  other.add(1, 1, held(5, 5));
  other.add(0, 0b01, held(100, 1));
  other.forget_before(Offset{0});
  other.change(1, 1, [](const Mark&) { return std::nullopt; });
  Expired expired;
  other.expire(Instant{150}, Offset{64}, 0, 100, expired);
  EXPECT_EQ(bytes_of(one), bytes_of(other)) << "ready is not remembered, it follows from the time";
}

TEST(Touched, BytesThatNobodyWroteAreRefused) {
  const auto refused = [](const std::string& bytes) {
    Touched touched;
    engine::ByteReader in(bytes);
    return !touched.read(in);
  };
  const std::string group = std::string("\x01", 1) + std::string("\x01\0\0\0\0\0\0\0", 8) +
                            std::string("\x02", 1) + std::string("\x07\0\0\0", 4) +
                            std::string("\x01\x04", 2);
  const auto window = [](const std::string& groups, char count) {
    return std::string("\x01\x05", 2) + count + groups;
  };
  EXPECT_FALSE(refused(window(group, 1)));
  EXPECT_TRUE(refused(window("", 0))) << "a window without a group";
  EXPECT_TRUE(refused(window(group + group, 2))) << "one offset in two groups";
  std::string bad_kind = group;
  bad_kind[0] = 9;
  EXPECT_TRUE(refused(window(bad_kind, 1)));
}

}  // namespace
}  // namespace twofold::queue
