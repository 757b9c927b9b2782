// The one file of the command line that sees Beast.
#include "src/cli/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include "src/cli/interrupt.h"
#include "src/net/tls_stream.h"

namespace twofold::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint64_t kResponseBytesMax = std::uint64_t{1} << 30;
constexpr std::chrono::milliseconds kSignalCheck{100};

Failure cannot_connect(const Endpoint& endpoint, const error_code& error) {
  return Failure(
      ExitCode::cannot_connect,
      fmt::format("cannot connect to {}: {}", endpoint.url(), error.message()),
      "is the broker running? start one with: twofold serve, or name another with -s URL");
}

}  // namespace

// Asynchronous operations driven to their end one at a time: that is how a blocking call gets a
// deadline and notices a signal.
class HttpClient::Connection {
 public:
  explicit Connection(const Endpoint& endpoint) : endpoint_(endpoint), stream_(io_) {}

  Tried<> open(std::chrono::milliseconds timeout) {
    error_code error;
    asio::ip::tcp::resolver resolver(io_);
    const auto addresses = resolver.resolve(endpoint_.host, endpoint_.port, error);
    if (error) return cannot_connect(endpoint_, error);
    stream_.expires_after(timeout);
    bool done = false;
    stream_.async_connect(addresses, [&](error_code e, const asio::ip::tcp::endpoint&) {
      error = e;
      done = true;
    });
    if (const auto signal = drive(done)) return Failure::silent(*signal);
    if (error) return cannot_connect(endpoint_, error);
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
    if (endpoint_.secure) return shake_hands();
    return Done{};
  }

  // The broker closes idle connections; its FIN is waiting in the socket when we come back.
  bool still_open() {
    char byte = 0;
    const auto got = ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  Tried<HttpResponse> exchange(http::request<http::string_body>& request,
                               std::chrono::milliseconds timeout) {
    return tls_ ? exchange(tls_->stream, request, timeout) : exchange(stream_, request, timeout);
  }

  bool keep_alive() const { return keep_alive_; }

 private:
  Tried<> shake_hands() {
    auto context = client_context(endpoint_.tls);
    if (!context) return usage(context.error().why);
    tls_ = std::make_unique<TlsStream>(stream_, *std::move(context));
    ssl_st* const ssl = tls_->stream.native_handle();
    expect_host(ssl, endpoint_.host);
    error_code error;
    bool done = false;
    tls_->stream.async_handshake(asio::ssl::stream_base::client, [&](error_code e) {
      error = e;
      done = true;
    });
    if (const auto signal = drive(done)) return Failure::silent(*signal);
    if (!error) return Done{};
    return not_trusted(error);
  }

  Failure not_trusted(const error_code& error) const {
    const bool in_time = error != beast::error::timeout;
    const long verified = SSL_get_verify_result(tls_->stream.native_handle());
    std::string why =
        verified == X509_V_OK ? error.message() : X509_verify_cert_error_string(verified);
    Failure failure(in_time ? ExitCode::cannot_connect : ExitCode::timed_out,
                    fmt::format("cannot speak TLS with {}: {}", endpoint_.url(), why));
    failure.hint = verified == X509_V_OK
                       ? "does this port speak https? for plain HTTP use http:// in the URL"
                       : "name who has signed its certificate with --ca FILE, or set TWOFOLD_CA";
    return failure;
  }

  template <class Stream>
  Tried<HttpResponse> exchange(Stream& stream, http::request<http::string_body>& request,
                               std::chrono::milliseconds timeout) {
    stream_.expires_after(timeout);
    error_code error;
    bool done = false;
    http::async_write(stream, request, [&](error_code e, std::size_t) {
      error = e;
      done = true;
    });
    if (const auto signal = drive(done)) return Failure::silent(*signal);
    // A broker that refuses a body early answers before it has read it all: still read the answer.
    const bool worth_reading =
        !error || error == asio::error::broken_pipe || error == asio::error::connection_reset;
    if (!worth_reading) return broken(error, timeout);

    http::response_parser<http::string_body> parser;
    parser.body_limit(kResponseBytesMax);
    if (request.method() == http::verb::head) parser.skip(true);
    done = false;
    http::async_read(stream, buffer_, parser, [&](error_code e, std::size_t) {
      error = e;
      done = true;
    });
    if (const auto signal = drive(done)) return Failure::silent(*signal);
    if (error) return broken(error, timeout);

    auto& message = parser.get();
    keep_alive_ = message.keep_alive();
    HttpResponse response;
    response.status = static_cast<int>(message.result_int());
    response.content_type = std::string(message[http::field::content_type]);
    response.body = std::move(message.body());
    return response;
  }

  std::optional<ExitCode> drive(const bool& done) {
    io_.restart();
    while (!done) {
      io_.run_one_for(kSignalCheck);
      if (done || !interrupted()) continue;
      stream_.close();
      while (!done) io_.run_one();
      return interrupted();
    }
    return std::nullopt;
  }

  Failure broken(const error_code& error, std::chrono::milliseconds timeout) const {
    if (error == beast::error::timeout) {
      return Failure(
          ExitCode::timed_out,
          fmt::format("no answer from {} within {} ms", endpoint_.url(), timeout.count()),
          "give it more time with --timeout 30s");
    }
    Failure failure(ExitCode::failed,
                    fmt::format("connection to {} broke: {}", endpoint_.url(), error.message()),
                    "whether the request was carried out is unknown");
    if (error == http::error::bad_version || error == http::error::bad_line_ending) {
      failure.hint =
          "this port does not speak HTTP: use https:// if it speaks TLS; the broker's HTTP port "
          "is 8080 by default";
    }
    return failure;
  }

  const Endpoint& endpoint_;
  asio::io_context io_{1};
  beast::tcp_stream stream_;
  std::unique_ptr<TlsStream> tls_;
  beast::flat_buffer buffer_;
  bool keep_alive_ = true;
};

HttpClient::HttpClient(Endpoint endpoint, std::string token)
    : endpoint_(std::move(endpoint)), token_(std::move(token)) {}

HttpClient::~HttpClient() = default;

Tried<HttpResponse> HttpClient::send(const HttpRequest& request) {
  if (connection_ && !connection_->still_open()) connection_.reset();
  if (!connection_) {
    connection_ = std::make_unique<Connection>(endpoint_);
    if (auto opened = connection_->open(request.timeout); !opened) {
      connection_.reset();
      return opened.error();
    }
  }
  http::request<http::string_body> wire;
  wire.version(11);
  wire.method_string(request.method);
  wire.target(request.target);
  wire.set(http::field::host, endpoint_.authority());
  wire.set(http::field::user_agent, "twofold-cli");
  if (!token_.empty()) wire.set(http::field::authorization, "Bearer " + token_);
  if (!endpoint_.name_space.empty()) wire.set("Twofold-Namespace", endpoint_.name_space);
  for (const auto& [name, value] : request.headers) wire.set(name, value);
  if (!request.body.empty()) wire.set(http::field::content_type, request.content_type);
  wire.body() = request.body;
  wire.prepare_payload();

  auto response = connection_->exchange(wire, request.timeout);
  // What our own port says, and that of some others, before it closes.
  if (response && response->status == 400 && !endpoint_.secure &&
      response->content_type.starts_with("text/") &&
      response->body.find("HTTPS") != std::string::npos) {
    response = Failure(ExitCode::cannot_connect, fmt::format("{} speaks TLS", endpoint_.url()),
                       "use https:// in the URL");
  }
  if (!response || !connection_->keep_alive()) connection_.reset();
  return response;
}

}  // namespace twofold::cli
