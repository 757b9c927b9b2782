#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/clock.h"
#include "http/access/keyring.h"
#include "http/sqs/fault.h"
#include "http/sqs/names.h"
#include "http/sqs/options.h"
#include "http/sqs/sigv4.h"

namespace twofold::http {
struct ServerOptions;
}

namespace twofold::http::sqs {

/// Who a request is from, proved by its signature.
///
/// Contract
///   A signature counts that a key of the keyring makes, if it has a secret for that.
///   A key that is not known costs the same work as one that is.
///   A proxy may have changed the Host that the client signed. Before a signature is refused it is
///   tried with X-Forwarded-Host (if the broker answers to that name) and with the configured
///   names, each with the port of the Host field, of X-Forwarded-Port, and without one.
/// Threads  any. Holds the derived keys of the last days and regions, kDerivedMax of them.
/// Errors   those of sigv4.h; unrecognized_client; invalid_signature.
class Authenticator {
 public:
  static constexpr std::size_t kDerivedMax = 1'024;

  /// What a signature says: whose it is, and where they believe to be.
  struct Signed {
    access::PrincipalRef principal;
    std::string_view region;  ///< a view into the request
  };

  /// Both outlive this.
  Authenticator(const access::Keyring& keyring, const ServerOptions& options)
      : keyring_(keyring), options_(options) {}

  /// Whom a signature that is well made would be of, while the body that it is for is still to come.
  /// It proves nothing. Errors as of check(), but for invalid_signature by its value.
  Outcome<access::PrincipalRef> look(const Head& head, const Target& target,
                                     engine::WallTime now) const;
  Outcome<Signed> check(const Head& head, const Target& target, std::string_view body,
                        engine::WallTime now) const;

 private:
  SigningKey derived(const access::Keyring::Signer& key, const Signature& signature) const;
  std::vector<std::string> hosts_of(const Head& head) const;

  const access::Keyring& keyring_;
  const ServerOptions& options_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, SigningKey> derived_;  // by key, date and region
};

}  // namespace twofold::http::sqs
