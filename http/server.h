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
#include "http/route.h"
#include "http/tls.h"

namespace twofold::http {

/// What to do where the system does not let an address be listened on, by its errno; empty: nothing
/// that is not in its words.
std::string listen_hint(int error);

/// Takes the address without listening on it: until Server::listen() connections are refused, so
/// nobody waits for an answer that nobody can give yet. Port 0 takes a free one.
/// Error: io, with what the system said.
engine::Result<boost::asio::ip::tcp::acceptor> take_address(boost::asio::io_context& context,
                                                            const std::string& address,
                                                            std::uint16_t port);

/// The HTTP port, or several that serve the same, but for what is kept for operators: accepts
/// connections and spreads them over the I/O threads.
///
///   auto taken = take_address(context, "127.0.0.1", 8080);   // before the data is touched
///   Server server(broker, {&context}, options);
///   ... recover ...
///   server.listen(*std::move(taken));        // from here on clients connect, and wait;
///                                            // once more for every further address
///   server.begin();                          // now they are accepted
///   ... run the contexts, each on one thread ...
///   server.drain(settling, done);            // SIGTERM: see below
///   server.stop();                           // out of time: cuts what is left
///
/// With `tls` every address speaks HTTPS.
///
/// drain() closes the listeners, answers long polls empty, and calls `done` on the first context's
/// thread once no connection is left. While clients settle all connections stay: who holds messages
/// does so on any connection of his pool, and cannot open another. That lasts until end_settling();
/// then, and from the start where there is nothing to settle, idle connections close, and answers
/// carry `Connection: close`. Who has not finished asking, or reading, a second after
/// ServerOptions::settle_time is cut.
/// Before begin() the contexts hold nothing of the server: one that cannot listen everywhere may go
/// with contexts that never ran.
/// Threads  construct, listen() and begin() before the contexts run, or on the first one's thread;
///          drain(), end_settling(), stop() and port() from any. Destroy after the contexts have stopped running.
class Server {
 public:
  Server(Broker& broker, std::vector<boost::asio::io_context*> contexts, ServerOptions options,
         std::shared_ptr<Tls> tls = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// `taken` belongs to the first context. Answers the port that is listened on, also when 0 was
  /// asked for. Error: io.
  engine::Result<std::uint16_t> listen(boost::asio::ip::tcp::acceptor taken,
                                       Listener listener = Listener::full);
  /// Once, after the last listen().
  void begin();
  /// Of the first address; 0 before listen().
  std::uint16_t port() const;
  /// How many there are now. Any thread.
  std::size_t connections() const;

  /// `settling`: connections stay until end_settling().
  void drain(bool settling, engine::UniqueFunction<void()> done);
  void end_settling();
  /// Connections over which messages or records were consumed or settled, or can be. Any thread.
  std::size_t consumers() const;
  /// Connections whose last answer had records of a topic, given less than ServerOptions::settle_time
  /// ago: what was read may still be committed. Any thread.
  std::size_t readers() const;
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace twofold::http
