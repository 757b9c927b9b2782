#pragma once

#include <memory>
#include <string>

#include "http/tls.h"
#include "src/config/outcome.h"

namespace twofold {

/// Whom a client trusts, and how it proves who it is. Paths of files in PEM; empty: as the system
/// has it.
struct ClientTls {
  std::string ca;           ///< instead of the authorities that the system trusts
  std::string certificate;  ///< of the client; with its key
  std::string key;
  bool insecure = false;  ///< whoever answers is believed
};

/// What sessions of clients are made from: TLS 1.2 and 1.3, the server verified unless that was
/// waived. Refuses with the file and the reason.
Outcome<http::UniqueSslContext> client_context(const ClientTls& tls);

/// Has the handshake to come ask for `host` (a name or an address) and, if the server is verified,
/// accept no other.
void expect_host(ssl_st* ssl, const std::string& host);

/// Why a handshake of a client has failed, for people.
std::string handshake_reason(ssl_st* ssl);

}  // namespace twofold
