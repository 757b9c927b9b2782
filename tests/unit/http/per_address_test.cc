#include "http/per_address.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace twofold::http {
namespace {

bool takes(PerAddress& per_address, const std::string& from) {
  return per_address.take(boost::asio::ip::make_address(from)).is_granted();
}

class PerAddressTest : public testing::Test {
 protected:
  void hold(const std::string& from) {
    held.push_back(per_address.take(boost::asio::ip::make_address(from)));
    ASSERT_TRUE(held.back().is_granted()) << from;
  }

  PerAddress per_address{2};
  std::vector<PerAddress::Place> held;
};

TEST_F(PerAddressTest, OneAddressHasSoManyPlacesAndAnotherItsOwn) {
  hold("10.0.0.1");
  hold("10.0.0.1");
  EXPECT_FALSE(takes(per_address, "10.0.0.1"));
  EXPECT_TRUE(takes(per_address, "10.0.0.2"));
}

TEST_F(PerAddressTest, APlaceGoesBackOnceHoweverOftenItWasMoved) {
  hold("10.0.0.1");
  hold("10.0.0.1");
  { const PerAddress::Place moved = std::move(held.back()); }
  held.pop_back();
  hold("10.0.0.1");
  EXPECT_FALSE(takes(per_address, "10.0.0.1"));
}

TEST_F(PerAddressTest, OneThatWasRefusedTakesNothingWithIt) {
  hold("10.0.0.1");
  hold("10.0.0.1");
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(takes(per_address, "10.0.0.1"));
  held.pop_back();
  EXPECT_TRUE(takes(per_address, "10.0.0.1"));
}

TEST_F(PerAddressTest, ANetworkOfIPv6IsOneAddressAndAMappedOneIsThatOfIPv4) {
  hold("2001:db8:1:2::1");
  hold("2001:db8:1:2:ffff::2");
  EXPECT_FALSE(takes(per_address, "2001:db8:1:2::3"));
  EXPECT_TRUE(takes(per_address, "2001:db8:1:3::1"));
  hold("10.0.0.1");
  hold("::ffff:10.0.0.1");
  EXPECT_FALSE(takes(per_address, "10.0.0.1"));
}

TEST(PerAddress, WithoutABoundNobodyCounts) {
  PerAddress per_address(0);
  std::vector<PerAddress::Place> held;
  for (int i = 0; i < 100; ++i) {
    held.push_back(per_address.take(boost::asio::ip::make_address("10.0.0.1")));
    EXPECT_TRUE(held.back().is_granted());
  }
}

}  // namespace
}  // namespace twofold::http
