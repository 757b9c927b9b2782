#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "http/metrics/text.h"

struct ssl_st;      // SSL
struct ssl_ctx_st;  // SSL_CTX

namespace twofold::http {

struct SslFree {
  void operator()(ssl_st* ssl) const;
  void operator()(ssl_ctx_st* context) const;
};
using UniqueSsl = std::unique_ptr<ssl_st, SslFree>;
using UniqueSslContext = std::unique_ptr<ssl_ctx_st, SslFree>;

/// Who a client is by its certificate, which one of tls.client_ca has signed.
struct ClientCertificate {
  std::string subject;      ///< as RFC 2253 writes it: "CN=orders,O=Example"
  std::string common_name;  ///< of the subject; may be empty
  std::vector<std::string>
      names;  ///< alternative ones: "DNS:orders.example.org", "URI:spiffe://x/y"
};

/// What TLS is spoken with: PEM text.
struct TlsMaterial {
  std::string certificate;      ///< the server's first, then those that lead to its authority
  std::string key;              ///< of the first
  std::string client_ca;        ///< who signs clients; empty: no client is asked for a certificate
  bool client_required = true;  ///< one without a certificate is refused; needs client_ca
  /// What these are called in errors.
  std::string certificate_name = "certificate";
  std::string key_name = "key";
  std::string client_ca_name = "client CA";
};

/// What a certificate says of itself.
struct CertificateInfo {
  std::string subject;
  std::string until;  ///< "Nov 22 21:52:20 2027 GMT"
  std::int64_t until_unix = 0;
  bool expired = false;
  bool not_yet = false;
};

/// The server's side of TLS: 1.2 and 1.3, forward secret and authenticated ciphers in the server's
/// order, ALPN http/1.1, no compression, no renegotiation. Sessions are resumed by tickets; nothing
/// is kept for a client that is gone.
///
/// take() puts another certificate in place for the handshakes to come; what is open goes on as it
/// began, and old tickets are worth nothing any more.
/// Errors   invalid_request, with the name of what is wrong; then nothing has changed.
/// Threads  any.
class Tls {
 public:
  static engine::Result<std::shared_ptr<Tls>> open(const TlsMaterial& material);
  engine::Result<> take(const TlsMaterial& material);

  /// A handshake about to begin over a non-blocking socket, as the server. Null: out of memory.
  UniqueSsl begin(int socket) const;
  CertificateInfo certificate() const;

  // What becomes of handshakes; the sessions count.
  void began() { ++under_way_; }
  void ended(bool well) {
    --under_way_;
    ++(well ? done_ : failed_);
  }
  std::size_t under_way() const { return under_way_; }
  /// Handshakes, and until when the certificate is good.
  static void append_metrics(const Tls* tls, metrics::Text& out);

 private:
  Tls() = default;

  std::atomic<std::size_t> under_way_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> failed_{0};

  mutable std::mutex mutex_;
  UniqueSslContext context_;  // guarded by mutex_, as is what follows
  CertificateInfo info_;
};

/// What the certificate of the client says that a handshake has verified; null without one.
std::unique_ptr<const ClientCertificate> client_certificate(ssl_st* ssl);

/// What OpenSSL last complained of on this thread, in its words; its memory of it is cleared.
std::string ssl_reason();

}  // namespace twofold::http
