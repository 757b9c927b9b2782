#include "http/socket_bio.h"

#include <cerrno>
#include <cstdint>

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace twofold::http {
namespace {

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool comes_later(ssize_t done) {
  return done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  const ssize_t done = ::send(socket_of(bio), bytes, size, MSG_NOSIGNAL);
  BIO_clear_retry_flags(bio);
  if (comes_later(done)) BIO_set_retry_write(bio);
  *written = done > 0 ? static_cast<std::size_t>(done) : 0;
  return done > 0 ? 1 : 0;
}

int read(BIO* bio, char* bytes, std::size_t size, std::size_t* got) {
  const ssize_t done = ::recv(socket_of(bio), bytes, size, 0);
  BIO_clear_retry_flags(bio);
  if (comes_later(done)) BIO_set_retry_read(bio);
  if (done == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  *got = done > 0 ? static_cast<std::size_t>(done) : 0;
  return done > 0 ? 1 : 0;
}

long control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    // With this an end without a close_notify is told from one with it.
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default: return 0;
  }
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  if (method == nullptr) return nullptr;
  BIO_meth_set_write_ex(method, write);
  BIO_meth_set_read_ex(method, read);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

bool attach_socket(ssl_st* ssl, int socket) {
  static BIO_METHOD* const method = make_method();  // as long as the process
  BIO* const bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return false;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  return true;
}

}  // namespace twofold::http
