#include "src/cli/doctor_host.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server.h"
#include "src/cli/http_client.h"
#include "src/cli/port_holder.h"
#include "src/config/units.h"
#include "src/serve/group_memory.h"
#include "src/serve/memory.h"

namespace twofold::cli {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::uint64_t physical_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page)
             : 0;
}

}  // namespace

Check check_lock(const std::string& directory) {
  const std::string path = directory + "/LOCK";
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {"lock", Verdict::ok, "not held", ""};
  const bool free = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0;
  ::close(descriptor);
  if (free) return {"lock", Verdict::ok, "not held", ""};
  return {"lock", Verdict::warn, fmt::format("held by {}", first_line(path)),
          "a broker is running on this directory; a second one will be refused"};
}

Check check_port(const std::string& address) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) return {"port", Verdict::fail, endpoint.error().what, ""};
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(endpoint->host.c_str(), endpoint->port.c_str(), &wanted, &found);
  if (error != 0) {
    return {"port", Verdict::fail, fmt::format("{}: {}", address, ::gai_strerror(error)),
            "set http.listen to an address of this machine"};
  }
  const int socket = ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool bound = ::bind(socket, found->ai_addr, found->ai_addrlen) == 0;
  const int reason = errno;
  ::close(socket);
  ::freeaddrinfo(found);
  if (bound) return {"port", Verdict::ok, fmt::format("{} is free", address), ""};
  if (reason == EADDRINUSE) {
    const std::string holder = port_holder(std::atoi(endpoint->port.c_str()));
    return {"port", Verdict::warn,
            fmt::format("{} is in use by {}", address, holder.empty() ? "another user" : holder),
            "stop it, or choose another port with --http ADDR:PORT"};
  }
  std::string hint = http::listen_hint(reason);
  if (hint.empty()) hint = "choose another with --http ADDR:PORT";
  return {"port", Verdict::fail, fmt::format("{}: {}", address, std::strerror(reason)), hint};
}

Check check_seccomp() {
  std::ifstream file("/proc/self/status");
  std::string mode;
  for (std::string line; std::getline(file, line);) {
    const std::string_view name = "Seccomp:";
    if (!line.starts_with(name)) continue;
    mode = line.substr(line.find_first_not_of(" \t", name.size()));
  }
  // The broker has no use for calls that the filters of containers forbid, io_uring among them.
  if (mode == "0") return {"seccomp", Verdict::ok, "no filter", ""};
  if (mode == "2")
    return {"seccomp", Verdict::ok,
            "a filter; the broker needs no io_uring, and nothing else of that kind", ""};
  return {"seccomp", Verdict::ok, "not known: the kernel does not say", ""};
}

Check check_memory(const Config& config) {
  const std::uint64_t physical = physical_memory();
  const std::uint64_t there = std::min(group_memory("/").value_or(physical), physical);
  const std::uint64_t budgets = memory_budgets(config).total();
  const std::uint64_t used = std::max(config.limits.memory, budgets);
  const std::string detail = fmt::format("{} of {} for requests, journal and tail cache",
                                         about_size(budgets), about_size(there));
  if (used > there / 10 * 9) {
    return {"memory", Verdict::warn, detail,
            "set or lower limits.memory, or the kernel may kill the broker"};
  }
  if (there < (std::uint64_t{256} << 20)) {
    return {"memory", Verdict::warn, detail, "less than 256 MiB is tight"};
  }
  return {"memory", Verdict::ok, detail, ""};
}

}  // namespace twofold::cli
