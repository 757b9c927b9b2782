#include "src/bench/stream_sockets.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "http/ws/framing.h"
#include "src/bench/stream_frames.h"

namespace twofold::bench {
namespace {

using http::ws::Opcode;

constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::size_t kHeadMax = 16384;
constexpr int kAnswerWithinMs = 30'000;
// A round is short, so that whoever publishes at a rate is not late.
constexpr std::size_t kEventsARound = 32;

Refused broken(std::string_view how) { return Refused(fmt::format("a stream broke: {}", how)); }

void watch(int poller, int fd, std::size_t number, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = number;
  ::epoll_ctl(poller, operation, fd, &event);
}

bool wait_for(int fd, short events) {
  pollfd waiting{fd, events, 0};
  return ::poll(&waiting, 1, kAnswerWithinMs) == 1;
}

// What the broker says to an upgrade, and what it sent behind it.
Outcome<std::string> read_upgrade(Link& link) {
  std::string answer;
  std::array<char, 4096> bytes;
  while (answer.find("\r\n\r\n") == std::string::npos) {
    if (answer.size() > kHeadMax || (!link.holds_more() && !wait_for(link.socket(), POLLIN)))
      return broken("no answer to its upgrade");
    const ssize_t got = link.recv(bytes.data(), bytes.size());
    if (got < 0 && errno == EAGAIN && wait_for(link.socket(), POLLIN)) continue;
    if (got <= 0) return broken("closed before its upgrade was answered");
    answer.append(bytes.data(), static_cast<std::size_t>(got));
  }
  if (!answer.starts_with("HTTP/1.1 101 "))
    return Refused(fmt::format("the broker answered an upgrade: {}", answer.substr(0, 500)));
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace

StreamSockets::StreamSockets()
    : poller_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBytes, '\0') {}

StreamSockets::~StreamSockets() {
  if (poller_ >= 0) ::close(poller_);
}

Outcome<std::size_t> StreamSockets::open(const Target& target, std::string_view path,
                                         Encoding encoding) {
  auto dialled = dial(target);
  if (!dialled) return dialled.error();
  const std::size_t number = sockets_.size();
  Link& link = sockets_.emplace_back(Socket{*std::move(dialled), {}, {}}).link;
  watch(poller_, link.socket(), number, EPOLLIN, EPOLL_CTL_ADD);
  const std::string request = upgrade_request(target, path, encoding);
  if (link.send(request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
    return broken("its upgrade could not be written");
  }
  auto behind = read_upgrade(link);
  if (!behind) return behind.error();
  sockets_[number].in = *std::move(behind);
  return number;
}

void StreamSockets::mute(std::size_t socket) {
  watch(poller_, sockets_[socket].link.socket(), socket, 0, EPOLL_CTL_DEL);
}

Outcome<Done> StreamSockets::send(std::size_t number, std::string_view frame) {
  Socket& socket = sockets_[number];
  if (socket.out.empty()) {
    const ssize_t wrote = socket.link.send(frame.data(), frame.size());
    if (wrote < 0 && errno != EAGAIN && errno != EINTR) return broken(std::strerror(errno));
    if (wrote > 0) frame.remove_prefix(static_cast<std::size_t>(wrote));
    if (frame.empty()) return Done{};
    watch(poller_, socket.link.socket(), number, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  }
  socket.out.append(frame);
  return Done{};
}

Outcome<Done> StreamSockets::flush(std::size_t number) {
  Socket& socket = sockets_[number];
  const ssize_t wrote = socket.link.send(socket.out.data(), socket.out.size());
  if (wrote < 0 && errno != EAGAIN && errno != EINTR) return broken(std::strerror(errno));
  if (wrote > 0) socket.out.erase(0, static_cast<std::size_t>(wrote));
  if (socket.out.empty()) watch(poller_, socket.link.socket(), number, EPOLLIN, EPOLL_CTL_MOD);
  return Done{};
}

Outcome<Done> StreamSockets::turn(std::chrono::nanoseconds patience, const Heard& heard) {
  using namespace std::chrono_literals;
  std::array<epoll_event, kEventsARound> events;
  const timespec timeout{patience / 1s, (patience % 1s).count()};
  const int count = ::epoll_pwait2(poller_, events.data(), events.size(), &timeout, nullptr);
  if (count < 0 && errno != EINTR) return broken(std::strerror(errno));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto number = static_cast<std::size_t>(event.data.u64);
    if ((event.events & EPOLLOUT) != 0) {
      if (auto flushed = flush(number); !flushed) return flushed;
    }
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      if (auto got = read(number, heard); !got) return got;
    }
  }
  return Done{};
}

Outcome<Done> StreamSockets::read(std::size_t number, const Heard& heard) {
  do {
    Link& link = sockets_[number].link;
    const ssize_t got = link.recv(buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Done{};
    if (got <= 0) return broken(got == 0 ? "closed by the broker" : std::strerror(errno));
    const std::string_view fresh(buffer_.data(), static_cast<std::size_t>(got));
    if (auto taken = take(number, fresh, heard); !taken) return taken;
  } while (sockets_[number].link.holds_more());
  return Done{};
}

Outcome<Done> StreamSockets::take(std::size_t number, std::string_view fresh, const Heard& heard) {
  Socket& socket = sockets_[number];
  if (socket.in.empty()) {
    const auto used = cut(number, fresh, heard);
    if (!used) return used.error();
    socket.in = fresh.substr(*used);
    return Done{};
  }
  socket.in.append(fresh);
  const auto used = cut(number, socket.in, heard);
  if (!used) return used.error();
  socket.in.erase(0, *used);
  return Done{};
}

// How many bytes at the front were whole frames.
Outcome<std::size_t> StreamSockets::cut(std::size_t number, std::string_view bytes,
                                        const Heard& heard) {
  std::size_t at = 0;
  while (const auto header = http::ws::parse_frame_header(bytes.substr(at))) {
    if (bytes.size() - at - header->size < header->length) break;
    const std::string_view payload = bytes.substr(at + header->size, header->length);
    at += header->size + payload.size();
    if (header->opcode == static_cast<std::uint8_t>(Opcode::close))
      return broken(
          fmt::format("closed by the broker: {}", payload.size() > 2 ? payload.substr(2) : ""));
    if (header->opcode == static_cast<std::uint8_t>(Opcode::ping)) {
      const std::string pong = client_frame(static_cast<std::uint8_t>(Opcode::pong), payload);
      if (auto sent = send(number, pong); !sent) return sent.error();
      continue;
    }
    if (auto done = heard(number, payload); !done) return done.error();
  }
  return at;
}

}  // namespace twofold::bench
