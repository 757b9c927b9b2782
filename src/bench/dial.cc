#include "src/bench/dial.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace twofold::bench {

Outcome<int> dial(const Target& target) {
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
  ::fcntl(connected, F_SETFL, ::fcntl(connected, F_GETFL) | O_NONBLOCK);
  return connected;
}

}  // namespace twofold::bench
