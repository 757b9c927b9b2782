#include "http/per_address.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace twofold::http {

PerAddress::Place::Place(Place&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), network_(other.network_), granted_(other.granted_) {}

PerAddress::Place::~Place() {
  if (owner_) owner_->give_back(network_);
}

std::size_t PerAddress::Scatter::operator()(const Network& network) const {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(network.data()), network.size()});
}

// An address of IPv4 stands behind four bytes that no network of IPv6 begins with.
PerAddress::Network PerAddress::network_of(const boost::asio::ip::address& from) {
  Network network{0xff, 0xff, 0xff, 0xff};
  const bool is_mapped = from.is_v6() && from.to_v6().is_v4_mapped();
  if (from.is_v4() || is_mapped) {
    const auto bytes = (is_mapped ? boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, from.to_v6())
                                  : from.to_v4()).to_bytes();
    std::copy(bytes.begin(), bytes.end(), network.begin() + 4);
  } else {
    const auto bytes = from.to_v6().to_bytes();
    std::copy_n(bytes.begin(), network.size(), network.begin());
  }
  return network;
}

PerAddress::Place PerAddress::take(const boost::asio::ip::address& from) {
  if (places_ == 0) return Place::unbounded();
  const Network network = network_of(from);
  const std::lock_guard lock(mutex_);
  std::size_t& taken = taken_[network];
  if (taken >= places_) return Place(false);
  ++taken;
  Place place(true);
  place.owner_ = this;
  place.network_ = network;
  return place;
}

void PerAddress::give_back(const Network& network) {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find(network);
  if (--found->second == 0) taken_.erase(found);
}

}  // namespace twofold::http
