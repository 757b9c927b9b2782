#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "http/access/principal.h"
#include "http/access/token.h"

namespace twofold::http::access {

/// What a browser opens a WebSocket with, which cannot send a header: good for one connection
/// within a minute, so that no secret that lasts stands in an address.
/// Threads  any.
class Tickets {
 public:
  static constexpr auto kGoodFor = std::chrono::seconds{60};
  static constexpr std::size_t kTicketsMax = 10'000;
  static constexpr std::size_t kOfOneMax = 100;  ///< then the oldest of that key makes room

  /// Nullopt: too many are waiting to be used.
  std::optional<std::string> issue(PrincipalRef principal, engine::Random& random,
                                   engine::Instant now);
  /// Whose it is, once. Null: it is none, was used, or is too old.
  PrincipalRef redeem(std::string_view ticket, engine::Instant now);

 private:
  struct Waiting {
    PrincipalRef principal;
    engine::Instant until{0};
  };
  std::mutex mutex_;
  void make_room(const Principal& principal);
  // By their hash: how long a search takes says nothing about those that exist.
  std::map<SecretHash, Waiting> waiting_;
};

}  // namespace twofold::http::access
