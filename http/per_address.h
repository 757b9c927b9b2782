#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <unordered_map>

#include <boost/asio/ip/address.hpp>

namespace twofold::http {

/// How many connections one address may have, where that is bounded; behind a proxy or a NAT many
/// clients share one. Of IPv6 the first 64 bits are an address: who has one has all behind them
/// (RFC 4291 2.5.4).
///
/// Contract
///   take()  a place for a connection; it goes back with the place. One that is not granted: the
///           address has as many as it may.
/// Units    connections; 0 places: nobody counts.
/// Threads  any.
class PerAddress {
 public:
  class Place;

  explicit PerAddress(std::size_t places) : places_(places) {}
  PerAddress(const PerAddress&) = delete;
  PerAddress& operator=(const PerAddress&) = delete;

  Place take(const boost::asio::ip::address& from);

 private:
  using Network = std::array<unsigned char, 8>;
  struct Scatter {
    std::size_t operator()(const Network& network) const;
  };

  static Network network_of(const boost::asio::ip::address& from);
  void give_back(const Network& network);

  const std::size_t places_;
  std::mutex mutex_;
  std::unordered_map<Network, std::size_t, Scatter> taken_;  // guarded by mutex_
};

class PerAddress::Place {
 public:
  Place(Place&& other) noexcept;
  Place& operator=(Place&&) = delete;
  ~Place();

  /// For whom nobody counts.
  static Place unbounded() { return Place(true); }

  bool is_granted() const { return granted_; }

 private:
  friend class PerAddress;
  explicit Place(bool granted) : granted_(granted) {}

  PerAddress* owner_ = nullptr;  // null: nothing goes back
  Network network_{};
  bool granted_;
};

}  // namespace twofold::http
