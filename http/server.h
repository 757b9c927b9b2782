#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "engine/base/error.h"
#include "engine/base/unique_function.h"
#include "http/broker.h"
#include "http/metrics.h"

namespace twofold::http {

/// The HTTP port: accepts connections and spreads them over the I/O threads.
///
///   Server server(broker, {&context}, options);
///   server.listen("127.0.0.1", 8080);        // Error: io, with what the system said
///   ... run the contexts, each on one thread; recovery may go on behind ...
///   server.drain(done);                      // SIGTERM: see below
///   server.stop();                           // out of time: cuts what is left
///
/// drain() closes the listener, answers long polls empty and every later answer with
/// `Connection: close`, ends idle connections except those that hold messages to settle, and calls
/// `done` on the first context's thread once no connection is left.
/// Threads  construct and listen() before the contexts run, or on the first one's thread; drain(),
///          stop() and port() from any. Destroy after the contexts have stopped running.
class Server {
 public:
  Server(Broker& broker, std::vector<boost::asio::io_context*> contexts, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  engine::Result<> listen(const std::string& address, std::uint16_t port);
  /// The port that is listened on, also when 0 was asked for.
  std::uint16_t port() const;

  void drain(engine::UniqueFunction<void()> done);
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace twofold::http
