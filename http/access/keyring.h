#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/access/principal.h"
#include "http/access/token.h"

namespace twofold::http::access {

/// One entry of the keys file.
struct Key {
  std::string id;
  std::optional<SecretHash> hash{};  ///< of the token's secret; absent: it has no token
  std::string sqs_secret{};          ///< in clear, for signatures are made with it; empty: none
  /// Of a client certificate that tls.client_ca has signed, exactly: its subject as RFC 2253 writes
  /// it, "CN=orders,O=Example", or an alternative name, "DNS:orders.example.org". Empty: none.
  std::string certificate{};
  std::string account = "000000000000";
  std::string name_space{};  ///< empty: the default one
  std::vector<Grant> allow{};
  std::uint64_t requests_per_second = 0;  ///< 0: no limit
  std::uint64_t bytes_per_second = 0;
  std::uint64_t stored_bytes = 0;  ///< while its namespace holds as much it may not publish; 0: it may

  friend bool operator==(const Key&, const Key&) = default;
};

/// Changes a list of keys; false: there was nothing to change.
using KeyEdit = std::function<bool(std::vector<Key>&)>;

/// Everybody who may ask for something, and how they prove that it is them.
///
/// Contract
///   required()  whether anybody needs a key: from the first replace() on, also with an empty list.
///   check()     costs the same for an id that is not known, and compares in constant time.
///   replace()   puts a new list in the place of the old one. A key that is the same stays the same
///               principal; the principals of all others are marked as revoked.
///   generation  grows with every replace(): what was looked up before must be looked up again.
/// Threads  any.
class Keyring {
 public:
  struct Signer {
    PrincipalRef principal;
    std::string secret;
    std::uint64_t serial;  ///< unlike that of every key before it
  };

  bool required() const { return generation() > 0; }
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  void replace(std::vector<Key> keys);

  /// Null: it is not a token of ours.
  PrincipalRef check(const Token& token) const;
  /// Whom a client certificate stands for by one of its names; null: nobody.
  PrincipalRef certified(std::string_view name) const;
  /// Whose signatures a key id stands for; nullopt: nobody's.
  std::optional<Signer> signer(std::string_view id) const;
  /// Whether any key has a stored_bytes.
  bool has_stored_quota() const;
  /// Lets each of them publish or not, by what its namespace holds; "" is the default one.
  void judge_stored(const std::map<std::string, std::uint64_t>& held);
  /// For people: everything but the secrets.
  std::vector<Key> list() const;

 private:
  struct Entry {
    Key key;
    std::shared_ptr<Principal> principal;
    std::uint64_t serial;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  mutable std::mutex mutex_;
  Entries entries_;
  std::map<std::string, PrincipalRef, std::less<>> certified_;  // by Key::certificate
  std::uint64_t next_serial_ = 1;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace twofold::http::access
