// How a connection begins when the port speaks TLS, and what is said to who does not speak it.
#include "engine/base/diag.h"
#include "http/connection_fields.h"
#include "http/seldom.h"
#include "http/session.h"

namespace twofold::http {

namespace asio = boost::asio;
using engine::DiagLevel;
using engine::kAwait;

namespace {

constexpr std::string_view kUseHttps =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 70\r\nConnection: close\r\n\r\n"
    "This port speaks HTTPS. Use https:// in the URL in the place of http:\n";
constexpr char kHandshakeRecord = 0x16;
constexpr auto kHandshakeTime = std::chrono::seconds{5};

// Of the whole process: how often the log hears of what clients do wrong.
Seldom& complaints() {
  static Seldom seldom;
  return seldom;
}

std::string address_of(const Wire& wire) {
  const std::string address = wire.address();
  return address.empty() ? std::string("unknown") : address;
}

}  // namespace

// False when there is nothing to go on with. The place of a handshake is given back in any case.
Task<bool> Session::shake_hands() {
  enter_phase(Phase::handshake, kHandshakeTime);
  if (!wire_.begin_tls(*tls_)) {
    abort_ = true;
    co_return false;
  }
  tls_->began();
  Wire::Shaken shaken = wire_.shake_hands();
  while (shaken == Wire::Shaken::wants_read || shaken == Wire::Shaken::wants_write) {
    const auto what =
        shaken == Wire::Shaken::wants_read ? Wire::Socket::wait_read : Wire::Socket::wait_write;
    const auto [failed] = co_await wire_.socket().async_wait(what, kAwait);
    if (failed) {
      abort_ = true;
      break;
    }
    shaken = wire_.shake_hands();
  }
  tls_->ended(shaken == Wire::Shaken::done);
  if (shaken == Wire::Shaken::done) {
    client_certificate_ = wire_.client();
    shaken_ = true;
    static_cast<void>(is_stranger());
    co_return true;
  }
  if (shaken == Wire::Shaken::not_tls) refuse_http();
  if (shaken == Wire::Shaken::failed) handshake_failed();
  co_return false;
}

void Session::handshake_failed() {
  const auto times = complaints().again(lane_.now());
  if (!times) return;
  engine::diag(
      DiagLevel::info, "http", "a TLS handshake failed",
      {
          {"from",  address_of(wire_)     },
          {"why",   wire_.why()           },
          {"times", std::to_string(*times)}
  });
}

// Somebody has left out an s: the socket is still free of TLS, so it can be told.
void Session::refuse_http() {
  boost::system::error_code ignored;
  wire_.socket().write_some(asio::buffer(kUseHttps), ignored);
  const auto times = complaints().again(lane_.now());
  if (!times) return;
  engine::diag(DiagLevel::info, "http", "a client speaks plain HTTP to a port that speaks HTTPS",
               {
                   {"from",  address_of(wire_)     },
                   {"times", std::to_string(*times)}
  });
}

// Behind those of the client; they last as long as the connection.
void Session::add_connection_fields() {
  auto& fields = call_.head.fields;
  fields.push_back({kSchemeField, "https"});
  if (!client_certificate_) return;
  fields.push_back({kClientSubjectField, client_certificate_->subject});
  if (!client_certificate_->common_name.empty())
    fields.push_back({kClientCommonNameField, client_certificate_->common_name});
  for (const std::string& name : client_certificate_->names)
    fields.push_back({kClientNameField, name});
}

bool Session::begins_like_tls() const {
  return *static_cast<const char*>(in_.data().data()) == kHandshakeRecord && !wire_.is_secure();
}

void Session::refuse_tls() {
  abort_ = true;
  lane_.metrics.heads_refused.add();
  const auto times = complaints().again(lane_.now());
  if (!times) return;
  engine::diag(DiagLevel::info, "http", "a client speaks TLS to a port that speaks plain HTTP",
               {
                   {"from",  address_of(wire_)                                    },
                   {"times", std::to_string(*times)                               },
                   {"hint",  "use http:// in its URL, or set tls.cert and tls.key"}
  });
}

}  // namespace twofold::http
