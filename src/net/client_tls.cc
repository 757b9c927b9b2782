#include "src/net/client_tls.h"

#include <array>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace twofold {
namespace {

// Where systems keep their authorities. OpenSSL knows one of these places: that of the system it
// was built for, which need not be the one that runs us.
constexpr std::array kBundles = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

Refused unusable(std::string_view what, const std::string& file) {
  if (::access(file.c_str(), R_OK) != 0) {
    ERR_clear_error();
    return Refused(fmt::format("{}: cannot read {}", what, file));
  }
  return Refused(fmt::format("{}: {}: {}", what, file, http::ssl_reason()));
}

void trust_the_system(SSL_CTX* context) {
  SSL_CTX_set_default_verify_paths(context);
  for (const char* const bundle : kBundles) {
    if (::access(bundle, R_OK) != 0) continue;
    SSL_CTX_load_verify_file(context, bundle);
    break;
  }
  ERR_clear_error();
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed;
  return ::inet_pton(AF_INET, host.c_str(), parsed.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), parsed.data()) == 1;
}

}  // namespace

Outcome<http::UniqueSslContext> client_context(const ClientTls& tls) {
  http::UniqueSslContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Refused("TLS cannot be set up: " + http::ssl_reason());
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_verify(raw, tls.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  if (tls.ca.empty()) {
    trust_the_system(raw);
  } else if (SSL_CTX_load_verify_file(raw, tls.ca.c_str()) != 1) {
    return unusable("the certificate of the authority", tls.ca);
  }
  if (tls.certificate.empty() != tls.key.empty()) {
    return Refused(
        "the certificate of a client and its key belong together: --client-cert and --client-key");
  }
  if (tls.certificate.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(raw, tls.certificate.c_str()) != 1) {
    return unusable("the certificate of this client", tls.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(raw, tls.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unusable("the key of this client", tls.key);
  }
  return context;
}

void expect_host(ssl_st* ssl, const std::string& host) {
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  SSL_set_tlsext_host_name(ssl, host.c_str());
  SSL_set1_host(ssl, host.c_str());
}

std::string handshake_reason(ssl_st* ssl) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified == X509_V_OK) return http::ssl_reason();
  ERR_clear_error();
  return fmt::format("the server's certificate is not trusted: {}",
                     X509_verify_cert_error_string(verified));
}

}  // namespace twofold
