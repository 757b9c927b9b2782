#include "http/tls.h"

#include <ctime>
#include <utility>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "http/socket_bio.h"

namespace twofold::http {
namespace {

using engine::Errc;
using engine::Error;
using engine::Result;

struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using UniqueCertificate = std::unique_ptr<X509, X509Free>;
using UniqueKey = std::unique_ptr<EVP_PKEY, X509Free>;
using UniqueBio = std::unique_ptr<BIO, X509Free>;

// Of TLS 1.2; those of 1.3 are all of this kind.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view kProtocol = "\x08http/1.1";  // as ALPN spells it
constexpr unsigned char kSessionContext[] = "twofold";

UniqueBio bio_of(const std::string& text) {
  return UniqueBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a passphrase is refused: there is nobody to ask for it.
int no_passphrase(char*, int, int, void*) { return -1; }

std::string text_of(const X509_NAME* name) {
  const UniqueBio out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

CertificateInfo info_of(const X509* certificate) {
  CertificateInfo info;
  info.subject = text_of(X509_get_subject_name(certificate));
  const ASN1_TIME* const end = X509_get0_notAfter(certificate);
  const UniqueBio out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(out.get(), end);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  if (size > 0) info.until.assign(bytes, static_cast<std::size_t>(size));
  std::tm parts{};
  if (ASN1_TIME_to_tm(end, &parts) == 1) info.until_unix = ::timegm(&parts);
  info.expired = X509_cmp_current_time(end) < 0;
  info.not_yet = X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0;
  return info;
}

Error wrong(const std::string& what, std::string why, std::string hint) {
  ERR_clear_error();
  return Error(Errc::invalid_request, what + ": " + std::move(why), std::move(hint));
}

UniqueCertificate next_certificate(BIO* from) {
  return UniqueCertificate(PEM_read_bio_X509(from, nullptr, &no_passphrase, nullptr));
}

Result<CertificateInfo> use_certificate(SSL_CTX* context, const TlsMaterial& material) {
  const UniqueBio text = bio_of(material.certificate);
  const UniqueCertificate own = next_certificate(text.get());
  if (!own) {
    return wrong(material.certificate_name, "holds no certificate in PEM (" + ssl_reason() + ")",
                 "it begins with -----BEGIN CERTIFICATE-----; openssl x509 converts other forms");
  }
  if (SSL_CTX_use_certificate(context, own.get()) != 1) {
    return wrong(material.certificate_name, "cannot be used: " + ssl_reason(),
                 "make one with a key of RSA 2048 or P-256, or more");
  }
  SSL_CTX_clear_chain_certs(context);
  while (UniqueCertificate link = next_certificate(text.get())) {
    if (SSL_CTX_add0_chain_cert(context, link.get()) == 1) static_cast<void>(link.release());
  }
  ERR_clear_error();  // the end of the text
  return info_of(own.get());
}

Result<> use_key(SSL_CTX* context, const TlsMaterial& material) {
  const UniqueBio text = bio_of(material.key);
  const UniqueKey key(PEM_read_bio_PrivateKey(text.get(), nullptr, &no_passphrase, nullptr));
  if (!key) {
    const bool locked = material.key.find("ENCRYPTED") != std::string::npos;
    if (locked) {
      return wrong(material.key_name, "has a passphrase, and there is nobody to ask for it",
                   "write it without one, with openssl pkey, and let only its owner read it");
    }
    return wrong(material.key_name, "holds no private key in PEM (" + ssl_reason() + ")",
                 "it begins with -----BEGIN PRIVATE KEY-----");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return wrong(material.key_name,
                 "does not belong to the certificate in " + material.certificate_name,
                 "take the key that the certificate was made with; the server's own certificate "
                 "comes first in its file");
  }
  return {};
}

Result<> use_client_ca(SSL_CTX* context, const TlsMaterial& material) {
  if (material.client_ca.empty()) return {};
  const UniqueBio text = bio_of(material.client_ca);
  std::size_t count = 0;
  while (const UniqueCertificate authority = next_certificate(text.get())) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
    SSL_CTX_add_client_CA(context, authority.get());
    ++count;
  }
  if (count == 0) {
    return wrong(material.client_ca_name, "holds no certificate in PEM (" + ssl_reason() + ")",
                 "name the certificate of the authority that signs those of clients");
  }
  ERR_clear_error();
  const int required = material.client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nullptr);
  return {};
}

// Who speaks HTTP/1.1, or does not say what; anybody else is told that there is nothing else.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                    unsigned int in_size, void*) {
  unsigned char* chosen = nullptr;
  const auto* const ours = reinterpret_cast<const unsigned char*>(kProtocol.data());
  const int found = SSL_select_next_proto(&chosen, size, ours,
                                          static_cast<unsigned>(kProtocol.size()), in, in_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

UniqueSslContext make_context() {
  UniqueSslContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return nullptr;
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, kCiphers);
  SSL_CTX_set_options(
      raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections hold no buffers: that is 34 KiB of each. The session writes what fits and
  // comes back with the same bytes at another place in memory.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(raw, 1);  // a record costs one call of the kernel, not two
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_alpn_select_cb(raw, &choose_protocol, nullptr);
  return context;
}

std::string text_of(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

// A NUL in a name was once enough to be taken for somebody else.
void add_name(std::vector<std::string>& names, std::string_view kind, const ASN1_STRING* value) {
  std::string text = text_of(value);
  if (text.empty() || text.find('\0') != std::string::npos) return;
  names.push_back(std::string(kind).append(text));
}

}  // namespace

void SslFree::operator()(ssl_st* ssl) const { SSL_free(ssl); }
void SslFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<std::shared_ptr<Tls>> Tls::open(const TlsMaterial& material) {
  std::shared_ptr<Tls> tls(new Tls);
  if (auto taken = tls->take(material); !taken) return taken.error();
  return tls;
}

Result<> Tls::take(const TlsMaterial& material) {
  UniqueSslContext context = make_context();
  if (!context) return wrong("TLS", "cannot be set up: " + ssl_reason(), "");
  auto info = use_certificate(context.get(), material);
  if (!info) return info.error();
  if (auto used = use_key(context.get(), material); !used) return used;
  if (auto used = use_client_ca(context.get(), material); !used) return used;
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);  // whoever shakes hands holds on to the one before
  info_ = *std::move(info);
  return {};
}

UniqueSsl Tls::begin(int socket) const {
  UniqueSsl ssl;
  {
    const std::lock_guard lock(mutex_);
    ssl.reset(SSL_new(context_.get()));
  }
  if (!ssl || !attach_socket(ssl.get(), socket)) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_accept_state(ssl.get());
  return ssl;
}

CertificateInfo Tls::certificate() const {
  const std::lock_guard lock(mutex_);
  return info_;
}

void Tls::append_metrics(const Tls* tls, metrics::Text& out) {
  if (out.begin("twofold_tls_handshakes_total") && tls) {
    out.value(metrics::Labels("result", "ok"), tls->done_.load());
    out.value(metrics::Labels("result", "failed"), tls->failed_.load());
  }
  if (out.begin("twofold_tls_certificate_not_after_seconds") && tls) {
    out.value(metrics::Labels(), static_cast<double>(tls->certificate().until_unix));
  }
}

std::unique_ptr<const ClientCertificate> client_certificate(ssl_st* ssl) {
  const X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return nullptr;
  auto client = std::make_unique<ClientCertificate>();
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  client->subject = text_of(subject);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) {
    std::string name = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (name.find('\0') == std::string::npos) client->common_name = std::move(name);
  }
  const std::unique_ptr<GENERAL_NAMES, X509Free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) add_name(client->names, "DNS:", name->d.dNSName);
    if (name->type == GEN_URI) add_name(client->names, "URI:", name->d.uniformResourceIdentifier);
  }
  return client;
}

std::string ssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "nothing more is known";
  const char* const reason = ERR_reason_error_string(code);
  return reason == nullptr ? "error " + std::to_string(code) : reason;
}

}  // namespace twofold::http
