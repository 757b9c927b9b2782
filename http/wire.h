#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <sys/uio.h>

#include "http/tls.h"

namespace twofold::http {

/// The bytes of one connection: those of its socket, or what TLS makes of them. One type for both,
/// so that whatever speaks over it is compiled once; without TLS it costs a branch.
///
/// TLS runs on the socket itself, without a buffer in between: an idle connection holds what
/// OpenSSL needs to go on, and no more. It is driven by readiness, as everything here is.
///
/// read_some() and write_some() never block: `would_block` says that nothing could be done, and
/// async_wait() tells when to try again. After a write that would block the same bytes come next,
/// and at least as many. `eof` is the end that the client has meant; with TLS that is its
/// close_notify, and a connection that ends without one has failed. Threads  the lane's.
class Wire {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using ErrorCode = boost::system::error_code;
  enum class Shaken { done, wants_read, wants_write, not_tls, failed };
  enum class Seen { nothing, bytes, gone };

  explicit Wire(Socket socket) : socket_(std::move(socket)) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// For waiting, options and cancelling; what is read and written goes through the wire.
  Socket& socket() { return socket_; }
  const Socket& socket() const { return socket_; }
  bool is_secure() const { return ssl_ != nullptr; }

  /// Speaks TLS from here on, once shake_hands() is done. False: out of memory.
  bool begin_tls(const Tls& tls);
  /// One step. `not_tls`: the client has begun to speak HTTP, and nothing of it was read.
  /// `failed`: why() says it; the client was told, as far as TLS has words for it.
  Shaken shake_hands();
  const std::string& why() const { return why_; }
  /// Of the client, after the handshake; null without one.
  std::unique_ptr<const ClientCertificate> client() const;

  template <class Buffers>
  std::size_t read_some(const Buffers& into, ErrorCode& error) {
    if (!ssl_) [[likely]]
      return socket_.read_some(into, error);
    std::size_t got = 0;
    for (auto at = boost::asio::buffer_sequence_begin(into);
         at != boost::asio::buffer_sequence_end(into); ++at) {
      const boost::asio::mutable_buffer room(*at);
      const std::size_t more = decrypt(room, error);
      got += more;
      if (more < room.size() || error) break;
    }
    if (got > 0) error = {};
    return got;
  }

  template <class Buffers>
  std::size_t write_some(const Buffers& from, ErrorCode& error) {
    if (!ssl_) [[likely]]
      return socket_.write_some(from, error);
    for (auto at = boost::asio::buffer_sequence_begin(from);
         at != boost::asio::buffer_sequence_end(from); ++at) {
      const boost::asio::const_buffer bytes(*at);
      if (bytes.size() > 0) return encrypt(bytes, error);
    }
    return 0;
  }

  /// Everything that goes out now, in order; -1 when the connection has failed.
  std::ptrdiff_t send(std::span<iovec> pieces);

  /// As asio's: ends once there are bytes, or with an error.
  template <class Token>
  auto async_read_some(boost::asio::mutable_buffer into, Token&& token) {
    auto begin = [this, into](auto handler) {
      if (!ssl_) [[likely]]
        return socket_.async_read_some(into, std::move(handler));
      if (drained_) return read_later(into, std::move(handler));
      ErrorCode error;
      const std::size_t bytes = read_some(into, error);
      if (error == boost::asio::error::would_block) return read_later(into, std::move(handler));
      boost::asio::post(socket_.get_executor(),
                        [handler = std::move(handler), error, bytes]() mutable {
                          std::move(handler)(error, bytes);
                        });
    };
    return boost::asio::async_initiate<Token, void(ErrorCode, std::size_t)>(std::move(begin),
                                                                            token);
  }

  /// Until there is something to read, which TLS may hold already. `handler` is called with an
  /// error.
  template <class Handler>
  void when_readable(Handler handler) {
    if (!drained_) {
      return boost::asio::post(socket_.get_executor(),
                               [handler = std::move(handler)]() mutable { handler(ErrorCode()); });
    }
    socket_.async_wait(Socket::wait_read, std::move(handler));
  }

  /// Of the other side, without its port; empty when it has gone.
  std::string address() const;
  /// Ends what is waited for with an error; the connection stays.
  void cancel();
  /// What a read would find, without taking it.
  Seen look();
  /// No more will be sent; the client hears that this is the end.
  void shutdown_send();
  /// Closes; a client that has said its goodbye is answered.
  void close();
  /// Closes in the middle of whatever is under way, which hears of it as an error. The number of
  /// the socket may be somebody else's at once: nothing touches it any more.
  void cut();

 private:
  template <class Handler>
  void read_later(boost::asio::mutable_buffer into, Handler handler) {
    auto ready = [this, into, handler = std::move(handler)](ErrorCode error) mutable {
      if (error) return std::move(handler)(error, std::size_t{0});
      const std::size_t bytes = read_some(into, error);
      if (error == boost::asio::error::would_block) return read_later(into, std::move(handler));
      std::move(handler)(error, bytes);
    };
    socket_.async_wait(Socket::wait_read, std::move(ready));
  }

  bool is_open() const { return !failed_ && socket_.is_open(); }
  std::size_t decrypt(boost::asio::mutable_buffer into, ErrorCode& error);
  std::size_t encrypt(boost::asio::const_buffer from, ErrorCode& error);
  std::ptrdiff_t send_encrypted(std::span<const iovec> pieces);
  ErrorCode judge(int result);
  bool begins_like_http(bool& early);

  Socket socket_;
  UniqueSsl ssl_;
  std::string why_;
  bool drained_ = true;   // TLS holds nothing that was not read yet
  bool shaking_ = false;  // the first byte was seen to be no HTTP
  bool failed_ = false;   // nothing can be said any more
};

}  // namespace twofold::http
