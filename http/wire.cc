#include "http/wire.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <boost/asio/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace twofold::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kRecordBytes = 16 << 10;  // as much as TLS has in one record

// Bytes written, -1 when the socket has failed.
std::ptrdiff_t send_plain(int socket, std::span<iovec> pieces) {
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  for (;;) {
    const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
  }
}

}  // namespace

bool Wire::begin_tls(const Tls& tls) {
  ssl_ = tls.begin(socket_.native_handle());
  return ssl_ != nullptr;
}

// A request line begins with a capital letter, a handshake with 0x16.
bool Wire::begins_like_http(bool& early) {
  char first = 0;
  const auto got = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  early = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return got == 1 && first >= 'A' && first <= 'Z';
}

Wire::Shaken Wire::shake_hands() {
  if (!shaking_) {
    bool early = false;
    if (begins_like_http(early)) {
      failed_ = true;
      return Shaken::not_tls;
    }
    if (early) return Shaken::wants_read;
    shaking_ = true;
  }
  if (!is_open()) return Shaken::failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  drained_ = SSL_has_pending(ssl_.get()) == 0;
  if (result == 1) return Shaken::done;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Shaken::wants_read;
    case SSL_ERROR_WANT_WRITE: return Shaken::wants_write;
    default: break;
  }
  failed_ = true;
  const long verified = SSL_get_verify_result(ssl_.get());
  why_ = ssl_reason();
  if (verified != X509_V_OK) {
    why_.append(": ").append(X509_verify_cert_error_string(verified));
  }
  return Shaken::failed;
}

std::unique_ptr<const ClientCertificate> Wire::client() const {
  return ssl_ ? client_certificate(ssl_.get()) : nullptr;
}

// What kept an operation of TLS from being done.
Wire::ErrorCode Wire::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN: return asio::error::eof;
    default: break;
  }
  failed_ = true;
  ERR_clear_error();
  return asio::error::connection_reset;
}

// Several records, if they are there: each call of OpenSSL gives one.
std::size_t Wire::decrypt(asio::mutable_buffer into, ErrorCode& error) {
  std::size_t got = 0;
  error = {};
  if (!is_open()) {
    error = asio::error::bad_descriptor;
    return got;
  }
  while (got < into.size()) {
    ERR_clear_error();
    std::size_t more = 0;
    auto* const room = static_cast<char*>(into.data()) + got;
    const int result = SSL_read_ex(ssl_.get(), room, into.size() - got, &more);
    got += more;
    if (result != 1) error = judge(result);
    drained_ =
        error == asio::error::would_block || (result == 1 && SSL_has_pending(ssl_.get()) == 0);
    if (error || drained_) break;
  }
  // Whoever reads next hears of what stopped us.
  if (got > 0) error = {};
  return got;
}

std::size_t Wire::encrypt(asio::const_buffer from, ErrorCode& error) {
  error = {};
  std::size_t written = 0;
  if (!is_open()) {
    error = asio::error::bad_descriptor;
    return written;
  }
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), from.data(), from.size(), &written);
  if (result != 1) error = judge(result);
  return written;
}

std::ptrdiff_t Wire::send(std::span<iovec> pieces) {
  if (!ssl_) return send_plain(socket_.native_handle(), pieces);
  return send_encrypted(pieces);
}

// What lies in many places goes out in as few records as can be.
std::ptrdiff_t Wire::send_encrypted(std::span<const iovec> pieces) {
  thread_local std::array<char, kRecordBytes> record;
  std::size_t sent = 0;
  std::size_t offset = 0;  // of the first piece
  while (!pieces.empty()) {
    std::size_t filled = 0;
    std::size_t skip = offset;
    for (const iovec& piece : pieces) {
      const std::size_t size = std::min(piece.iov_len - skip, record.size() - filled);
      std::memcpy(record.data() + filled, static_cast<const char*>(piece.iov_base) + skip, size);
      filled += size;
      skip = 0;
      if (filled == record.size()) break;
    }
    if (filled == 0) break;
    ErrorCode error;
    const std::size_t written = encrypt(asio::const_buffer(record.data(), filled), error);
    if (error == asio::error::would_block) break;
    if (error) return -1;
    sent += written;
    offset += written;
    while (!pieces.empty() && offset >= pieces.front().iov_len) {
      offset -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
  }
  return static_cast<std::ptrdiff_t>(sent);
}

Wire::Seen Wire::look() {
  char byte = 0;
  if (!ssl_) [[likely]] {
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) return Seen::bytes;
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? Seen::nothing : Seen::gone;
  }
  if (!is_open()) return Seen::gone;
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &got);
  drained_ = result != 1 && judge(result) == asio::error::would_block;
  if (result == 1) return Seen::bytes;
  return drained_ ? Seen::nothing : Seen::gone;
}

std::string Wire::address() const {
  ErrorCode gone;
  const auto peer = socket_.remote_endpoint(gone);
  return gone ? std::string() : peer.address().to_string();
}

void Wire::cancel() {
  ErrorCode ignored;
  socket_.cancel(ignored);
}

void Wire::shutdown_send() {
  if (ssl_ && is_open()) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Wire::cut() {
  failed_ = true;
  ErrorCode ignored;
  socket_.close(ignored);
}

void Wire::close() {
  if (ssl_ && is_open() && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace twofold::http
