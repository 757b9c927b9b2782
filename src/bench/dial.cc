#include "src/bench/dial.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/socket_bio.h"
#include "src/net/client_tls.h"

namespace twofold::bench {
namespace {

// While the socket still blocks.
Outcome<http::UniqueSsl> shake_hands(const Target& target, int socket) {
  if (!target.tls) return http::UniqueSsl();
  http::UniqueSsl ssl(SSL_new(target.tls.get()));
  if (!ssl || !http::attach_socket(ssl.get(), socket)) return Refused("out of memory");
  expect_host(ssl.get(), target.host);
  if (SSL_connect(ssl.get()) == 1) return ssl;
  return Refused(
      fmt::format("cannot speak TLS with {}: {}", target.authority, handshake_reason(ssl.get())));
}

// As the system says it: 0 is the end, -1 with errno everything else.
ssize_t result_of(ssl_st* ssl, int result) {
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: errno = ECONNRESET; return -1;
  }
}

}  // namespace

Link::~Link() {
  if (socket_ >= 0) ::close(socket_);
}

Link::Link(Link&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), ssl_(std::move(other.ssl_)) {}

Link& Link::operator=(Link&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(ssl_, other.ssl_);
  return *this;
}

ssize_t Link::send(const void* bytes, std::size_t size) {
  if (!ssl_) return ::send(socket_, bytes, size, MSG_NOSIGNAL);
  ERR_clear_error();
  std::size_t sent = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes, size, &sent);
  return result == 1 ? static_cast<ssize_t>(sent) : result_of(ssl_.get(), result);
}

ssize_t Link::recv(void* bytes, std::size_t size) {
  if (!ssl_) return ::recv(socket_, bytes, size, 0);
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), bytes, size, &got);
  return result == 1 ? static_cast<ssize_t>(got) : result_of(ssl_.get(), result);
}

bool Link::holds_more() const { return ssl_ && SSL_has_pending(ssl_.get()) != 0; }

Outcome<Link> dial(const Target& target) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(target.host.c_str(), target.port.c_str(), &wanted, &found);
  if (error != 0) return Refused(fmt::format("{}: {}", target.host, ::gai_strerror(error)));
  int connected = -1;
  int reason = 0;
  for (const addrinfo* address = found; address != nullptr && connected < 0;
       address = address->ai_next) {
    const int socket = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket >= 0 && ::connect(socket, address->ai_addr, address->ai_addrlen) == 0) {
      connected = socket;
      break;
    }
    reason = errno;
    if (socket >= 0) ::close(socket);
  }
  ::freeaddrinfo(found);
  if (connected < 0) {
    return Refused(
        fmt::format("cannot connect to {}: {}", target.authority, std::strerror(reason)));
  }
  const int yes = 1;
  ::setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  auto ssl = shake_hands(target, connected);
  Link link(connected, ssl ? *std::move(ssl) : nullptr);
  if (!ssl) return ssl.error();
  ::fcntl(connected, F_SETFL, ::fcntl(connected, F_GETFL) | O_NONBLOCK);
  return link;
}

}  // namespace twofold::bench
