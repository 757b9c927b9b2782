#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/bench/dial.h"
#include "src/bench/http_text.h"
#include "src/bench/payload.h"
#include "src/config/outcome.h"

namespace twofold::bench {

/// Many WebSockets driven by one thread. What comes in a message whole is seen where it was read
/// into; only what a read cut off is kept. Pings are answered; a broker that closes ends the run.
class StreamSockets {
 public:
  /// A message of a socket. `payload` is valid during the call only.
  using Heard = std::function<Outcome<Done>(std::size_t socket, std::string_view payload)>;

  StreamSockets();
  ~StreamSockets();
  StreamSockets(const StreamSockets&) = delete;
  StreamSockets& operator=(const StreamSockets&) = delete;

  /// Connects and becomes a WebSocket; sockets are numbered from 0. Waits for the answer.
  Outcome<std::size_t> open(const Target& target, std::string_view path, Encoding encoding);

  /// Never reads of it again.
  void mute(std::size_t socket);

  /// What the kernel does not take now goes out in a turn.
  Outcome<Done> send(std::size_t socket, std::string_view frame);
  std::size_t unsent(std::size_t socket) const { return sockets_[socket].out.size(); }

  /// Waits for something to do and does one round of it.
  Outcome<Done> turn(std::chrono::nanoseconds patience, const Heard& heard);

 private:
  struct Socket {
    Link link;
    std::string in;   // the start of a frame whose end was not read
    std::string out;  // not taken by the kernel
  };

  Outcome<Done> read(std::size_t number, const Heard& heard);
  Outcome<Done> take(std::size_t number, std::string_view fresh, const Heard& heard);
  Outcome<std::size_t> cut(std::size_t number, std::string_view bytes, const Heard& heard);
  Outcome<Done> flush(std::size_t number);

  int poller_;
  std::vector<Socket> sockets_;
  std::string buffer_;
};

}  // namespace twofold::bench
