#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/clock.h"
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
///   Without keys nothing is asked for: any credentials or none. With keys every request must carry
///   a signature that one of them makes.
///   A key that is not known costs the same work as one that is.
///   A proxy may have changed the Host that the client signed. Before a signature is refused it is
///   tried with X-Forwarded-Host (if the broker answers to that name) and with the configured
///   names, each with the port of the Host field, of X-Forwarded-Port, and without one.
/// Threads  any. Holds the derived keys of the last days and regions, kDerivedMax of them.
/// Errors   those of sigv4.h; unrecognized_client; invalid_signature.
class Authenticator {
 public:
  static constexpr std::size_t kDerivedMax = 1'024;

  /// `options` outlives this.
  explicit Authenticator(const ServerOptions& options);

  bool required() const { return !keys_.empty(); }
  /// Views into the request and the options. Requires required().
  Outcome<Caller> check(const Head& head, const Target& target, std::string_view body,
                        engine::WallTime now) const;

 private:
  SigningKey derived(const AccessKey& key, const Signature& signature) const;
  std::vector<std::string> hosts_of(const Head& head) const;

  const ServerOptions& options_;
  std::map<std::string_view, const AccessKey*, std::less<>> keys_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, SigningKey> derived_;  // by id, date and region
};

}  // namespace twofold::http::sqs
