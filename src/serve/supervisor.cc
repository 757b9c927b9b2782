#include "src/serve/supervisor.h"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace twofold {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::optional<long long> number(const std::string& text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// WATCHDOG_PID is missing, or it is us: children inherit the variables of their parents.
std::optional<std::chrono::microseconds> watchdog_interval() {
  const auto interval = number(variable("WATCHDOG_USEC"));
  const std::string pid = variable("WATCHDOG_PID");
  if (!interval || *interval <= 0) return std::nullopt;
  if (!pid.empty() && number(pid) != static_cast<long long>(::getpid())) return std::nullopt;
  return std::chrono::microseconds(*interval);
}

}  // namespace

Supervisor::Supervisor(boost::asio::io_context& loop)
    : socket_(variable("NOTIFY_SOCKET")), watchdog_(watchdog_interval()), timer_(loop) {}

void Supervisor::ready(std::string_view status) {
  send(fmt::format("READY=1\nSTATUS={}", status));
  if (!socket_.empty() && watchdog_) answer_watchdog();
}

void Supervisor::stopping() { send("STOPPING=1\nSTATUS=stopping"); }

void Supervisor::ended() { timer_.cancel(); }

void Supervisor::answer_watchdog() {
  send("WATCHDOG=1");
  timer_.expires_after(*watchdog_ / 2);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) answer_watchdog();
  });
}

void Supervisor::send(std::string_view text) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor == -1) return;
  ::sendto(descriptor, text.data(), text.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), size);
  ::close(descriptor);
}

}  // namespace twofold
