#include "http/strangers.h"

#include <gtest/gtest.h>

namespace twofold::http {
namespace {

TEST(Strangers, TheOldestGoesWhenAQuarterOfThePlacesIsTaken) {
  Strangers strangers(40);
  EXPECT_EQ(strangers.max(), 10U);
  for (std::uint64_t number = 100; number < 110; ++number) {
    EXPECT_EQ(strangers.make_room(false), std::nullopt);
    strangers.add(number);
  }
  EXPECT_EQ(strangers.make_room(false), 100U);
  strangers.add(110);
  EXPECT_EQ(strangers.make_room(false), 101U);
}

TEST(Strangers, WhoIsKnownOrGoneTakesNoPlace) {
  Strangers strangers(8);
  strangers.add(1);
  strangers.add(2);
  strangers.remove(1);
  strangers.remove(1);
  strangers.remove(77);
  EXPECT_EQ(strangers.make_room(false), std::nullopt);
  strangers.add(3);
  EXPECT_EQ(strangers.make_room(false), 2U);
}

TEST(Strangers, OneGoesEarlierWhenThereIsNoPlaceAtAll) {
  Strangers strangers(40);
  EXPECT_EQ(strangers.make_room(true), std::nullopt) << "nobody is here who could go";
  strangers.add(5);
  EXPECT_EQ(strangers.make_room(true), 5U);
}

TEST(Strangers, OneIsAlwaysLetIn) {
  Strangers strangers(1);
  EXPECT_EQ(strangers.max(), 1U);
  EXPECT_EQ(strangers.make_room(false), std::nullopt);
}

}  // namespace
}  // namespace twofold::http
