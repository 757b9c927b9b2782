#include "src/net/http_post.h"

#include <charconv>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "src/net/tls_stream.h"

namespace twofold {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::uint64_t kAnswerBytesMax = 1 << 20;
constexpr milliseconds kLookUp{100};

// Seconds; a date is a clock that is not ours, and counts as none.
std::optional<std::chrono::seconds> seconds_in(std::string_view text) {
  std::uint32_t seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return std::chrono::seconds{seconds};
}

}  // namespace

// Asynchronous operations driven to their end one at a time: that is how a blocking call gets a
// deadline and can be given up.
class HttpPost::Connection {
 public:
  Connection(const HttpUrl& to, const std::function<bool()>& give_up)
      : to_(to), give_up_(give_up), stream_(io_) {}

  Outcome<Done> open(const ClientTls& tls, milliseconds timeout) {
    error_code error;
    asio::ip::tcp::resolver resolver(io_);
    const auto addresses = resolver.resolve(to_.host, to_.port, error);
    if (error) return Refused(error.message());
    stream_.expires_after(timeout);
    if (auto connected = drive([&](auto done) {
          stream_.async_connect(addresses, [done](error_code e, const auto&) { done(e); });
        });
        !connected) {
      return connected;
    }
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
    if (!to_.secure) return Done{};
    auto context = client_context(tls);
    if (!context) return context.error();
    tls_ = std::make_unique<TlsStream>(stream_, *std::move(context));
    expect_host(tls_->stream.native_handle(), to_.host);
    auto shaken = drive(
        [&](auto done) { tls_->stream.async_handshake(asio::ssl::stream_base::client, done); });
    if (shaken) return shaken;
    return Refused(handshake_reason(tls_->stream.native_handle()));
  }

  Outcome<Answer> exchange(const wire::request<wire::string_body>& request, milliseconds timeout,
                           const std::function<bool()>& give_up) {
    give_up_ = give_up;
    return tls_ ? exchange(tls_->stream, request, timeout) : exchange(stream_, request, timeout);
  }

  bool keep_alive() const { return keep_alive_; }

 private:
  template <class Stream>
  Outcome<Answer> exchange(Stream& stream, const wire::request<wire::string_body>& request,
                           milliseconds timeout) {
    stream_.expires_after(timeout);
    auto written = drive([&](auto done) {
      wire::async_write(stream, request, [done](error_code e, std::size_t) { done(e); });
    });
    if (!written) return written.error();
    wire::response_parser<wire::string_body> parser;
    parser.body_limit(kAnswerBytesMax);
    auto read = drive([&](auto done) {
      wire::async_read(stream, buffer_, parser, [done](error_code e, std::size_t) { done(e); });
    });
    if (!read) return read.error();
    auto& message = parser.get();
    keep_alive_ = message.keep_alive();
    Answer answer;
    answer.status = static_cast<int>(message.result_int());
    answer.retry_after = seconds_in(message[wire::field::retry_after]);
    answer.body = std::move(message.body());
    return answer;
  }

  // Starts an operation and runs it to its end, or cuts the connection.
  template <class Start>
  Outcome<Done> drive(Start start) {
    bool over = false;
    error_code error;
    io_.restart();
    start([&over, &error](error_code e) {
      error = e;
      over = true;
    });
    while (!over) {
      io_.run_one_for(kLookUp);
      if (over || !give_up_()) continue;
      stream_.close();
      while (!over) io_.run_one();
      return Refused("given up");
    }
    if (error) return Refused(error.message());
    return Done{};
  }

  const HttpUrl& to_;
  std::function<bool()> give_up_;
  asio::io_context io_{1};
  beast::tcp_stream stream_;
  std::unique_ptr<TlsStream> tls_;
  beast::flat_buffer buffer_;
  bool keep_alive_ = true;
};

HttpPost::HttpPost(HttpUrl to, ClientTls tls, Fields fields)
    : to_(std::move(to)), tls_(std::move(tls)), fields_(std::move(fields)) {}
HttpPost::~HttpPost() = default;

Outcome<HttpPost::Answer> HttpPost::send(const std::string& body, std::string_view content_type,
                                         milliseconds timeout,
                                         const std::function<bool()>& give_up) {
  wire::request<wire::string_body> request(wire::verb::post, to_.path, 11);
  request.set(wire::field::host, to_.authority());
  request.set(wire::field::user_agent, "twofold");
  request.set(wire::field::content_type, content_type);
  for (const auto& [name, value] : fields_) request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  // An idle connection may have been closed by the other side, which shows only now.
  const bool kept = connection_ != nullptr;
  for (int attempt = kept ? 0 : 1;; ++attempt) {
    if (!connection_) {
      auto made = std::make_unique<Connection>(to_, give_up);
      if (auto opened = made->open(tls_, timeout); !opened) return opened.error();
      connection_ = std::move(made);
    }
    auto answer = connection_->exchange(request, timeout, give_up);
    if (!answer || !connection_->keep_alive()) connection_.reset();
    if (answer || attempt > 0 || give_up()) return answer;
  }
}

}  // namespace twofold
