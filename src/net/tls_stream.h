#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "src/net/client_tls.h"

namespace twofold {

/// A client's TLS over a socket that is connected already, which must outlive it. Threads: one.
struct TlsStream {
  TlsStream(boost::beast::tcp_stream& below, http::UniqueSslContext made)
      : context(made.release()), stream(below, context) {}

  boost::asio::ssl::context context;
  boost::asio::ssl::stream<boost::beast::tcp_stream&> stream;
};

}  // namespace twofold
