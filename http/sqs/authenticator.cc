#include "http/sqs/authenticator.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/broker.h"
#include "http/gate.h"

namespace twofold::http::sqs {
namespace {

using access::Keyring;

// Signed with in the place of a key that nobody has: no serial is 0.
const Keyring::Signer& decoy() {
  static const Keyring::Signer key{nullptr, "no such key, and the same work as for any other", 0};
  return key;
}

std::string_view first_of_list(std::string_view list) {
  list = list.substr(0, list.find(','));
  while (list.ends_with(' ')) list.remove_suffix(1);
  return list;
}

bool has_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  return colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
}

// ":8080", or nothing.
std::string_view port_of(std::string_view host) {
  return has_port(host) ? host.substr(host.rfind(':')) : std::string_view();
}

// Everything that can be said of a signature without the body that was signed.
Outcome<Signature> read_all(const Head& head, const Target& target, engine::WallTime now) {
  auto signature = read_signature(head, target);
  if (!signature) return signature;
  if (auto scope = check_scope(*signature, now); !scope) return scope.fault();
  if (auto all = check_signed_headers(*signature, head); !all) return all.fault();
  return signature;
}

Fault unknown_key() {
  return {Code::unrecognized_client, "The security token included in the request is invalid."};
}

Fault wrong_signature() {
  return {Code::invalid_signature,
          "The request signature we calculated does not match the signature you provided. Check "
          "your AWS Secret Access Key and signing method. Consult the service documentation for "
          "details."};
}

}  // namespace

Outcome<access::PrincipalRef> Authenticator::look(const Head& head, const Target& target,
                                                  engine::WallTime now) const {
  const auto signature = read_all(head, target, now);
  if (!signature) return signature.fault();
  auto known = keyring_.signer(signature->key_id);
  if (!known) return unknown_key();
  return std::move(known->principal);
}

Outcome<Authenticator::Signed> Authenticator::check(const Head& head, const Target& target,
                                                    std::string_view body,
                                                    engine::WallTime now) const {
  const auto signature = read_all(head, target, now);
  if (!signature) return signature.fault();
  const auto hash = payload_hash(head, body);
  if (!hash) return hash.fault();

  const auto known = keyring_.signer(signature->key_id);
  const Keyring::Signer& key = known ? *known : decoy();
  const SigningKey with = derived(key, *signature);
  const auto fits = [&](std::string_view host) {
    const std::string request = canonical_request(*signature, head, target, host, *hash);
    return same_signature(sign(with, *signature, request), signature->value);
  };
  bool right = fits(head.host);
  if (!right) {
    for (const std::string& host : hosts_of(head)) right = right || fits(host);
  }
  if (!known) return unknown_key();
  if (!right) return wrong_signature();
  return Signed{key.principal, signature->region};
}

SigningKey Authenticator::derived(const Keyring::Signer& key, const Signature& signature) const {
  const std::string place = fmt::format("{}/{}/{}", key.serial, signature.date, signature.region);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = derived_.find(place); found != derived_.end()) return found->second;
  }
  const SigningKey made = signing_key(key.secret, signature.date, signature.region);
  const std::lock_guard lock(mutex_);
  // Who fills it with regions that do not exist costs everybody four digests a request.
  if (derived_.size() >= kDerivedMax) derived_.clear();
  derived_.emplace(place, made);
  return made;
}

// The names under which the client may know us, but for the one in its Host field.
std::vector<std::string> Authenticator::hosts_of(const Head& head) const {
  std::vector<std::string> hosts;
  const auto add = [&](std::string host) {
    if (host == head.host || std::find(hosts.begin(), hosts.end(), host) != hosts.end()) return;
    hosts.push_back(std::move(host));
  };
  const std::string_view forwarded_port = first_of_list(head.field("X-Forwarded-Port"));
  const auto add_with_ports = [&](std::string_view name) {
    add(std::string(name));
    if (has_port(name)) return;
    add(fmt::format("{}{}", name, port_of(head.host)));
    if (!forwarded_port.empty()) add(fmt::format("{}:{}", name, forwarded_port));
  };
  const std::string_view forwarded = first_of_list(head.field("X-Forwarded-Host"));
  if (!forwarded.empty() && host_allowed(forwarded, options_)) add_with_ports(forwarded);
  for (const std::string& name : options_.hosts_allowed) add_with_ports(name);
  return hosts;
}

}  // namespace twofold::http::sqs
