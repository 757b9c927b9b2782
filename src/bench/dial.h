#pragma once

#include <cstddef>

#include <sys/types.h>

#include "http/tls.h"
#include "src/bench/http_text.h"
#include "src/config/outcome.h"

namespace twofold::bench {

/// A connected, non-blocking socket without Nagle's delay, or TLS over it. send() and recv() do as
/// those of the system, errno and all; after a send() of TLS that would block the same bytes come
/// next.
class Link {
 public:
  Link() = default;
  Link(int socket, http::UniqueSsl ssl) : socket_(socket), ssl_(std::move(ssl)) {}
  ~Link();
  Link(Link&& other) noexcept;
  Link& operator=(Link&& other) noexcept;

  int socket() const { return socket_; }
  ssize_t send(const void* bytes, std::size_t size);
  ssize_t recv(void* bytes, std::size_t size);
  /// Bytes have come that a poller does not tell of.
  bool holds_more() const;

 private:
  int socket_ = -1;
  http::UniqueSsl ssl_;
};

Outcome<Link> dial(const Target& target);

}  // namespace twofold::bench
