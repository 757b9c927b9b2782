#pragma once

#include <string>

namespace twofold::http::access {

/// The other side of a connection. Threads  the connection's.
class Peer {
 public:
  virtual ~Peer() = default;
  /// Its IP address, without the port; empty when it has none, or has gone.
  virtual std::string address() const { return {}; }
};

}  // namespace twofold::http::access
